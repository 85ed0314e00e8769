package span

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// What requests wait for.
const (
	Connection = "connection" // a connection to a memcached server that is in use
	Lock       = "lock"       // the lock of a session that another request changes
	Retry      = "retry"      // the pause before a change is tried again
	Memory     = "memory"     // memory of the budget of all requests
	Password   = "password"   // the check of a password, and those before it
)

// Wait begins the span of waiting for one of the above.
func Wait(ctx context.Context, what string) Span {
	if !Of(ctx).Recorded() {
		return Span{}
	}
	return child(ctx, "wait for "+what, trace.SpanKindInternal)
}
