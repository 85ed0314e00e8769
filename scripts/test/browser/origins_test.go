//go:build interop

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ample is the time limit of steps that take a moment.
const ample = time.Minute

// ways are the ways of attack.html to send a message, and whether each of them works
// on a page of the same origin.
var ways = map[string]bool{
	"fetch without a type": true, "fetch of bytes": true, "fetch of text": false, "fetch with cookies": true,
	"fetch without a referrer": true, "fetch that reads": true, "fetch of SOAP": true, "XMLHttpRequest": true,
	"beacon without a type": true, "beacon of text": false, "form of text": false, "form": false, "multipart form": false,
	"sandboxed frame": false,
}

// secret is the value that no page of another origin may read.
const secret = "only-for-programs"

// target is a session for each operation that a page tries.
type target struct {
	Read    string `json:"read"`
	Planted string `json:"planted"`
	Victim  string `json:"victim"`
}

// targets stores the sessions that the page may try to read and to delete, for each
// way.
func (s *service) targets() map[string]target {
	s.t.Helper()
	ids := make(map[string]target)
	for way := range ways {
		n := len(ids)
		id := target{fmt.Sprintf("a%031x", n), fmt.Sprintf("b%031x", n), fmt.Sprintf("c%031x", n)}
		for _, stored := range []string{id.Read, id.Victim} {
			s.call("setSession", stored, `<attributes><entry><key>uid</key><value>`+secret+`</value></entry></attributes>`)
			require.True(s.t, s.has(stored))
		}
		ids[way] = id
	}
	return ids
}

// site serves attack.html, and takes its report.
func site(t *testing.T, soap http.Handler) (address string, reports <-chan map[string]string) {
	t.Helper()
	taken := make(chan map[string]string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "attack.html") })
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var report map[string]string
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&report))
		taken <- report
	})
	mux.Handle("/soap", soap)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), taken
}

// open opens a page in Chromium, which calls the endpoint, and returns its report.
func open(t *testing.T, origin, endpoint string, ids map[string]target, reports <-chan map[string]string) map[string]string {
	t.Helper()
	list, err := json.Marshal(ids)
	require.NoError(t, err)
	profile, err := os.MkdirTemp("", "chromium") //nolint:usetesting // the browser may still write when the test ends
	require.NoError(t, err)
	defer os.RemoveAll(profile) //nolint:errcheck // a temporary folder, which the browser may still write

	ctx, cancel := context.WithTimeout(t.Context(), 2*ample)
	defer cancel()
	// The service has to refuse the requests: the browser's own protection of local
	// networks is off. The sandbox does not work for root.
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-features=LocalNetworkAccessChecks", "--user-data-dir="+profile,
		"--host-resolver-rules=MAP *.example 127.0.0.1",
		origin+"/?target="+url.QueryEscape(endpoint)+"&ids="+url.QueryEscape(string(list)))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with its children
	cmd.WaitDelay = ample
	require.NoError(t, cmd.Start())
	var report map[string]string
	select {
	case report = <-reports:
	case <-ctx.Done():
	}
	cancel()
	cmd.Wait() //nolint:errcheck // killed
	require.NotNil(t, report, "Chromium:\n%s", &log)
	require.Len(t, report, len(ways), "the ways of the page are those of the test")
	return report
}

// requireUntouched requires that a page has changed nothing, and read nothing.
func (s *service) requireUntouched(ids map[string]target, report map[string]string) {
	s.t.Helper()
	for way := range ways {
		assert.NotContains(s.t, report[way], secret, "%s has read a session", way)
		assert.Contains(s.t, s.call("getSession", ids[way].Planted, ""), "SessionNotFoundFault", "%s has stored a session", way)
		assert.True(s.t, s.has(ids[way].Victim), "%s has deleted a session", way)
	}
}

// operations is the number of messages that the page sends in each way.
const operations = 3

func TestPageOfAnotherOrigin(t *testing.T) {
	s := startService(t)
	for _, name := range []string{"evil.example", "localhost", "127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			s := &service{t: t, address: s.address, log: s.log}
			before := s.refused("origin")
			address, reports := site(t, http.NotFoundHandler())
			_, port, err := net.SplitHostPort(address)
			require.NoError(t, err)
			ids := s.targets()
			report := open(t, "http://"+net.JoinHostPort(name, port), s.endpoint(), ids, reports)
			// For SOAP's media type the browser asks first, and is refused.
			assert.Eventually(t, func() bool { return s.refused("origin")-before >= operations*(len(ways)-1) }, ample, 10*time.Millisecond)
			s.requireUntouched(ids, report)
		})
	}
}

// The name of the attacker resolves to the service after it has resolved to the page:
// then the page is of the same origin.
func TestDNSRebinding(t *testing.T) {
	s := startService(t)
	backend, err := url.Parse("http://" + s.address)
	require.NoError(t, err)
	// As the network does, the relay leaves the Host as it is.
	address, reports := site(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(backend)
		r.Out.Host = r.In.Host
		r.Out.Header["X-Forwarded-Host"] = r.In.Header["X-Forwarded-Host"]
	}})
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	origin := "http://rebind.example:" + port
	ids := s.targets()
	report := open(t, origin, origin+"/soap", ids, reports)
	assert.Eventually(t, func() bool { return s.refused("host") >= operations*len(ways) }, ample, 10*time.Millisecond)
	s.requireUntouched(ids, report)
}

// A page of the same origin, behind a proxy that the service trusts, can do all this:
// so the page of the other tests does what it should.
func TestPageOfTheSameOrigin(t *testing.T) {
	s := startService(t)
	backend, err := url.Parse("http://" + s.address)
	require.NoError(t, err)
	address, reports := site(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(backend)
		r.SetXForwarded()
	}})
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	origin := "http://sso.example:" + port
	ids := s.targets()
	report := open(t, origin, origin+"/soap", ids, reports)
	for way, works := range ways {
		if !works {
			continue
		}
		id := ids[way]
		assert.Eventually(t, func() bool {
			return !s.has(id.Victim) && strings.Contains(s.call("getSession", id.Planted, ""), "getSessionResult")
		}, ample, 10*time.Millisecond, way)
		if !strings.HasPrefix(way, "beacon") {
			assert.Contains(t, report[way], secret, way)
		}
	}
}
