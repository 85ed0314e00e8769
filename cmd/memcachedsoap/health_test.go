package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/memory"
)

// TestHealth: the command asks the probe beside the endpoint, wherever that is.
func TestHealth(t *testing.T) {
	t.Parallel()
	service := newCalledService(t, memory.New(memory.Options{}))
	assert.Equal(t, "ok\n", done(t, service.url, "health"))
	assert.Equal(t, "ready\n", done(t, service.url, "health", "--ready"))
	assert.JSONEq(t, `{"report": ["ready"]}`, done(t, service.url, "health", "--ready", "--json"))
	root := strings.TrimSuffix(service.url, httpd.EndpointPath)
	for _, url := range []string{root, root + "/", service.url + "?x"} {
		assert.Equal(t, "ok\n", done(t, url, "health"), "the address alone, as that of the metrics")
	}

	socket := filepath.Join(t.TempDir(), "soap.sock")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	behindProxy := httptest.NewUnstartedServer(http.StripPrefix("/sso", newEndpoint(t, memory.New(memory.Options{}))))
	behindProxy.Start()
	t.Cleanup(behindProxy.Close)
	assert.Equal(t, "ok\n", done(t, behindProxy.URL+"/sso"+httpd.EndpointPath, "health"))

	onSocket := httptest.NewUnstartedServer(newEndpoint(t, memory.New(memory.Options{})))
	require.NoError(t, onSocket.Listener.Close())
	onSocket.Listener = l
	onSocket.Start()
	t.Cleanup(onSocket.Close)
	assert.Equal(t, "ready\n", done(t, "unix:"+socket, "health", "--ready"))
}

// TestUnhealthy: what is wrong is on one line, and the exit code says that the container
// is to be replaced.
func TestUnhealthy(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.Header.Get("Authorization") != "" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("not ready\ncache1:11211 down: it does not answer\n"))
	}))
	t.Cleanup(server.Close)
	assert.Equal(t, outcome{
		err:  "memcachedsoap: the service is not healthy: not ready cache1:11211 down: it does not answer\n",
		code: exitUnavailable,
	}, invoke(t, server.URL+"/soap", "health", "--ready"))
	assert.Equal(t, "/readyz", <-asked)
	other := invoke(t, strings.Replace(server.URL, "//", "//portal:secret@", 1), "health")
	assert.Equal(t, exitFailed, other.code)
	assert.Contains(t, other.err, "404 Not Found; check --url")
	assert.Equal(t, "/healthz", <-asked)
	server.Close()
	assert.Equal(t, exitUnavailable, invoke(t, server.URL, "health").code)
}
