package httpd_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// BenchmarkConnection measures the whole way of a call over an open connection but for its
// handler: net/http, router, middleware, the connection and the log line. The messages are
// as long as those of getSession for a session of 24 entries.
func BenchmarkConnection(b *testing.B) {
	c := dialCall(b)
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		c.call(b)
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// callClient is a connection on which calls are made that allocate nothing.
type callClient struct {
	net.Conn

	request, answer []byte
}

// dialCall starts a server, and connects to it.
func dialCall(tb testing.TB) *callClient {
	tb.Helper()
	answer := bytes.Repeat([]byte("x"), 1900)
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body [512]byte
		for {
			if _, err := r.Body.Read(body[:]); err != nil {
				break
			}
		}
		runtime.Gosched() // as a call to memcached: other goroutines of the connection run
		_, _ = w.Write(answer)
	})
	l, err := httpd.Listen(tb.Context(), "127.0.0.1:0", httpd.Limits{Connections: 100, Rate: 4 << 10})
	require.NoError(tb, err)
	s := httpd.New(endpoint, httpd.Options{TrustedProxies: trusted, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}) //nolint:sloglint // formatting is measured too
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, 10*time.Second, l) }()
	tb.Cleanup(func() {
		stop()
		require.NoError(tb, <-ended)
	})
	conn, err := new(net.Dialer).DialContext(tb.Context(), "tcp", l.Addr().String())
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	require.NoError(tb, conn.SetDeadline(time.Now().Add(time.Minute)))
	body := strings.Repeat("y", 236)
	head := "POST " + httpd.EndpointPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n" +
		"SOAPAction: \"urn:memcached-soap:session:v1#getSession\"\r\nContent-Length: 236\r\n\r\n"
	return &callClient{Conn: conn, request: []byte(head + body), answer: make([]byte, 8<<10)}
}

// call makes a call.
func (c *callClient) call(tb testing.TB) {
	tb.Helper()
	if _, err := c.Write(c.request); err != nil {
		tb.Fatal(err)
	}
	for n := 0; ; {
		m, err := c.Read(c.answer[n:])
		if err != nil {
			tb.Fatal(err)
		}
		n += m
		if head := bytes.Index(c.answer[:n], []byte("\r\n\r\n")); head > 0 && n == head+4+1900 {
			return
		}
	}
}
