package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// BenchmarkTraces answers getSession from memcached over a connection that stays open:
// what traces cost of the whole way of a request. The collector is in the same process and
// throws away what it gets.
func BenchmarkTraces(b *testing.B) {
	session, err := os.ReadFile("../../service/document/testdata/session24.xml")
	require.NoError(b, err)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		assert.NoError(b, err)
	}))
	b.Cleanup(collector.Close)
	for _, bench := range []struct{ name, endpoint, ratio string }{
		{"off", "", ""},
		{"sampled=1%", collector.URL, "0.01"},
		{"sampled=10%", collector.URL, "0.1"},
		{"sampled=100%", collector.URL, "1"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", bench.endpoint)
			b.Setenv("OTEL_TRACES_SAMPLER_ARG", bench.ratio)
			if bench.ratio != "" {
				b.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
			}
			post := postTo(b, serveTraced(b))
			post(operationCall("setSession", "<id>ab12</id><attributes>"+string(session)+"</attributes>"))
			message := operationCall("getSession", "<id>ab12</id>")
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				post(message)
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// postTo returns a function that posts messages to an address, over one connection.
func postTo(b *testing.B, address string) func(message string) {
	b.Helper()
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, conn.Close()) })
	reader := bufio.NewReader(conn)
	return func(message string) {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+address+httpd.EndpointPath, strings.NewReader(message))
		require.NoError(b, err)
		r.Header.Set("Content-Type", "text/xml")
		var text bytes.Buffer
		require.NoError(b, r.Write(&text))
		_, err = conn.Write(text.Bytes())
		require.NoError(b, err)
		response, err := http.ReadResponse(reader, nil)
		require.NoError(b, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(b, err)
		require.Equal(b, http.StatusOK, response.StatusCode)
		require.NoError(b, response.Body.Close())
	}
}

// serveTraced serves sessions in memcached until the benchmark ends, with the traces for
// which the environment asks, and returns its address.
func serveTraced(b *testing.B) string {
	b.Helper()
	items, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.StartUnix(b).Addr}})
	require.NoError(b, err)
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{})
	b.Cleanup(func() {
		assert.NoError(b, store.Close())
		assert.NoError(b, items.Close())
	})
	logger := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // formatting is measured too
	traced, closeTraces, err := openTraces(b.Context(), logger)
	require.NoError(b, err)
	b.Cleanup(closeTraces)
	parser, err := newParser()
	require.NoError(b, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(b, err)
	c := &parser.Model.Target.Addr().Interface().(*grammar).Serve //nolint:forcetypeassert // it is the grammar
	counters := service.NewCounters("1")
	server := httpd.New(c.endpoint(service.New(store, counters), nil, counters, nil, logger), httpd.Options{Tracer: traced.requests, Logger: logger})
	listener, err := httpd.Listen(b.Context(), "127.0.0.1:0", httpd.Limits{Connections: 16})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, time.Minute, listener) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	return listener.Addr().String()
}
