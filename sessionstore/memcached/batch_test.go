package memcached_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A batch of the greatest size exceeds the buffers of a connection.
func TestGetManyOfSeveralServers(t *testing.T) {
	t.Parallel()
	b := openOn(t, memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t))
	keys := make([]string, 0, 1000)
	image := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 30_000) }
	for i := range cap(keys) {
		keys = append(keys, fmt.Sprintf("key%d", i))
		if i%10 != 0 {
			require.NoError(t, b.Add(t.Context(), keys[i], backend.Item{Image: image(i), Flags: uint32(2 * i), ExpiresIn: time.Hour}))
		}
	}
	items, err := b.GetMany(t.Context(), append(keys, keys...), 1<<25)
	require.NoError(t, err)
	for i, key := range keys {
		item, found := items[key]
		require.Equal(t, i%10 != 0, found)
		if found {
			require.Equal(t, image(i), item.Image)
			require.EqualValues(t, 2*i, item.Flags)
			require.NotZero(t, item.CAS)
			require.InDelta(t, time.Hour, item.ExpiresIn, float64(ample))
		}
	}
	_, err = b.GetMany(t.Context(), keys, 30_000*900-1)
	var tooLarge *backend.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
}

func TestGetManyAfterLostAnswers(t *testing.T) {
	t.Parallel()
	b, w, direct := openProxied(t, alone)
	require.NoError(t, direct.Add(t.Context(), "k", backend.Item{Image: []byte("x"), Flags: 1}))
	w.cut.Store(true)
	items, err := b.GetMany(t.Context(), []string{"k", "absent"}, 1)
	require.NoError(t, err)
	require.Len(t, items, 1)
	for _, forged := range []string{"HELLO\r\n", "ERROR\r\n", "VA 1 f1 c1 t1\r\nx\r\nMN\r\n", "VA x kk\r\n", "EN\r\n"} {
		w.forge.Store(&forged)
		_, err := b.GetMany(t.Context(), []string{"k"}, 1)
		unavailable(t, err, "a memcached server answered something unexpected")
		_, _, err = b.Append(t.Context(), "log", backend.Item{Image: []byte("line")})
		require.NoError(t, err, "%q", forged)
	}
}

func TestGetManyIsNeverShorterForAFailure(t *testing.T) {
	t.Parallel()
	one, other := memcachedtest.Start(t), memcachedtest.Start(t)
	b := openOn(t, one, other)
	keys := keysByServer(t, b, one, other)
	for _, key := range keys {
		require.NoError(t, b.Add(t.Context(), key, backend.Item{}))
	}
	other.Kill()
	_, err := b.GetMany(t.Context(), keys, 1)
	unavailable(t, err, "a memcached server refused the connection")
	items, err := b.GetMany(t.Context(), keys[:1], 1)
	require.NoError(t, err)
	require.Len(t, items, 1)
}

// An item of the greatest size rejects another append, and is unchanged.
func TestAppendToALongItem(t *testing.T) {
	t.Parallel()
	b := open(t, memcached.Options{Servers: []string{memcachedtest.Start(t, "-I", "1m").Addr}})
	line := backend.Item{Image: bytes.Repeat([]byte("x"), 100_000), ExpiresIn: time.Hour}
	for {
		_, size, err := b.Append(t.Context(), "k", line)
		if err != nil {
			var tooLarge *backend.TooLargeError
			require.ErrorAs(t, err, &tooLarge)
			break
		}
		require.Less(t, size, int64(1<<20))
	}
	item, err := b.Get(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, 1_000_000, len(item.Image)) //nolint:testifylint // Len would print it
}
