package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/storable"
)

// measured is a service for benchmarks, and one connection to it that stays open.
type measured struct {
	b       *testing.B
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// measure serves the sessions of a backend with default settings until the benchmark ends.
// The service has a logger that throws away its lines.
func measure(b *testing.B, items backend.Backend, o httpd.Options) *measured {
	b.Helper()
	parser, err := newParser()
	require.NoError(b, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(b, err)
	c := &parser.Model.Target.Addr().Interface().(*grammar).Serve //nolint:forcetypeassert // it is the grammar
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{})
	b.Cleanup(func() { assert.NoError(b, store.Close()) })
	counters := service.NewCounters("1")
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // formatting is measured too
	server := httpd.New(c.endpoint(service.New(store, counters), nil, counters, nil, o.Logger), o)
	listener, err := httpd.Listen(b.Context(), "127.0.0.1:0", httpd.Limits{Connections: 16})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, time.Minute, listener) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	m := &measured{b: b, address: listener.Addr().String()}
	m.conn, err = new(net.Dialer).DialContext(b.Context(), "tcp", m.address)
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, m.conn.Close()) })
	m.reader = bufio.NewReader(m.conn)
	return m
}

// request returns the text of a request with a message.
func (m *measured) request(authorization, message string) []byte {
	r, err := http.NewRequestWithContext(m.b.Context(), http.MethodPost, "http://"+m.address+httpd.EndpointPath, strings.NewReader(message))
	require.NoError(m.b, err)
	r.Header.Set("Content-Type", "text/xml")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	var text bytes.Buffer
	require.NoError(m.b, r.Write(&text))
	return text.Bytes()
}

// post sends a request and reads the whole answer.
func (m *measured) post(request []byte) {
	_, err := m.conn.Write(request)
	require.NoError(m.b, err)
	response, err := http.ReadResponse(m.reader, nil)
	require.NoError(m.b, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(m.b, err)
	require.Equal(m.b, http.StatusOK, response.StatusCode)
	require.NoError(m.b, response.Body.Close())
}

// loop runs what is measured, and reports the time that processors work for it.
func (m *measured) loop(do func()) {
	m.b.ReportAllocs()
	before := processorTime(m.b)
	for m.b.Loop() {
		do()
	}
	m.b.ReportMetric(float64(processorTime(m.b)-before)/float64(m.b.N), "cpu-ns/op")
}

// processorTime returns the time that processors have worked for this process. Other
// programs on the machine change it less than the time that passes.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
