package span

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Span is a span that is being recorded. The zero value is none: its methods do
// nothing. Only one goroutine may use a Span.
type Span struct{ span trace.Span }

// Of returns the span of a request to which a context belongs.
func Of(ctx context.Context) Span {
	if s := trace.SpanFromContext(ctx); s.IsRecording() {
		return Span{s}
	}
	return Span{}
}

// Recorded says whether there is a span.
func (s Span) Recorded() bool { return s.span != nil }

// TraceID returns the id of the trace in hexadecimal digits, or "" without a span.
func (s Span) TraceID() string {
	if s.span == nil {
		return ""
	}
	return s.span.SpanContext().TraceID().String()
}

// End ends the span.
func (s Span) End() {
	if s.span != nil {
		s.span.End()
	}
}

// Fail says that the work has failed. class is one of few words that say how: a text of
// an error may contain an id.
func (s Span) Fail(class string) {
	if s.span != nil {
		s.span.SetStatus(codes.Error, class)
		s.span.SetAttributes(attribute.String(errorType, class))
	}
}

// child begins a span below that of a context.
//
//nolint:spancheck // Span.End ends it
func child(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) Span {
	parent := trace.SpanFromContext(ctx)
	_, s := parent.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	return Span{s}
}
