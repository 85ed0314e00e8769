package traces

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"memcachedsoap/sessionstore/span"
)

// Bounds of what a request says of its trace, in bytes. A traceparent of the version that
// exists has 55. The W3C asks for 512 at least for tracestate.
const (
	maxTraceparent = 128
	maxTracestate  = 512
)

// The headers of the W3C's Trace Context, as net/http and as OpenTelemetry write them.
const (
	parentHeader = "Traceparent"
	stateHeader  = "Tracestate"
	parentField  = "traceparent"
	stateField   = "tracestate"
)

// Begin returns the context of a request with its span. route is the path of the endpoint
// that answers, or "". The span is below that of the caller if the request says so.
func (t *Traces) Begin(r *http.Request, route string) (context.Context, span.Span) {
	ctx := r.Context()
	if !t.ignores {
		ctx = withParent(ctx, r.Header)
	}
	ctx, s := t.tracer.Begin(ctx, route, t.asServer...)
	if s.Recorded() {
		s.Request(knownMethod(r.Method), route)
	}
	return ctx, s
}

// knownMethod returns the method of a request, or _OTHER for one that a client has
// invented.
func knownMethod(method string) string {
	known := []string{http.MethodPost, http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if slices.Contains(known, method) {
		return method
	}
	return "_OTHER"
}

// withParent returns a context with the span of the caller, if the headers have a valid one.
// Several are none: nobody knows which is right.
func withParent(ctx context.Context, h http.Header) context.Context {
	parents := h.Values(parentHeader)
	if len(parents) != 1 || len(parents[0]) > maxTraceparent {
		return ctx
	}
	carrier := propagation.MapCarrier{parentField: parents[0]}
	if state := strings.Join(h.Values(stateHeader), ","); len(state) <= maxTracestate {
		carrier[stateField] = state
	}
	return propagation.TraceContext{}.Extract(ctx, carrier)
}

// propagates says whether the span of a caller is taken from its request.
func (e environment) propagates() bool {
	for name := range strings.SplitSeq(e["OTEL_PROPAGATORS"], ",") {
		if strings.TrimSpace(name) == "tracecontext" {
			return true
		}
	}
	return false
}

// Headers returns the headers that tell a service the trace that a program is part
// of. TRACEPARENT and TRACESTATE name it; without valid ones there are no headers.
func Headers(ctx context.Context) map[string]string {
	h := http.Header{}
	h.Set(parentHeader, os.Getenv("TRACEPARENT"))
	if state := os.Getenv("TRACESTATE"); state != "" {
		h.Set(stateHeader, state)
	}
	headers := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(withParent(ctx, h), headers)
	return headers
}
