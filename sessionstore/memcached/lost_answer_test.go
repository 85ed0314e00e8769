package memcached_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// proxy passes bytes on between the backend and a real server. On demand it
// closes connections, delays answers or forges them.
type proxy struct {
	t      *testing.T
	addr   string
	cut    atomic.Bool // the next answer is lost, and its connection
	cutAll atomic.Bool // as cut, for all answers
	// cutThen, if not nil, is called once instead of the next answer, which is lost.
	cutThen atomic.Pointer[func()]
	forge   atomic.Pointer[string] // what comes in the place of the next answer
	delay   atomic.Int64           // of each answer, in nanoseconds
	// twice, if not nil, sends the next answer again, after a pause.
	twice atomic.Pointer[time.Duration]
	// noSettings says that the server does not know "stats settings".
	noSettings atomic.Bool
	// apart is how many seconds the clock of the server is ahead: the proxy
	// changes what the server says and the dates that it is told.
	apart atomic.Int64
	// tells is how many seconds the clock that the server tells is ahead of the one
	// by which it counts.
	tells atomic.Int64
	mu    sync.Mutex
	conns []net.Conn // of the backend
	asked [][]byte   // what the backend has sent, in the parts in which it came

	gate   sync.Mutex
	answer func() // called with each answer, if there is one
}

// hold passes n answers on, and the others only when release is called or the
// test ends.
func (w *proxy) hold(n int64) (release func()) {
	released := make(chan struct{})
	var once sync.Once
	release = func() { once.Do(func() { close(released) }) }
	w.t.Cleanup(release)
	var passed atomic.Int64
	passed.Store(n)
	w.each(func() {
		if passed.Add(-1) < 0 {
			<-released
		}
	})
	return release
}

// each calls a function with each answer.
func (w *proxy) each(call func()) {
	w.gate.Lock()
	defer w.gate.Unlock()
	w.answer = call
}

func (w *proxy) pass() {
	w.gate.Lock()
	call := w.answer
	w.gate.Unlock()
	if call != nil {
		call()
	}
}

func newProxy(t *testing.T, to *memcachedtest.Server) *proxy {
	t.Helper()
	return newProxyWith(t, to, func(client net.Conn) net.Conn { return client })
}

// newSecuredProxy is a proxy to which the backend speaks TLS.
func newSecuredProxy(t *testing.T, to *memcachedtest.Server, authority *certificatetest.Authority) *proxy {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(authority.Issue("memcached"))
	require.NoError(t, err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return newProxyWith(t, to, func(client net.Conn) net.Conn { return tls.Server(client, config) })
}

func newProxyWith(t *testing.T, to *memcachedtest.Server, wrap func(net.Conn) net.Conn) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &proxy{t: t, addr: listener.Addr().String()}
	var pumps sync.WaitGroup
	pumps.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			client = wrap(client)
			server, err := net.Dial("tcp", to.Addr)
			if err != nil {
				t.Error(err)
				return
			}
			w.mu.Lock()
			w.conns = append(w.conns, client)
			w.mu.Unlock()
			pumps.Go(func() { w.pump(server, client, false) })
			pumps.Go(func() { w.pump(client, server, true) })
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, listener.Close())
		w.closeAll()
		pumps.Wait()
	})
	return w
}

func (w *proxy) pump(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if answers && (w.cutAll.Load() || w.cut.Swap(false)) {
			return
		}
		if answers {
			if then := w.cutThen.Swap(nil); then != nil {
				(*then)()
				return
			}
			time.Sleep(time.Duration(w.delay.Load()))
			w.pass()
		}
		data := buf[:n]
		if !answers {
			w.mu.Lock()
			w.asked = append(w.asked, bytes.Clone(data))
			w.mu.Unlock()
		}
		if answers {
			if forged := w.forge.Swap(nil); forged != nil {
				data = []byte(*forged)
			}
		}
		if apart := w.apart.Load(); apart != 0 {
			data = otherClock(data, answers, apart)
		}
		if tells := w.tells.Load(); answers && tells != 0 {
			data = otherClock(data, answers, tells)
		}
		if answers {
			data = w.repeat(to, data)
		} else if w.noSettings.Load() {
			data = bytes.ReplaceAll(data, []byte("stats settings"), []byte("stats_settings"))
		}
		if _, err := to.Write(data); err != nil {
			return
		}
	}
}

// date is a date behind "STAT time ", in a command that stores, in a scan, or behind T.
var date = regexp.MustCompile(`(STAT time |^(?:add|cas) \S+ \d+ | exp=| T)(\d{10})\b`)

