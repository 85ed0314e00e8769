package interop_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// Calls that wait for memcached when the service gets SIGTERM still get their answers.
func TestStopAnswersCallsInFlight(t *testing.T) {
	t.Parallel()
	const inFlight = 200
	cache := memcachedtest.Start(t)
	s := startAlone(t, "--servers="+cache.Addr, "--max-in-flight=200", "--store-timeout=50s", "--call-timeout=50s", "--stop-timeout=50s")
	client := newClient(t)
	call(t, client, s.endpoint, setSession("ab12"), http.StatusOK)

	cache.Freeze()
	var calls sync.WaitGroup
	for range inFlight {
		calls.Go(func() {
			status, answer, err := post(t, client, s.endpoint, getSession("ab12"))
			for err == nil && status == http.StatusServiceUnavailable { // the call below took the last place
				status, answer, err = post(t, client, s.endpoint, getSession("ab12"))
			}
			assert.NoError(t, err)
			assert.Equal(t, http.StatusOK, status, answer)
			assert.True(t, strings.HasSuffix(answer, "</soap:Envelope>"), answer)
		})
	}
	// When the service rejects a call that does not need memcached, all other calls
	// are in flight.
	for status := 0; status != http.StatusServiceUnavailable; {
		var err error
		status, _, err = post(t, client, s.endpoint, `<nothing/>`)
		require.NoError(t, err)
	}
	s.terminate(t)
	for connects(t, s) {
		continue // until the service no longer listens
	}
	cache.Thaw()
	calls.Wait()
	s.requireCleanEnd(t)
}

func connects(t *testing.T, s *service) bool {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err == nil {
		require.NoError(t, conn.Close())
	}
	return err == nil
}

// Clients that call continuously lose no call when the service stops: each call is
// answered, or its connection is refused.
func TestStopUnderLoadLosesNoCall(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "soap")
	cache := memcachedtest.Start(t)
	const callers, enough = 8, 200
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			s := startAlone(t, "--servers="+cache.Addr, "--drain=500ms", "--listen=127.0.0.1:0,unix:"+socket)
			client := newClient(t)
			refusal := syscall.ECONNREFUSED
			if network == "unix" {
				transport := &http.Transport{MaxIdleConnsPerHost: callers, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, "unix", socket)
				}}
				defer transport.CloseIdleConnections()
				client.Transport, refusal = transport, syscall.ENOENT
			}
			call(t, client, s.endpoint, setSession("ab12"), http.StatusOK)

			var answered, refused atomic.Int64
			warm := make(chan struct{})
			var calls sync.WaitGroup
			for range callers {
				calls.Go(func() {
					for {
						sent, status, answer, err := traced(t, client, s.endpoint, getSession("ab12"))
						if err != nil {
							assert.False(t, sent, "a call was lost: %v", err)
							assert.ErrorIs(t, err, refusal)
							refused.Add(1)
							return
						}
						assert.Equal(t, http.StatusOK, status)
						assert.True(t, strings.HasSuffix(answer, "</soap:Envelope>"))
						if answered.Add(1) == enough {
							close(warm)
						}
					}
				})
			}
			<-warm
			s.terminate(t)
			calls.Wait()
			s.requireCleanEnd(t)
			assert.EqualValues(t, callers, refused.Load())
			assert.NotContains(t, s.log.String(), "new connections may be reset")
			t.Logf("%d calls answered", answered.Load())
		})
	}
}

// traced does what post does and also reports whether anything was sent.
func traced(t *testing.T, client *http.Client, endpoint, payload string) (sent bool, status int, answer string, err error) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { sent = true },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(envelope(payload)))
	if err != nil {
		return false, 0, "", err
	}
	status, answer, err = send(client, request)
	return sent, status, answer, err
}
