package access

import "context"

// Guard finds the callers of requests. All methods may be called from any goroutine.
type Guard struct{}

// Begin returns a context with a record of what a request has sent.
func (g *Guard) Begin(ctx context.Context, sent Sent) context.Context {
	return &Request{Context: ctx, guard: g, sent: sent}
}

// unauthenticated returns the error for a request without a caller.
func (g *Guard) unauthenticated(refusal Refusal, caller string) error {
	return &UnauthenticatedError{Refusal: refusal, Caller: caller}
}
