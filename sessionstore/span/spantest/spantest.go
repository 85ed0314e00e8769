// Package spantest records spans in tests.
package spantest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"memcachedsoap/sessionstore/span"
)

// Begin returns a context with a span that is recorded, and a function that lists the
// spans below it that have ended, in the order of their ends: the name, the attributes in
// order, and the status if it is an error.
func Begin(tb testing.TB) (ctx context.Context, ended func() []string) {
	tb.Helper()
	recorder := tracetest.NewSpanRecorder()
	ctx, request := span.NewTracer(sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder))).Begin(tb.Context(), "request")
	tb.Cleanup(request.End)
	return ctx, func() []string {
		var all []string
		for _, s := range recorder.Ended() {
			line := []string{s.Name()}
			for _, a := range s.Attributes() {
				line = append(line, fmt.Sprintf("%s=%v", a.Key, a.Value.AsInterface()))
			}
			slices.Sort(line[1:])
			if s.Status().Description != "" {
				line = append(line, "status="+s.Status().Description)
			}
			all = append(all, strings.Join(line, " "))
		}
		return all
	}
}
