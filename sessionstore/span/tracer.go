package span

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Tracer begins spans that are not below another one. A nil Tracer begins none. All
// methods may be called from any goroutine.
type Tracer struct{ tracer trace.Tracer }

// NewTracer returns a tracer whose spans a provider records.
func NewTracer(p trace.TracerProvider) *Tracer { return &Tracer{p.Tracer(Scope)} }

// Begin begins the span of work that is part of no request, such as copying changes from
// one pool to another. The spans of what is done with the returned context are below it.
func (t *Tracer) Begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, _ = t.tracer.Start(ctx, name, options...) //nolint:spancheck // Span.End ends it
	return ctx, Of(ctx)
}
