package memcached_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// fetchOne returns an item of the first server, or false.
func fetchOne(t *testing.T, b *memcached.Backend, key string) (found backend.Item, there bool) {
	t.Helper()
	require.NoError(t, b.Fetch(t.Context(), 0, []string{key}, func(_ string, item backend.Item) { found, there = item, true }))
	return found, there
}

// Writes whose answers are lost have an indeterminate outcome, also if they were
// repeated and rejected. The writes before them have their results.
func TestPutLostAnswers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	b := open(t, memcached.Options{Servers: []string{w.addr}})
	for name, lose := range map[string]func(){
		"one answer":  func() { w.cut.Store(true) },
		"all answers": func() { w.cutAll.Store(true) },
	} {
		first, second := backendtest.NewKey(), backendtest.NewKey()
		require.NoError(t, b.Add(t.Context(), backendtest.NewKey(), backend.Item{}), "there is an idle connection")
		lose()
		for _, err := range b.Put(t.Context(), 0, []backend.Write{{Key: first}, {Key: second}}) {
			require.True(t, indeterminate(err), "%s: %v", name, err)
		}
		w.cutAll.Store(false)
		_, there := fetchOne(t, b, first)
		require.True(t, there, name)
	}
	// The second exchange is not begun after the first has failed.
	var writes []backend.Write
	for range 150 {
		writes = append(writes, backend.Write{Key: backendtest.NewKey()})
	}
	w.cutAll.Store(true)
	unknown := 0
	for _, err := range b.Put(t.Context(), 0, writes) {
		require.Error(t, err)
		if indeterminate(err) {
			unknown++
		}
	}
	require.Equal(t, 100, unknown)
	w.cutAll.Store(false)
	_, there := fetchOne(t, b, writes[149].Key)
	require.False(t, there)
}

// Items that were read before the connection was lost are not visited again.
func TestFetchOverLostConnection(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	b := open(t, memcached.Options{Servers: []string{w.addr}})
	var keys []string
	var writes []backend.Write
	for range 90 {
		keys = append(keys, backendtest.NewKey())
		writes = append(writes, backend.Write{Key: keys[len(keys)-1], Item: backend.Item{Image: make([]byte, 10_000)}})
	}
	for _, err := range b.Put(t.Context(), 0, writes) {
		require.NoError(t, err)
	}
	var passed int
	w.each(func() {
		if passed++; passed == 2 {
			w.cut.Store(true) // the next part of the answer
		}
	})
	visits := make(map[string]int)
	require.NoError(t, b.Fetch(t.Context(), 0, keys, func(key string, _ backend.Item) { visits[key]++ }))
	require.Len(t, visits, len(keys))
	for _, n := range visits {
		require.Equal(t, 1, n)
	}
	require.Greater(t, w.connections(), 1)
}

// A server that is slow has its timeout for each answer of an exchange.
func TestFetchFromSlowServer(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	direct := openOn(t, server)
	var keys []string
	for i := range 16 {
		keys = append(keys, fmt.Sprint("k", i))
		require.NoError(t, direct.Add(t.Context(), keys[i], backend.Item{Image: make([]byte, 128<<10)}))
	}
	b := open(t, memcached.Options{Servers: []string{w.addr}, Timeout: time.Second})
	w.delay.Store(int64(50 * time.Millisecond)) // of each 64 KiB, so at least 1.6 s
	began := time.Now()
	found := 0
	require.NoError(t, b.Fetch(t.Context(), 0, keys, func(string, backend.Item) { found++ }))
	require.Equal(t, len(keys), found)
	require.Greater(t, time.Since(began), time.Second)
}

// Times left are those by the clock of the server.
func TestCopiesByTheClockOfTheServer(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	w.apart.Store(7200)
	b := open(t, memcached.Options{Servers: []string{w.addr}})
	lives := map[string]time.Duration{"never": 0, "hour": time.Hour, "days": 40 * 24 * time.Hour}
	for key, life := range lives {
		for _, err := range b.Put(t.Context(), 0, []backend.Write{{Key: key, Item: backend.Item{ExpiresIn: life}}}) {
			require.NoError(t, err)
		}
		item, _ := fetchOne(t, b, key)
		assert.InDelta(t, life, item.ExpiresIn, float64(time.Minute))
	}
	require.NoError(t, b.ScanHeads(t.Context(), 0, func(head backend.Head) error {
		assert.InDelta(t, lives[head.Key], head.ExpiresIn, float64(time.Minute), head.Key)
		delete(lives, head.Key)
		return nil
	}))
	require.Empty(t, lives)
}

