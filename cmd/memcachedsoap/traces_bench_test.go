package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
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
			items, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.StartUnix(b).Addr}})
			require.NoError(b, err)
			b.Cleanup(func() { assert.NoError(b, items.Close()) })
			traced, closeTraces, err := openTraces(b.Context(), slog.New(slog.DiscardHandler))
			require.NoError(b, err)
			b.Cleanup(closeTraces)
			m := measure(b, items, httpd.Options{Tracer: traced.requests})
			m.post(m.request("", operationCall("setSession", "<id>ab12</id><attributes>"+string(session)+"</attributes>")))
			message := operationCall("getSession", "<id>ab12</id>")
			m.loop(func() { m.post(m.request("", message)) })
		})
	}
}
