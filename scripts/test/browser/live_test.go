//go:build interop

package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// part returns an expression that says whether a part of the console contains a text.
func part(name, text string) string {
	return `document.querySelector('[data-live="` + name + `"]')?.textContent.includes(` + "`" + text + "`" + `)`
}

// store stores a session.
func (s *service) store(id string) {
	s.t.Helper()
	require.Contains(s.t, s.call("setSession", id, `<attributes><entry><key>uid</key><value>dwho</value></entry></attributes>`), "setSessionResult")
}

// The console changes without a reload: calls, a server that is killed and one that is
// back, another instance and a replicator that come and go.
func TestConsoleIsLive(t *testing.T) {
	t.Parallel()
	one, two, copied := memcachedtest.Start(t), memcachedtest.Start(t), memcachedtest.Start(t)
	servers := one.Addr + "," + two.Addr
	s := startService(t, "--servers", servers, "--local", "memory:1MiB", "--principal", "uid")
	b := openTab(t, s.url("/console"))
	b.await(`document.querySelector("[data-live-status]").textContent.startsWith("Live")`)
	evaluate[int](b, `window.loaded = 1`)
	assert.Contains(t, b.text(`[data-live="operations"]`), "No operation was called")
	s.store("c0ffee")
	s.call("getSession", "c0ffee", "")
	s.call("getSession", "decaf", "")
	for name, text := range map[string]string{
		"operations": "getSession", "faults": "SessionNotFoundFault", "tiers": "near cache", "servers": one.Addr, "streams": "connected", "instances": "this instance",
	} {
		b.await(part(name, text))
	}
	b.await(part("streams", "complete"))
	b.await(`document.querySelector('[data-live="chart-calls"] .line-0') !== null`)

	other := startService(t, "--servers", servers, "--session-ttl", "60")
	b.await(part("instances", "settings of Sessions"))
	replicator := exec.Command(program, "replicate", "--from", servers, "--to", copied.Addr, "--metrics-listen", "127.0.0.1:0")
	require.NoError(t, replicator.Start())
	b.await(part("replicators", "the pools are equal"))
	b.await(part("replicators", "metrics at 127.0.0.1:0"))
	accessible(t, b)
	b.forDocs("console")
	require.NoError(t, replicator.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, replicator.Wait())
	b.await("!" + part("instances", "replicate"))
	assert.NotEmpty(t, other.address)

	two.Kill()
	b.await(part("warnings", two.Addr+" does not answer since"))
	b.await(part("servers", "open"))
	two.Restart()
	b.await(`document.querySelector('[data-live="warnings"]').textContent.indexOf("does not answer") < 0`)
	b.await(part("servers", "answers, since"))
	assert.Equal(t, 1, evaluate[int](b, `window.loaded`), "the page was not loaded again")
}

// relay is a proxy that publishes a service below a path. It can be moved to another
// service.
type relay struct {
	*httptest.Server

	to atomic.Pointer[url.URL]
}

func startRelay(t *testing.T, s *service) *relay {
	t.Helper()
	r := new(relay)
	r.move(t, s)
	r.Server = httptest.NewServer(http.StripPrefix("/sso", &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(r.to.Load())
		p.SetXForwarded()
		p.Out.Header.Set("X-Forwarded-Prefix", "/sso")
	}}))
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

func (r *relay) move(t *testing.T, s *service) {
	t.Helper()
	u, err := url.Parse("http://" + s.address)
	require.NoError(t, err)
	r.to.Store(u)
}

// When the service goes, the page says since when its values are old. When it is back,
// the page goes on, and says that the service was restarted.
func TestConsoleReconnects(t *testing.T) {
	t.Parallel()
	first := startService(t)
	proxy := startRelay(t, first)
	b := openTab(t, proxy.URL+"/sso/console")
	b.expect(`50[23]|ERR_`)
	b.await(`document.querySelector("[data-live-status]").textContent.startsWith("Live")`)
	b.await(part("instances", "in the memory of this process"))
	first.store("c0ffee")
	b.await(part("operations", "setSession"))

	gone := &service{t: t, address: "127.0.0.1:1"}
	proxy.move(t, gone)
	proxy.CloseClientConnections()
	b.await(`/^Not connected since .* The values are those of /.test(document.querySelector("[data-live-status]").textContent)`)
	b.appears(".stale")
	assert.Contains(t, b.text(`[data-live="operations"]`), "setSession", "the last values stay")
	proxy.move(t, startService(t))
	b.await(`document.querySelector("[data-live-status]").textContent.includes("was restarted")`)
	b.await(part("operations", "No operation was called"))
	assert.Zero(t, evaluate[int](b, `document.querySelectorAll(".stale").length`))
}

// Without scripts the console shows the state at the time when it was loaded, and says so.
func TestConsoleWithoutScripts(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.store("c0ffee")
	require.Eventually(t, func() bool {
		answer, err := http.Get(s.url("/console"))
		require.NoError(t, err)
		defer answer.Body.Close()
		var text strings.Builder
		require.NoError(t, answer.Write(&text))
		return strings.Contains(text.String(), ">setSession<")
	}, ample, ample/100)
	b := openTab(t, s.url("/console"), withoutScripts())
	assert.Contains(t, b.text(".without-script"), "Without scripts")
	assert.Contains(t, b.text(`[data-live="operations"]`), "setSession")
	assert.Contains(t, b.text(`[data-live="summary"]`), "State at")
}

// With an auth file the console is for callers with the role stats.
func TestConsoleNeedsARole(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "callers.yaml")
	for name, role := range map[string]string{"operator": "stats", "portal": "read"} {
		add := exec.Command(program, "auth", "add", "--file", file, name, "--roles", role, "--password-stdin")
		add.Stdin = strings.NewReader("password of " + name + "\n")
		out, err := add.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	s := startService(t, "--auth-file", file)
	b := openTab(t, s.url("/console"), signedIn("operator", "password of operator"))
	b.await(`document.querySelector("[data-live-status]").textContent.startsWith("Live")`)
	assert.Contains(t, b.text(".caller"), "operator")
	for _, path := range []string{"/console", "/console/events"} {
		for caller, status := range map[string]int{"portal": http.StatusForbidden, "": http.StatusUnauthorized} {
			r, err := http.NewRequest(http.MethodGet, s.url(path), nil)
			require.NoError(t, err)
			if caller != "" {
				r.SetBasicAuth(caller, "password of "+caller)
			}
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			answer.Body.Close()
			assert.Equal(t, status, answer.StatusCode, path+" "+caller)
			if status == http.StatusUnauthorized {
				assert.True(t, strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic"), answer.Header)
			}
		}
	}
}

// The console is readable at night and on a telephone.
func TestConsoleIsAccessible(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	s := startService(t, "--servers", server.Addr+",127.0.0.1:1", "--principal", "uid")
	s.call("getSession", "decaf", "")
	for name, actions := range map[string][]action{"night": {dark()}, "phone": {phone()}} {
		b := openTab(t, s.url("/console"), actions...)
		b.await(part("warnings", "has not answered"))
		b.await(part("operations", "getSession"))
		b.click(".chart summary")
		accessible(t, b)
		b.screenshot("console-" + name)
	}
}