// What a scan of heads tells is understood or refused.
func TestScanHeadsAnswers(t *testing.T) {
	t.Parallel()
	var scan string
	answers := make(chan string, 2)
	b := open(t, memcached.Options{Servers: []string{conversing(t, answers)}})
	heads := func() (heads []backend.Head, err error) {
		answers <- "STAT time 1000\r\nEND\r\n"
		answers <- scan
		err = b.ScanHeads(t.Context(), 0, func(head backend.Head) error {
			heads = append(heads, head)
			return nil
		})
		return heads, err
	}
	scan = "key=a%3Ab exp=-1 la=1 cas=7 fetch=no cls=1 size=63\n" +
		"key=memcachedsoap:beat:x exp=1060 la=1 cas=8 fetch=no cls=1 size=63\n" +
		"key=memcachedsoap:own exp=1101 la=1 cas=8 fetch=no cls=1 size=70 flags=5\n" +
		"key=last exp=1000 la=1 cas=9 fetch=no cls=1 size=1\nEND\r\n"
	found, err := heads()
	require.NoError(t, err)
	require.Equal(t, []backend.Head{
		{Key: "a:b", CAS: 7, Size: 63},
		{Key: "memcachedsoap:own", CAS: 8, Size: 70, FlagsKnown: true, Flags: 5, ExpiresIn: found[1].ExpiresIn},
		{Key: "last", CAS: 9, Size: 1, ExpiresIn: backend.LastMoment},
	}, found)
	require.InDelta(t, 100*time.Second, found[1].ExpiresIn, float64(time.Minute))
	for _, text := range []string{
		"key=a exp=-1 la=1 size=63\nEND\r\n", "key=a cas=1 la=1 size=63\nEND\r\n", "key=a exp=x cas=1\nEND\r\n",
		"key=a exp=-1 cas=-1\nEND\r\n", "key=a exp=-1 cas=1 size=x\nEND\r\n", "key=a exp=-1 cas=1 flags=x\nEND\r\n",
	} {
		scan = text
		_, err := heads()
		unavailable(t, err, "a memcached server answered something unexpected")
		require.NotContains(t, err.Error(), "key=a")
	}
	scan = "key=a exp=-1 cas=1 size=1\n"
	_, err = heads()
	unavailable(t, err, "a memcached server closed the connection")
}

// Proxies and pools with failover are not replicas.
func TestNoReplica(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.Options{Servers: []string{server.Addr}, Proxy: memcached.DirectProxy})
	err := b.ScanHeads(t.Context(), 0, nil)
	unavailable(t, err, "a memcached server cannot list its keys")
	require.ErrorIs(t, err, backend.ErrNotScannable)
	_, err = b.Follow(backend.Follower{Item: func(string, backend.ItemChange) {}, ResyncRequired: func(int) {}})
	require.ErrorIs(t, err, backend.ErrNotFollowable)
}

// A restart shows, and what the server was started with.
func TestDescribe(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t, "-o", "worker_logbuf_size=4096,watcher_logbuf_size=8192", "-I", "2m")
	w := newProxy(t, server)
	b := openOn(t, server)
	before, err := b.Describe(t.Context(), 0)
	require.NoError(t, err)
	assert.Equal(t, int64(4<<20), before.WorkerLogBuffer)
	assert.Equal(t, int64(8<<20), before.WatcherLogBuffer)
	assert.Equal(t, int64(2<<20), before.ItemLimit)
	command(t, server, "flush_all")
	server.Restart()
	untilUp(t, b)
	after, err := b.Describe(t.Context(), 0)
	require.NoError(t, err)
	assert.NotEqual(t, before.Run, after.Run)
	w.noSettings.Store(true)
	told, err := open(t, memcached.Options{Servers: []string{w.addr}}).Describe(t.Context(), 0)
	require.NoError(t, err)
	assert.Zero(t, told.WorkerLogBuffer)
	assert.Equal(t, after.Run, told.Run)
}

// Exchanges of many or long commands end over TLS, too.
func TestSecuredExchanges(t *testing.T) {
	t.Parallel()
	for name, options := range secured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, options())
			for round := range 30 {
				var keys []string
				var writes []backend.Write
				for i := range 100 {
					keys = append(keys, strings.Repeat("k", 225-round-i%7)+fmt.Sprint("-", round, "-", i))
					writes = append(writes, backend.Write{Key: keys[i], Item: backend.Item{Image: make([]byte, (37*i+211*round)%3000)}})
				}
				for _, err := range b.Put(t.Context(), 0, writes) {
					require.NoError(t, err)
				}
				items, err := b.GetMany(t.Context(), keys, 1<<30)
				require.NoError(t, err)
				require.Len(t, items, len(keys))
			}
		})
	}
}

// Calls from several goroutines do not disturb each other.
func TestReplicaCallsAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := openOn(t, memcachedtest.Start(t))
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			for round := range 20 {
				var keys []string
				var writes []backend.Write
				for i := range 120 {
					keys = append(keys, fmt.Sprint(n, "-", round, "-", i))
					writes = append(writes, backend.Write{Key: keys[i], Item: backend.Item{Image: []byte(keys[i])}})
				}
				for _, err := range b.Put(t.Context(), 0, writes) {
					assert.NoError(t, err)
				}
				found := 0
				assert.NoError(t, b.Fetch(t.Context(), 0, keys, func(key string, item backend.Item) {
					found++
					assert.True(t, bytes.Equal([]byte(key), item.Image))
				}))
				assert.Equal(t, len(keys), found)
			}
		})
	}
	callers.Wait()
}
