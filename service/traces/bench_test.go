package traces_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/span"
)

// BenchmarkCall measures what traces alone cost of a call with one exchange.
func BenchmarkCall(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		assert.NoError(b, err)
	}))
	b.Cleanup(collector.Close)
	address, err := selector.ParseAddress("127.0.0.1:11211")
	if err != nil {
		b.Fatal(err)
	}
	server := span.NewServer(address)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/soap", nil)
	for _, ratio := range []string{"0", "0.01", "1"} {
		b.Run("ratio="+ratio, func(b *testing.B) {
			b.Setenv("OTEL_TRACES_SAMPLER", "traceidratio")
			opened, err := open(b, io.Discard, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER_ARG": ratio})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				ctx, call := opened.Begin(r, "/soap")
				exchange := server.Exchange(ctx, "get", 1)
				exchange.Result(span.Hit)
				exchange.End()
				call.Call("contract", "getSession", "", false)
				call.Answer(http.StatusOK)
				call.End()
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime returns the time that processors have worked for this process. Other
// programs on the machine change it less than the time that passes.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
