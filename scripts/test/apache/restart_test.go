package apache

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

const setSession = `<setSession xmlns="` + wsdl.Namespace + `"><id>ef56</id><attributes><entry><key>uid</key><value>dwho</value></entry></attributes></setSession>`

// requests is the number of requests of a test, and restarts the number of restarts
// meanwhile.
const (
	requests = 10_000
	restarts = 5
	callers  = 8
)

// underLoad sends requests, half of them changes, and calls restart several times
// meanwhile. No request may fail.
func underLoad(t *testing.T, site *site, restart func()) {
	t.Helper()
	var sent, failed atomic.Int64
	var load sync.WaitGroup
	for range callers {
		load.Go(func() {
			for n := sent.Add(1); n <= requests; n = sent.Add(1) {
				payload := status
				if n%2 == 0 {
					payload = setSession
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.endpoint, strings.NewReader(envelope(payload)))
				if !assert.NoError(t, err) {
					return
				}
				r.Header.Set("Content-Type", "text/xml; charset=utf-8")
				response, err := site.client.Do(r)
				if err != nil {
					failed.Add(1)
					t.Log(err)
					continue
				}
				if response.StatusCode != http.StatusOK {
					failed.Add(1)
					t.Log(response.Status)
				}
				response.Body.Close()
			}
		})
	}
	for n := range restarts {
		// The restarts are spread evenly over the requests.
		require.Eventually(t, func() bool { return sent.Load() > int64((n+1)*requests/(restarts+2)) }, ample, 10*time.Millisecond)
		restart()
	}
	load.Wait()
	assert.Zero(t, failed.Load(), "of %d requests", requests)
}

// Each instance is restarted five times, one after the other.
func TestInstancesAreRestarted(t *testing.T) {
	t.Parallel()
	site, instances := balanced(t, memcachedtest.Start(t).Addr)
	underLoad(t, site, func() {
		for _, s := range instances {
			s.stop(t)
			s.start(t)
		}
	})
}

// Apache is restarted gracefully, as after a change of its configuration or of a
// certificate.
func TestApacheIsRestarted(t *testing.T) {
	t.Parallel()
	s := startService(t, freeAddress(t))
	a := startApache(t, "http.conf", map[string]string{"SESSIONS": s.address})
	site := newSite(t, s, "http://"+a.address+"/soap")
	// Each request uses a new connection: Apache may close an idle connection at any
	// time.
	site.client.Transport = &http.Transport{DisableKeepAlives: true}
	underLoad(t, site, func() {
		require.NoError(t, a.process.Process.Signal(syscall.SIGUSR1))
		time.Sleep(200 * time.Millisecond)
	})
}
