//go:build interop

package adapters

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// gate stands between an application and the service. It counts the calls and can cut
// the way.
type gate struct {
	url   string // of the SOAP endpoint behind the gate
	proxy *httputil.ReverseProxy

	mu    sync.Mutex
	calls []string // names of the operations
	shut  chan struct{}
}

var operation = regexp.MustCompile(`Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)`)

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{
		url:   "http://" + listener.Addr().String() + u.Path,
		proxy: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: u.Scheme, Host: u.Host}),
	}
	server := &http.Server{Handler: g} //nolint:gosec // of a test
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		g.open()
		_ = server.Close()
		serving.Wait()
	})
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the application has gone
	}
	g.mu.Lock()
	shut := g.shut
	if found := operation.FindSubmatch(body); found != nil && shut == nil {
		g.calls = append(g.calls, string(found[1]))
	}
	g.mu.Unlock()
	if shut != nil { // like a service that hangs
		select {
		case <-shut:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	g.proxy.ServeHTTP(w, r)
}

// close makes the service hang for the application until open is called.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// taken returns the operations that were called since the last taken.
func (g *gate) taken() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls := g.calls
	g.calls = nil
	return calls
}

// count returns how many of the calls read, and how many write.
func count(calls []string) (reads, writes int) {
	for _, call := range calls {
		if strings.HasPrefix(call, "get") {
			reads++
		} else {
			writes++
		}
	}
	return reads, writes
}
