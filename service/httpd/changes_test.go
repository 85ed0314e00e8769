package httpd_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
)

// The stream of changes can outlive the timeouts of requests, knows what
// its sender has sent, and is there for the host of the instance.
func TestChanges(t *testing.T) {
	stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, guarded := access.SentBy(r.Context())
		assert.True(t, guarded)
		control := http.NewResponseController(w)
		assert.NoError(t, control.SetReadDeadline(time.Time{}))
		for range 10 {
			assert.NoError(t, control.SetWriteDeadline(time.Now().Add(time.Minute)))
			_, err := io.WriteString(w, "line\n")
			assert.NoError(t, err)
			assert.NoError(t, control.Flush())
			time.Sleep(30 * time.Millisecond)
		}
		assert.NoError(t, r.Context().Err())
	})
	s := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{
		Changes: stream, ChangesHost: "sessions1.example.com", Access: access.NewGuard(new(access.File), access.Options{}),
		ReadTimeout: 100 * time.Millisecond, WriteTimeout: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10, Rate: 4 << 10})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, time.Minute, l) }()
	ask := func(host, path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
		require.NoError(t, err)
		r.Host, r.Close = host, true
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	status, text := ask("sessions1.example.com", httpd.ChangesPath)
	assert.Equal(t, 200, status)
	assert.Len(t, text, 50)
	status, _ = ask("evil.example.com", httpd.ChangesPath+"/clock")
	assert.Equal(t, http.StatusMisdirectedRequest, status)
	stop()
	require.NoError(t, <-served)

	without := httpd.New(http.HandlerFunc(echoHandler), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	for _, path := range []string{httpd.ChangesPath, httpd.ChangesPath + "/clock"} {
		assert.Equal(t, 404, get(t, without.Handler(), path, nil).Code)
	}
}
