package moving_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/moving"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/sessionstore/storetest"
)

// ample is a timeout that no working server exceeds, even on a busy machine.
const ample = 30 * time.Second

func options(same func(present, previous int) bool) moving.Options {
	rules := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	return moving.Options{
		Rules: rules, Same: same,
		Decide: func(key string, previous, present backend.Item, deletion func() (*backend.Item, error)) (backend.Item, error) {
			return replication.Right(key, previous, present, rules, deletion)
		},
	}
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
			b := moving.New(openPool(t, one, two, three), openPool(t, one, two), options(func(present, previous int) bool { return present == previous }))
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
