package httpd_test

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// A request that is being read when the server stops listening is answered, on a new
// connection and on a used one.
func TestStopAnswersWhatIsBeingRead(t *testing.T) {
	s := httpd.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}), httpd.Options{Logger: slog.New(slog.DiscardHandler)})
	l, err := httpd.Listen(t.Context(), "127.0.0.1:0", httpd.Limits{Connections: 10})
	require.NoError(t, err)
	stop := start(t, s, l)
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		return conn
	}
	read := func(conn net.Conn) (string, bool) {
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body), response.Close
	}
	write := func(conn net.Conn, text string) {
		_, err := io.WriteString(conn, text)
		require.NoError(t, err)
	}
	const head, body = "POST /soap HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n", "\r\nbody"
	inHead, inBody := dial(), dial()
	defer inHead.Close()
	defer inBody.Close()
	write(inBody, head+body)
	_, last := read(inBody)
	assert.False(t, last)
	write(inBody, head+"Expect: 100-continue\r\n"+body[:2])
	// The handler has the request when it asks for its body.
	continued := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	_, err = io.ReadFull(inBody, continued)
	require.NoError(t, err)
	write(inHead, head)

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for {
		probe, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		require.NoError(t, probe.Close())
	}
	write(inBody, body[2:])
	answer, _ := read(inBody)
	assert.Equal(t, "body", answer)
	write(inHead, body)
	answer, last = read(inHead)
	assert.Equal(t, "body", answer)
	assert.True(t, last)
	require.NoError(t, <-stopped)
}

// In the last part of draining the server accepts waiting connections and no new
// ones.
func TestStopRefusesNewConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "soap.sock")
	for _, address := range []string{"127.0.0.1:0", "unix:" + path} {
		t.Run(address, func(t *testing.T) {
			s := httpd.New(http.NotFoundHandler(), httpd.Options{Drain: 500 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
			l, err := httpd.Listen(t.Context(), address, httpd.Limits{Connections: 10})
			require.NoError(t, err)
			stop := start(t, s, l)
			stopped := make(chan error, 1)
			dial := func() (net.Conn, error) { return net.Dial(l.Addr().Network(), l.Addr().String()) }
			conn, err := dial()
			require.NoError(t, err)
			go func() { stopped <- stop() }()
			for err == nil {
				// A connected client is answered.
				request := "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
				_, err = io.WriteString(conn, request)
				require.NoError(t, err)
				answer, err := io.ReadAll(conn)
				require.NoError(t, err)
				assert.Contains(t, string(answer), "\r\n\r\nok\n")
				require.NoError(t, conn.Close())
				conn, err = dial()
				if err != nil {
					assert.True(t, errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT), "%v", err)
					break
				}
			}
			require.NoError(t, <-stopped)
		})
	}
}
