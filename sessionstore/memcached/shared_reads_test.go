package memcached_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
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

// sharedProxied returns a pool whose reads share exchanges with a server behind a
// proxy. Under k0 to k255 are the texts 0 to 255.
func sharedProxied(t *testing.T) (*memcached.Backend, *proxy) {
	t.Helper()
	b, w, direct := openProxied(t, memcached.SharedReads)
	for i := range 256 {
		require.NoError(t, direct.Add(t.Context(), "k"+strconv.Itoa(i), backend.Item{Image: []byte(strconv.Itoa(i)), ExpiresIn: time.Hour}))
	}
	return b, w
}

// asks returns how many reads of k0 to k255 the pool has sent to the proxy, and in how
// many writes.
func (w *proxy) asks() (reads, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, data := range w.asked {
		if n := bytes.Count(data, []byte("mg k")); n > 0 {
			reads, writes = reads+n, writes+1
		}
	}
	return reads, writes
}

// Reads that come while exchanges are under way are asked for together, and each gets
// its own item.
func TestReadsShareExchanges(t *testing.T) {
	t.Parallel()
	b, w := sharedProxied(t)
	release := w.hold(0)
	var calls sync.WaitGroup
	get := func(i int) {
		calls.Go(func() {
			item, err := b.Get(t.Context(), "k"+strconv.Itoa(i))
			assert.NoError(t, err)
			assert.Equal(t, strconv.Itoa(i), string(item.Image))
		})
	}
	for i := range 2 { // two exchanges
		get(i)
		require.Eventually(t, func() bool { reads, _ := w.asks(); return reads == i+1 }, ample, 10*time.Millisecond)
	}
	for i := 2; i < 256; i++ {
		get(i)
	}
	require.Eventually(t, func() bool { return b.WaitingReads() == 254 }, ample, 10*time.Millisecond)
	release()
	calls.Wait()
	reads, writes := w.asks()
	require.Equal(t, 256, reads, "each once")
	require.LessOrEqual(t, writes, 8, "in windows of a hundred")
	require.LessOrEqual(t, w.connections(), 2)
	require.Zero(t, b.WaitingReads())
}

// A call that is given up returns at once: the others have their answers, and the
// connection stays.
func TestSharedReadIsGivenUp(t *testing.T) {
	t.Parallel()
	b, w := sharedProxied(t)
	release := w.hold(0)
	given, giveUp := context.WithCancel(t.Context())
	var ended, calls sync.WaitGroup
	for i := range 50 {
		if i%2 == 0 {
			ended.Go(func() {
				_, err := b.Get(given, "k"+strconv.Itoa(i))
				assert.ErrorIs(t, err, context.Canceled)
				assert.ErrorAs(t, err, new(*backend.UnavailableError))
			})
		} else {
			calls.Go(func() {
				item, err := b.Get(t.Context(), "k"+strconv.Itoa(i))
				assert.NoError(t, err)
				assert.Equal(t, strconv.Itoa(i), string(item.Image))
			})
		}
		if i <= 1 { // two exchanges
			require.Eventually(t, func() bool { reads, _ := w.asks(); return reads == i+1 }, ample, 10*time.Millisecond)
		}
	}
	require.Eventually(t, func() bool { return b.WaitingReads() == 48 }, ample, 10*time.Millisecond)
	giveUp()
	ended.Wait() // while the server does not answer; one of them is in an exchange
	require.Equal(t, 24, b.WaitingReads(), "what was given up before it was sent is not sent")
	before := w.connections()
	release()
	calls.Wait()
	reads, _ := w.asks()
	require.Equal(t, 26, reads)
	item, err := b.Get(t.Context(), "k7")
	require.NoError(t, err)
	require.Equal(t, "7", string(item.Image))
	require.Equal(t, before, w.connections())
}

// An answer with another opaque than the next expected one closes the connection, and
// the reads that are not answered are repeated: nobody gets the item of another read of
// the same key either.
func TestSharedReadsOutOfStep(t *testing.T) {
	t.Parallel()
	b, w := sharedProxied(t)
	for _, forged := range []string{
		"VA 3 f0 c1 t5 kk1 O999999\r\nold\r\n", "EN kk1 O999999\r\n", "VA 3 f0 c1 t5 kk2 O18446744073709551615\r\nold\r\n", "EN kk1 Ox\r\n",
	} {
		// Else the connection is not given back yet: on a new one, this is an error.
		require.Eventually(t, func() bool { return b.SharedExchanges() == 0 }, ample, 10*time.Millisecond)
		before := w.connections()
		w.forge.Store(&forged)
		item, err := b.Get(t.Context(), "k1")
		require.NoError(t, err)
		require.Equal(t, "1", string(item.Image))
		require.Greater(t, w.connections(), before)
	}
	for i := range 30 { // with answers too many
		late := time.Duration(i%10) * 300 * time.Microsecond
		w.twice.Store(&late)
		var calls sync.WaitGroup
		for i := range 64 {
			calls.Go(func() {
				item, err := b.Get(t.Context(), "k"+strconv.Itoa(i))
				if assert.NoError(t, right(err, nil)) && err == nil {
					assert.Equal(t, strconv.Itoa(i), string(item.Image))
				}
			})
		}
		calls.Wait()
	}
}