// otherClock changes the dates in what a server says and in what it is told.
func otherClock(data []byte, answers bool, apart int64) []byte {
	if !answers {
		apart = -apart
	}
	return date.ReplaceAllFunc(data, func(found []byte) []byte {
		at := len(found) - 10
		seconds, _ := strconv.ParseInt(string(found[at:]), 10, 64)
		return strconv.AppendInt(found[:at:at], seconds+apart, 10)
	})
}

// repeat returns an answer with what must be sent at once, and sends the rest
// later.
func (w *proxy) repeat(to io.Writer, data []byte) []byte {
	late := w.twice.Swap(nil)
	switch {
	case late == nil:
		return data
	case *late == 0:
		return slices.Concat(data, data)
	}
	again := slices.Clone(data)
	time.AfterFunc(*late, func() { to.Write(again) }) //nolint:errcheck // the connection may be gone
	return data
}

func (w *proxy) closeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

func (w *proxy) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// commands returns how many commands calls have sent: all but the probes of the
// circuit breaker, which has connections of its own.
func (w *proxy) commands() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, data := range w.asked {
		if !bytes.HasPrefix(data, []byte("mn\r\n")) {
			n++
		}
	}
	return n
}

// inject sends text to the backend without a command, over all connections that
// are open.
func (w *proxy) inject(t *testing.T, text string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	open := 0
	for _, c := range w.conns {
		if _, err := io.WriteString(c, text); err == nil {
			open++
		}
	}
	require.NotZero(t, open)
}

// openProxied returns a backend with one idle connection through a proxy, the
// proxy, and a backend without the proxy.
func openProxied(t *testing.T, way func(memcached.Options) memcached.Options) (*memcached.Backend, *proxy, *memcached.Backend) {
	t.Helper()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	b := open(t, way(memcached.Options{Servers: []string{w.addr}}))
	require.NoError(t, b.Add(t.Context(), "warm", backend.Item{}))
	return b, w, openOn(t, server)
}

// A write whose answer is lost was carried out. It is repeated, and the caller
// hears that it succeeded, not that the key exists or the item was changed.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		b, w, direct := openProxied(t, way)
		ctx := t.Context()
		item := backend.Item{Image: []byte("one"), Flags: 1, ExpiresIn: time.Hour}

		w.cut.Store(true)
		require.NoError(t, b.Add(ctx, "k", item))
		require.False(t, w.cut.Load(), "an answer was lost")
		present, err := direct.Get(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, "one", string(present.Image))

		w.cut.Store(true)
		got, err := b.Get(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, present, got)

		w.cut.Store(true)
		got.Image = []byte("two")
		require.NoError(t, b.CompareAndSwap(ctx, "k", got))
		require.False(t, w.cut.Load())
		present, err = direct.Get(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, "two", string(present.Image))

		for _, addition := range []*backend.Item{nil, {Image: []byte("x"), ExpiresIn: time.Hour}} {
			then := &backend.Second{Key: "other", Addition: addition}
			w.cut.Store(true)
			require.NoError(t, backend.StoreThen(ctx, b, "k", got.InPlaceOf(present), then))
			require.False(t, w.cut.Load())
			if addition == nil {
				require.ErrorIs(t, then.Err, backend.ErrNotFound)
			} else {
				require.NoError(t, then.Err)
			}
			present, err = direct.Get(ctx, "k")
			require.NoError(t, err)
		}
		then := &backend.Second{Key: "other"}
		w.cut.Store(true)
		require.NoError(t, backend.StoreThen(ctx, b, "added", item, then))
		require.NoError(t, then.Err)

		w.cut.Store(true)
		touched, err := b.Touch(ctx, "k", 2*time.Hour)
		require.NoError(t, err)
		require.Equal(t, "two", string(touched.Image))

		w.cut.Store(true)
		require.NoError(t, b.Delete(ctx, "k"))
		require.False(t, w.cut.Load())
		_, err = direct.Get(ctx, "k")
		require.ErrorIs(t, err, backend.ErrNotFound)

		w.cut.Store(true)
		require.NoError(t, b.Ping(ctx))
		w.cut.Store(true)
		require.True(t, b.Stats(ctx)[0].Alive)
	})
}

