package access

import (
	"context"
	"net/netip"
)

// Sent is what a request tells of its sender, besides its message.
type Sent struct {
	Address       netip.Addr // of the client; behind a trusted proxy the address that this forwards
	Unix          bool       // the client is the peer on a unix socket
	Authorization []string   // values of the HTTP header
	// Certificate has the names of the client's certificate, which was verified, in the
	// form of [CanonicalName]; none if it has sent none.
	Certificate []string
}

// Request is the record of a request: what it has sent, and its caller once that is
// known. It is the context of the request, too, which saves an allocation. Only the
// goroutine that answers the request may use it.
type Request struct {
	context.Context //nolint:containedctx // it is the context

	guard     *Guard
	sent      Sent
	caller    *Caller
	byAddress bool // the caller was found by the address alone
	byToken   bool // the caller was found by what the message contains
}

type requestKey struct{}

// Value implements [context.Context]: the record is a value of its own context.
func (r *Request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// of returns the record of a context, or nil.
func of(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// CallerOf returns the caller of the request of a context. It is nil if the context
// has no record, or if the caller is not known.
func CallerOf(ctx context.Context) *Caller {
	if r := of(ctx); r != nil {
		return r.caller
	}
	return nil
}

// SentBy returns what the request of a context has sent, and whether the context has a
// record.
func SentBy(ctx context.Context) (Sent, bool) {
	if r := of(ctx); r != nil {
		return r.sent, true
	}
	return Sent{}, false
}

// Require returns an error unless the caller of a context has all of the roles. A
// context without a record may do everything. Errors: [*UnauthenticatedError],
// [*DeniedError].
func Require(ctx context.Context, roles Role) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	if r.caller == nil {
		return r.guard.unauthenticated(NoCredentials, nil)
	}
	if missing := roles &^ r.caller.Roles; missing != 0 {
		return &DeniedError{Caller: r.caller.Name, Missing: missing}
	}
	return nil
}

// RequireDialect returns an error unless the caller of a context may use a dialect. It
// follows the rules of [Require].
func RequireDialect(ctx context.Context, dialect Dialect) error {
	roles := Role(0)
	if dialect == PerlDialect {
		roles = Perl
	}
	if err := Require(ctx, roles); err != nil {
		return err
	}
	if c := CallerOf(ctx); c != nil && c.Dialects&dialect == 0 {
		return &DeniedError{Caller: c.Name, Dialect: dialect}
	}
	return nil
}
