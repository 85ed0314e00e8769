package memcached_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/span/spantest"
)

// shown returns the spans without what all of one server have.
func shown(spans []string, s *memcachedtest.Server) []string {
	address := strings.TrimPrefix(s.Addr, "unix:")
	short := strings.NewReplacer(
		" "+address, "", "db.system.name=memcached ", "", " db.system.name=memcached", "", " server.address="+address, "", "memcachedsoap.", "", "db.operation.", "", "db.response.", "",
	)
	all := make([]string, len(spans))
	for i, line := range spans {
		all[i] = short.Replace(line)
	}
	return all
}

// Each exchange has a span that says what was asked of which server and what came of it,
// and no key.
func TestSpansOfExchanges(t *testing.T) {
	t.Parallel()
	s := memcachedtest.StartUnix(t)
	b := openOn(t, s)
	require.NoError(t, b.Ping(t.Context())) // connects
	ctx, ended := spantest.Begin(t)
	_, err := b.Get(ctx, "precious")
	require.ErrorIs(t, err, backend.ErrNotFound)
	item := backend.Item{Image: []byte("secret"), ExpiresIn: time.Hour}
	require.NoError(t, b.Add(ctx, "precious", item))
	require.ErrorIs(t, b.Add(ctx, "precious", item), backend.ErrExists)
	item, err = b.Get(ctx, "precious")
	require.NoError(t, err)
	require.NoError(t, b.CompareAndSwap(ctx, "precious", item))
	require.ErrorIs(t, b.CompareAndSwap(ctx, "precious", item), backend.ErrConflict)
	_, err = b.Touch(ctx, "precious", time.Hour)
	require.NoError(t, err)
	_, err = b.GetMany(ctx, []string{"precious", "absent"}, 1<<20)
	require.NoError(t, err)
	_, _, err = b.Append(ctx, "precious", item)
	require.NoError(t, err)
	then := &backend.Second{Key: "absent"}
	require.ErrorIs(t, backend.StoreThen(ctx, b, "precious", item, then), backend.ErrConflict)
	require.ErrorIs(t, then.Err, backend.ErrNotFound)
	require.NoError(t, b.Scan(ctx, 0, func(string) error { return nil }))
	require.NoError(t, b.Delete(ctx, "precious"))
	require.ErrorIs(t, b.Delete(ctx, "precious"), backend.ErrNotFound)
	assert.Equal(t, []string{
		"get name=get attempt=1 result=miss",
		"add name=add attempt=1 result=done",
		"add name=add attempt=1 result=exists",
		"get name=get attempt=1 result=hit",
		"cas name=cas attempt=1 result=done",
		"cas name=cas attempt=1 result=conflict",
		"touch name=touch attempt=1 result=hit",
		"get batch.size=2 name=get returned_rows=1 attempt=1 result=done",
		"append name=append attempt=1 result=done",
		"cas get name=cas get attempt=1 result=conflict",
		"connect",
		"scan name=scan attempt=1 result=done",
		"delete name=delete attempt=1 result=done",
		"delete name=delete attempt=1 result=absent",
	}, shown(ended(), s))
	assert.NotContains(t, strings.Join(ended(), "\n"), "precious")
}

// A failure has a class. The second attempt has a number, and what it waits for has spans.
func TestSpansOfFailures(t *testing.T) {
	t.Parallel()
	s := memcachedtest.StartUnix(t)
	b := open(t, memcached.Options{Servers: []string{s.Addr}, Timeout: patience})
	require.NoError(t, b.Ping(t.Context()))
	s.Freeze()
	ctx, ended := spantest.Begin(t)
	_, err := b.Get(ctx, "k")
	require.Error(t, err)
	const late = "get name=get error.type=timeout attempt=%d status=timeout"
	assert.Equal(t, []string{fmt.Sprintf(late, 1), "connect", fmt.Sprintf(late, 2)}, shown(ended(), s), "a read is tried again")

	s.Kill()
	b = openOn(t, s)
	ctx, ended = spantest.Begin(t)
	_, err = b.Get(ctx, "k")
	require.Error(t, err)
	assert.Equal(t, []string{"connect error.type=no connection status=no connection"}, shown(ended(), s))
}
