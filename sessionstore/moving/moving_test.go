package moving_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/moving"
	"memcachedsoap/sessionstore/storetest"
)

// ample is a timeout that no working server exceeds, even on a busy machine.
const ample = 30 * time.Second

type rules struct{}

func (rules) KindOf(key string) moving.Kind {
	switch {
	case !backend.IsReserved(key):
		return moving.Session
	case strings.HasPrefix(key, backend.ReservedKeys+"deleted:"):
		return moving.Record
	case len(key) == 57:
		return moving.List
	}
	return moving.Own
}

func (rules) RecordName(key string) string { return key[:strings.LastIndexByte(key, ':')+1] }

func (rules) Wins(_ context.Context, _ string, previous, present backend.Item) (bool, error) {
	return previous.Deleted || previous.Version > present.Version, nil
}

func (rules) MergeRecords(a, _ backend.Item) backend.Item { return a }

func (rules) Merge(present, previous backend.Item) backend.Item {
	merged := present
	merged.Image = append(previous.Image[:len(previous.Image):len(previous.Image)], present.Image...)
	return merged
}

func openPool(t testing.TB, servers ...*memcachedtest.Server) *memcached.Backend {
	t.Helper()
	o := memcached.Options{Timeout: ample}
	for _, s := range servers {
		o.Servers = append(o.Servers, s.Addr)
	}
	pool, err := memcached.New(o)
	require.NoError(t, err)
	return pool
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]bool{"waiting": false, "begun": true} {
		one, two, three := memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)
		open := func(t *testing.T) *moving.Backend {
			t.Helper()
			b := moving.New(openPool(t, one, two, three), openPool(t, one, two), moving.Options{
				Rules: rules{}, Same: func(present, previous int) bool { return present == previous },
			})
			if begin {
				b.Begin()
			}
			return b
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backendtest.Run(t, func(t *testing.T) backend.Backend { t.Helper(); return open(t) })
			backendtest.RunPool(t, func(t *testing.T) backend.Pool { t.Helper(); return open(t) })
			storetest.Run(t, func(t *testing.T) backend.Backend { t.Helper(); return open(t) })
		})
	}
}
