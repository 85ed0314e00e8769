package memcached_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// scan returns the keys of a server, sorted, each once.
func scan(t *testing.T, b *memcached.Backend, server int) []string {
	t.Helper()
	var keys []string
	require.NoError(t, b.Scan(t.Context(), server, func(key string) error {
		keys = append(keys, key)
		return nil
	}))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Each server lists the keys that it has, and no others.
func TestScan(t *testing.T) {
	t.Parallel()
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.StartUnix(t), memcachedtest.Start(t)}
	b := open(t, memcached.Options{Servers: addresses(servers), KeyPrefix: "app%1:"})
	require.Equal(t, addresses(servers), b.Servers())
	for i := range servers {
		require.Empty(t, scan(t, b, i))
	}
	want := make([][]string, len(servers))
	add := func(key string, item backend.Item) {
		require.NoError(t, b.Add(t.Context(), key, item))
		server := b.ServerOf(key)
		want[server] = append(want[server], key)
	}
	for range 1000 {
		add(string(sessionstore.NewID()), backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour})
	}
	add("%:=&/~%41", backend.Item{})
	add(strings.Repeat("%", 250-len("app%1:")), backend.Item{})
	add("tombstone", backend.Tombstone(time.Hour))
	add("lasting", backend.Item{})
	for i, server := range servers {
		command(t, server, "set other"+strconv.Itoa(i)+" 0 0 1\r\nx")
		command(t, server, "set app%1:memcachedsoap:beat:1 0 0 1\r\nx")
		command(t, server, "set app%1:gone 0 -1 1\r\nx")
		command(t, server, "ms YXBwJTE6YiBj 1 b\r\nx") // "app%1:b c"
		slices.Sort(want[i])
		require.Equal(t, want[i], scan(t, b, i))
	}
	require.Error(t, b.Scan(t.Context(), 3, nil), "there are three servers")
	require.Error(t, b.Scan(t.Context(), -1, nil))
}

// What is there all the time is found, whatever else happens to the server.
func TestScanUnderLoad(t *testing.T) {
	t.Parallel()
	const keys = 30_000
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	storeKeys(t, server, "stays", keys)
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for round := 0; ; round++ {
			select {
			case <-stop:
				return
			default:
				storeKeys(t, server, fmt.Sprintf("load%d-", round%3), 1000)
				for i := range 100 {
					_, err := b.Get(t.Context(), fmt.Sprint("stays", (i*97+round)%keys)) // moves it in the LRU
					assert.NoError(t, err)
				}
			}
		}
	})
	for range 5 {
		found := make(map[string]bool)
		require.NoError(t, b.Scan(t.Context(), 0, func(key string) error {
			found[key] = true
			return nil
		}))
		for i := range keys {
			require.True(t, found[fmt.Sprint("stays", i)])
		}
	}
	close(stop)
	load.Wait()
}

// storeKeys stores items over one connection.
func storeKeys(t *testing.T, server *memcachedtest.Server, prefix string, n int) {
	t.Helper()
	var text bytes.Buffer
	for i := range n {
		fmt.Fprintf(&text, "ms %s%d 1 q\r\nx\r\n", prefix, i)
	}
	assert.Equal(t, "MN\r\n", string(command(t, server, text.String()+"mn")))
}

// A visitor may take its time: a server must not be kept waiting, since it
// then loses a part of its answer.
func TestScanWithASlowVisitor(t *testing.T) {
	t.Parallel()
	const keys = 300_000
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	storeKeys(t, server, strings.Repeat("k", 100), keys)
	found := make(map[string]bool)
	require.NoError(t, b.Scan(t.Context(), 0, func(key string) error {
		if len(found) == 0 {
			time.Sleep(3 * time.Second)
		}
		found[key] = true
		return nil
	}))
	require.Len(t, found, keys)
}

// A scan that is given up keeps no server waiting: until memcached has written what a scan
// answers it holds a lock, for which other calls wait, also those of the visitor.
func TestScanThatIsGivenUp(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	left := make(chan struct{}) // closed when the scan is not read any more
	go func() {
		nc, err := listener.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		line := []byte("key=" + strings.Repeat("k", 240) + " exp=-1\n")
		for err == nil {
			_, err = nc.Write(bytes.Repeat(line, 1000))
		}
		close(left)
	}()
	b, err := memcached.New(memcached.Options{Servers: []string{listener.Addr().String()}})
	require.NoError(t, err)
	defer b.Close()
	err = b.Scan(t.Context(), 0, func(string) error {
		select {
		case <-left:
		case <-time.After(time.Minute):
			return errors.New("the server still waits for its reader")
		}
		return nil
	})
	require.ErrorIs(t, err, backend.ErrSlowVisitor)
}

// A server scans for one client at a time. The others wait.
func TestScansAtTheSameTime(t *testing.T) {
	t.Parallel()
	const keys = 50_000
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	storeKeys(t, server, "k", keys)
	var scans sync.WaitGroup
	for range 5 {
		scans.Go(func() {
			found := make(map[string]bool)
			assert.NoError(t, b.Scan(t.Context(), 0, func(key string) error {
				found[key] = true
				return nil
			}))
			assert.Len(t, found, keys)
		})
	}
	scans.Wait()
}

