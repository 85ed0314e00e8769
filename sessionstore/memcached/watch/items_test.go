package watch_test

import (
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A follower of items is notified of what any client does to any key behind the
// prefix, heartbeats of all streams excepted.
func TestReportsItems(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-m", "2")
	var mu sync.Mutex
	var seen []string
	o := memcached.Options{Servers: []string{server.Addr}, KeyPrefix: "p:"}
	b := open(t, o)
	_, err := b.Follow(backend.Follower{
		Item: func(key string, change backend.ItemChange) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, key+map[backend.ItemChange]string{backend.Removed: "-", backend.Evicted: "!"}[change])
		},
		ResyncRequired: func(int) {},
	})
	require.NoError(t, err)
	connected(t, b)
	other := open(t, o)
	_, err = other.Follow(backend.Follower{Changed: func(string, bool) {}, ResyncRequired: func(int) {}})
	require.NoError(t, err)
	connected(t, other)
	take := func() string {
		connected(t, b)
		mu.Lock()
		defer mu.Unlock()
		defer func() { seen = nil }()
		return strings.Join(seen, " ")
	}
	require.Empty(t, take(), "heartbeats of two streams")
	for i, test := range []struct{ commands, want string }{
		{"set p:KEY 0 0 1\r\nx", "KEY"},
		{"set KEY 0 0 1\r\nx", ""},
		{"set p:memcachedsoap:KEY 0 0 1\r\nx", "memcachedsoap:KEY"},
		{"set p:memcachedsoap:beat:KEY 0 0 1\r\nx", ""},
		{"set p:%a%3AKEY 0 0 1\r\nx", "%a%3AKEY"},
		{"ms " + base64.StdEncoding.EncodeToString([]byte("p:a key5")) + " 1 b\r\nx", ""},
		{"set p:KEY 0 0 1\r\nx\r\nadd p:KEY 0 0 1\r\nx", "KEY"},
		{"set p:KEY 0 0 1\r\nx\r\ndelete p:KEY", "KEY KEY-"},
		{"set p:KEY 0 0 1\r\nx\r\nreplace p:KEY 0 -1 0\r\n", "KEY KEY-"},
		{"set p:KEY 0 0 1\r\nx\r\nset p:KEY 0 0 2000000\r\n" + strings.Repeat("x", 2_000_000), "KEY KEY"},
	} {
		key := "key" + strconv.Itoa(i)
		command(t, server, strings.ReplaceAll(test.commands, "KEY", key))
		got, want := take(), strings.ReplaceAll(test.want, "KEY", key)
		if reported := strings.TrimSuffix(want, " "+key+"-"); got == reported && strings.Contains(test.commands, "delete") {
			want = reported // memcached before 1.6.20 does not report deletions
		}
		assert.Equal(t, want, got, test.commands[:min(len(test.commands), 80)])
	}
	for i := range 100 {
		require.NoError(t, b.Add(t.Context(), "k"+strconv.Itoa(i), backend.Item{Image: make([]byte, 100_000), ExpiresIn: time.Hour}))
	}
	require.Contains(t, take(), "k0!")
}
