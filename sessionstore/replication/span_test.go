package replication_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"memcachedsoap/sessionstore/span"
)

// Each batch of changes has a trace: what was read of both sides and what was written.
func TestTraces(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	p := onePair(t)
	p.options.Tracer = span.NewTracer(sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder)))
	key := newKey()
	p.put(from, key, versioned(t, "one"))
	p.start()
	p.waitSame()
	var below []string
	require.Eventually(t, func() bool {
		below = nil
		for _, root := range recorder.Ended() {
			if root.Name() != "replicate" {
				continue
			}
			assert.False(t, root.Parent().IsValid())
			for _, s := range recorder.Ended() {
				if s.Parent().SpanID() == root.SpanContext().SpanID() {
					below = append(below, s.Name())
				}
			}
		}
		return len(below) >= 3
	}, time.Minute, 10*time.Millisecond)
	assert.Contains(t, below, "get "+p.servers[from][0].Addr)
	assert.Contains(t, below, "get "+p.servers[to][0].Addr)
	assert.Contains(t, below, "set "+p.servers[to][0].Addr)
}