// answering returns the address of a server that answers each connection with
// what answer returns, and closes it.
func answering(t *testing.T, answer func() string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			nc.Read(make([]byte, 100))   //nolint:errcheck // the command
			io.WriteString(nc, answer()) //nolint:errcheck // the other side says what it got
			nc.Close()
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

// A scan waits for a busy server as long as its context allows.
func TestScanOfABusyServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	b := open(t, memcached.Options{Servers: []string{answering(t, func() string {
		if tries++; tries == 4 {
			cancel()
		}
		if tries%2 == 1 {
			return "ERROR locked try again later\r\n"
		}
		return "BUSY currently processing crawler request\r\n"
	})}})
	err := b.Scan(ctx, 0, nil)
	unavailable(t, err, "the scan of a memcached server was interrupted")
	require.ErrorIs(t, err, context.Canceled)
}

func TestScanIsRefused(t *testing.T) {
	t.Parallel()
	forbidden := memcachedtest.Start(t, "-X")
	require.ErrorIs(t, openOn(t, forbidden).Scan(t.Context(), 0, nil), backend.ErrNotScannable)

	server := memcachedtest.Start(t, "-o", "no_lru_crawler,no_lru_maintainer")
	b := openOn(t, server)
	err := b.Scan(t.Context(), 0, nil)
	unavailable(t, err, "a memcached server cannot list its keys")
	require.ErrorIs(t, err, backend.ErrNotScannable)
	require.ErrorContains(t, err, server.Addr, "for the log")

	command(t, server, "lru_crawler enable")
	require.Empty(t, scan(t, b, 0))
	server.Kill()
	err = b.Scan(t.Context(), 0, nil)
	unavailable(t, err, "a memcached server refused the connection")
	require.NotErrorIs(t, err, backend.ErrNotScannable)
}

// A scan that stops early is never taken for a server with fewer keys.
func TestScanAnswers(t *testing.T) {
	t.Parallel()
	var answer string
	b := open(t, memcached.Options{Servers: []string{answering(t, func() string { return answer })}})
	visited := func() (keys []string, err error) {
		err = b.Scan(t.Context(), 0, func(key string) error {
			keys = append(keys, key)
			return nil
		})
		return keys, err
	}
	for text, want := range map[string]string{
		"key=a exp=-1 la=1\nEND\r\n":                    "a",
		"OK\r\nkey=a%3Ab exp=-1 la=1\r\nEND\r\n":        "a:b",
		"key=b x\nkey=b x\nkey=%00 x\nkey=a x\nEND\r\n": "b b a",
		"END\r\n": "",
	} {
		answer = text
		keys, err := visited()
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, strings.Join(keys, " "), "%q", text)
	}
	for text, reason := range map[string]string{
		"HELLO\r\n":                           "a memcached server answered something unexpected",
		"key=a x\nOK\r\nEND\r\n":              "a memcached server answered something unexpected",
		"key=a x\nBUSY\r\n":                   "a memcached server answered something unexpected",
		"key=a x\nERROR\r\n":                  "a memcached server answered something unexpected",
		"key= x\nEND\r\n":                     "a memcached server answered something unexpected",
		"key=a\nEND\r\n":                      "a memcached server answered something unexpected",
		"key=akey=b x\nEND\r\n":               "a memcached server answered something unexpected",
		"ERROR an unknown error happened\r\n": "a memcached server answered something unexpected",
		"ERROR\r\n":                           "a memcached server cannot list its keys",
		"":                                    "a memcached server closed the connection",
		"key=a x\n":                           "a memcached server closed the connection",
		"key=a x\nEND":                        "a memcached server closed the connection",
		"key=" + strings.Repeat("a", 5000) + " x\nEND\r\n": "a memcached server answered something unexpected",
		strings.Repeat("x", 70_000):                        "a memcached server answered something unexpected",
	} {
		answer = text
		_, err := visited()
		unavailable(t, err, reason)
	}
}

func TestScanThatStopsEarly(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	storeKeys(t, server, strings.Repeat("k", 200), 20_000) // several answers
	w := newProxy(t, server)
	b := open(t, memcached.Options{Servers: []string{w.addr}})
	var cut atomic.Bool
	w.each(func() {
		w.cutAll.Store(true) // the next one
		cut.Store(true)
	})
	err := b.Scan(t.Context(), 0, func(string) error { return nil })
	unavailable(t, err, "a memcached server closed the connection")
	require.True(t, cut.Load())
}

func TestVisitorEndsTheScan(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	storeKeys(t, server, strings.Repeat("k", 200), 20_000)
	enough := errors.New("enough")
	visits := 0
	err := b.Scan(t.Context(), 0, func(string) error {
		visits++
		return enough
	})
	require.Equal(t, enough, err)
	require.Equal(t, 1, visits)
	require.PanicsWithValue(t, "enough", func() {
		b.Scan(t.Context(), 0, func(string) error { panic("enough") }) //nolint:errcheck // it panics
	})
	require.Len(t, scan(t, b, 0), 20_000, "the server scans again")
}

func TestCloseEndsTheScan(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := openOn(t, server)
	storeKeys(t, server, "k", 10)
	server.Freeze()
	begun := make(chan struct{})
	ended := make(chan error)
	go func() {
		close(begun)
		ended <- b.Scan(t.Context(), 0, nil)
	}()
	<-begun
	require.NoError(t, b.Close())
	err := <-ended
	unavailable(t, err, "the scan of a memcached server was interrupted", "the store is closed")
	require.ErrorIs(t, err, backend.ErrClosed)
	require.ErrorIs(t, b.Scan(t.Context(), 0, nil), backend.ErrClosed)
}

// conversing returns the address of a server that answers the commands of each
// connection in turn with what the channel has, until that ends a scan.
func conversing(t *testing.T, answers <-chan string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			for range 2 {
				nc.Read(make([]byte, 100))    //nolint:errcheck // the command
				io.WriteString(nc, <-answers) //nolint:errcheck // the other side says what it got
			}
			nc.Close()
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}