// A server that hangs fails the reads in the exchange and those that wait, and serves
// them again when it has recovered.
func TestSharedReadsOfAHungServer(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b := open(t, memcached.SharedReads(memcached.Options{Servers: []string{server.Addr}, Timeout: patience}))
	require.NoError(t, b.Add(t.Context(), "k", backend.Item{Image: []byte("x")}))
	server.Freeze()
	var calls sync.WaitGroup
	for range 500 {
		calls.Go(func() {
			_, err := b.Get(t.Context(), "k")
			unavailable(t, err, "a memcached server did not answer in time", "a memcached server is down")
		})
	}
	calls.Wait()
	server.Thaw()
	require.Eventually(t, func() bool { _, err := b.Get(t.Context(), "k"); return err == nil }, ample, 10*time.Millisecond)
}

// A server that needs its time for each of several large items has not failed.
func TestSharedReadsOfLargeItems(t *testing.T) {
	t.Parallel()
	const timeout, each = 2 * time.Second, 500 * time.Millisecond
	image := strings.Repeat("x", 100_000)
	address := memcachedtest.Serve(t, func(client net.Conn) {
		for lines := bufio.NewScanner(client); lines.Scan(); {
			key, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "mg "), " ")
			_, opaque, _ := strings.Cut(lines.Text(), " O")
			time.Sleep(each)
			if _, err := io.WriteString(client, "VA 100000 f0 c1 t5 k"+key+" O"+opaque+"\r\n"+image+"\r\n"); err != nil {
				return
			}
		}
	})
	b := open(t, memcached.SharedReads(memcached.Options{Servers: []string{address}, Timeout: timeout}))
	var calls sync.WaitGroup
	for i := range 8 { // most of them share one exchange, which takes longer than the timeout
		calls.Go(func() {
			item, err := b.Get(t.Context(), "k"+strconv.Itoa(i))
			assert.NoError(t, err)
			assert.Len(t, item.Image, len(image))
		})
	}
	calls.Wait()
}

// Close ends waiting reads.
func TestCloseEndsSharedReads(t *testing.T) {
	t.Parallel()
	b, w := sharedProxied(t)
	release := w.hold(0)
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() {
			item, err := b.Get(t.Context(), "k"+strconv.Itoa(i))
			if err == nil { // it was in an exchange
				assert.Equal(t, strconv.Itoa(i), string(item.Image))
				return
			}
			assert.ErrorIs(t, err, backend.ErrClosed)
		})
	}
	require.Eventually(t, func() bool { reads, _ := w.asks(); return reads+b.WaitingReads() == 20 }, ample, 10*time.Millisecond)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		assert.NoError(t, b.Close())
	}()
	release()
	calls.Wait()
	<-closed
}

// Servers before 1.6.16 do not repeat the opaque when there is no item: each read has
// an exchange of its own then.
func TestSharedReadsOfAnOldServer(t *testing.T) {
	t.Parallel()
	address := memcachedtest.Serve(t, func(client net.Conn) {
		for lines := bufio.NewScanner(client); lines.Scan(); {
			answer := "EN\r\n"
			if command, opaque, _ := strings.Cut(lines.Text(), " O"); strings.HasPrefix(command, "mg there ") {
				answer = "VA 1 f0 c1 t5 kthere O" + opaque + "\r\nx\r\n"
			}
			if _, err := io.WriteString(client, answer); err != nil {
				return
			}
		}
	})
	b := open(t, memcached.SharedReads(memcached.Options{Servers: []string{address}}))
	for range 20 {
		var calls sync.WaitGroup
		for i := range 20 {
			calls.Go(func() {
				if i%2 == 0 {
					_, err := b.Get(t.Context(), "absent")
					assert.ErrorIs(t, err, backend.ErrNotFound)
					return
				}
				item, err := b.Get(t.Context(), "there")
				assert.NoError(t, err)
				assert.Equal(t, "x", string(item.Image))
			})
		}
		calls.Wait()
	}
}

// Connections with TLS and with a password are shared as others, with large items, too.
func TestSharedReadsSecured(t *testing.T) {
	t.Parallel()
	for name, options := range secured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, memcached.SharedReads(options()))
			sizes := []int{0, 1, 2_000, 20_000, 200_000}
			for _, size := range sizes {
				require.NoError(t, b.Add(t.Context(), strconv.Itoa(size), backend.Item{Image: bytes.Repeat([]byte("x"), size)}))
			}
			var calls sync.WaitGroup
			for i := range 100 {
				calls.Go(func() {
					size := sizes[i%len(sizes)]
					item, err := b.Get(t.Context(), strconv.Itoa(size))
					assert.NoError(t, err)
					assert.Len(t, item.Image, size)
				})
			}
			calls.Wait()
		})
	}
}