// A rejection whose answer is lost stays a rejection, unless only the second try
// may have been rejected.
func TestLostRefusals(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		b, w, direct := openProxied(t, way)
		ctx := t.Context()
		require.NoError(t, direct.Add(ctx, "k", backend.Item{Image: []byte("theirs"), Flags: 1}))

		w.cut.Store(true)
		require.True(t, indeterminate(b.Add(ctx, "k", backend.Item{Image: []byte("ours"), Flags: 1})))
		w.cut.Store(true)
		require.True(t, indeterminate(b.Add(ctx, "k", backend.Item{Image: []byte("theirs"), Flags: 2})), "other flags")
		w.cut.Store(true)
		require.True(t, indeterminate(b.CompareAndSwap(ctx, "k", backend.Item{Image: []byte("ours"), Flags: 1})))
		then := &backend.Second{Key: "other", Addition: &backend.Item{Image: []byte("x")}}
		w.cut.Store(true)
		require.True(t, indeterminate(backend.StoreThen(ctx, b, "k", backend.Item{Image: []byte("ours"), Flags: 1, CAS: 1}, then)))
		require.True(t, indeterminate(then.Err))
		w.cut.Store(true)
		require.ErrorIs(t, b.CompareAndSwap(ctx, "absent", backend.Item{}), backend.ErrNotFound)
		w.cut.Store(true)
		_, err := b.Get(ctx, "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.False(t, w.cut.Load())

		present, err := direct.Get(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, "theirs", string(present.Image))
	})
}

// A server that closes every connection is not asked without end.
func TestEveryAnswerLost(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		b, w, _ := openProxied(t, way)
		w.cutAll.Store(true)
		before := w.commands()
		err := b.Add(t.Context(), "k", backend.Item{Image: []byte("x"), Flags: 1})
		unavailable(t, err, "a memcached server closed the connection")
		require.True(t, indeterminate(err))
		require.Equal(t, before+2, w.commands(), "one retry")
		for name, err := range everyCall(t.Context(), b, "k") {
			unavailable(t, err, "a memcached server closed the connection", "a memcached server is down")
			require.NotErrorIs(t, err, backend.ErrNotFound, name)
		}
		require.False(t, b.Stats(t.Context())[0].Alive)
	})
}

// An invalid answer is an error, and no other call suffers from it.
func TestForgedAnswers(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		b, w, direct := openProxied(t, way)
		ctx := t.Context()
		item := backend.Item{Image: []byte("x"), Flags: 1}
		require.NoError(t, direct.Add(ctx, "k", item))
		for _, forged := range []string{
			"HELLO\r\n", "ERROR\r\n", "CLIENT_ERROR no\r\nEN\r\n", "VA 1 f1 c1 t1\r\nxyz", "VA x\r\nEN\r\nEN\r\n", "\r\n", "SERVER_ERROR no\r\n",
		} {
			for name, call := range map[string]func() error{
				"Get":    func() error { _, err := b.Get(ctx, "k"); return err },
				"Touch":  func() error { _, err := b.Touch(ctx, "k", time.Hour); return err },
				"Add":    func() error { return b.Add(ctx, "k", item) },
				"Delete": func() error { return b.Delete(ctx, "absent") },
				"Add, then Get": func() error {
					then := &backend.Second{Key: "absent"}
					err := backend.StoreThen(ctx, b, "k", item, then)
					require.ErrorAs(t, then.Err, new(*backend.UnavailableError))
					return err
				},
				"Ping": func() error { return b.Ping(ctx) },
				"Stats": func() error {
					if !b.Stats(ctx)[0].Alive {
						return backend.Unavailable("a memcached server answered something unexpected", io.EOF)
					}
					return nil
				},
			} {
				w.forge.Store(&forged)
				err := call()
				if name != "Get" || err != nil || !strings.HasPrefix(forged, "VA") { // else a shared read was repeated alone
					unavailable(t, err, "a memcached server answered something unexpected")
				}
				got, err := b.Get(ctx, "k")
				require.NoError(t, err, "%s after %q", name, forged)
				require.Equal(t, "x", string(got.Image))
				require.ErrorIs(t, b.Add(ctx, "k", item), backend.ErrExists)
			}
		}
	})
}

// A second answer behind the first is not the answer to the next command.
func TestAnswerTooMuch(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		b, w, direct := openProxied(t, way)
		require.NoError(t, direct.Add(t.Context(), "k", backend.Item{Image: []byte("x")}))
		twice := "EN\r\nEN\r\n"
		w.forge.Store(&twice)
		_, err := b.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = b.Get(t.Context(), "k")
		require.NoError(t, err)
	})
}

// Bytes that no command has asked for are not the answer to the next command.
func TestUnaskedBytes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"mg": "EN\r\n", "add": "STORED\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, w, direct := openProxied(t, alone)
			require.NoError(t, direct.Add(t.Context(), "k", backend.Item{Image: []byte("x")}))
			w.inject(t, text)
			// A connection that receives the bytes after we look
			// would be a race of the test: wait for a second connection.
			require.Eventually(t, func() bool {
				return b.Ping(t.Context()) != nil || w.connections() > 1
			}, ample, 10*time.Millisecond)
			_, err := b.Get(t.Context(), "k")
			require.NoError(t, err)
			require.ErrorIs(t, b.Add(t.Context(), "k", backend.Item{}), backend.ErrExists)
		})
	}
}
