package document

import (
	"context"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/wsdl"
)

// DefaultMaxEntries is the default of [Options.MaxEntries].
const DefaultMaxEntries = 50_000

// Options are the settings of the dialect. The zero value is usable.
type Options struct {
	// MaxEntries is the greatest number of entries and list items, at all depths
	// together, of all sessions of a message. 0 means DefaultMaxEntries.
	MaxEntries int
	// MinIDLength is the least number of digits of an id under which setSession creates
	// a session, and that renameSession gives to one. 0 means any.
	MinIDLength int
	// Reserve is called before an answer takes n bytes more of memory, or fewer if n
	// is negative. nil means no bounds.
	Reserve func(ctx context.Context, n int64) error
}

// Register registers the operations of the contract.
func Register(d *soap.Dispatcher, s *service.Service, o Options) {
	if o.MaxEntries == 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	handle(d, operation("status", decodeNothing, appendStatus),
		func(ctx context.Context, _ nothing) (string, error) { return s.Status(ctx) })
	// The answer is written while the session is read.
	handle(d, sessionOperation("getSession", decodeGet, func(ctx context.Context, dst []byte, r getRequest) ([]byte, error) {
		return o.appendSessionOf(ctx, dst, s, r)
	}), func(_ context.Context, r getRequest) (getRequest, error) { return r, nil })
	handle(d, sessionOperation("getSessions", decodeGetMany, o.appendSessions),
		func(ctx context.Context, r getManyRequest) (sessionList, error) {
			sessions, err := s.GetSessions(ctx, r.ids, r.ttl)
			return sessionList{sessions: sessions, typed: r.typed}, err
		})
	handle(d, operation("setSession", o.decodeSet, appendRef("setSession")),
		func(ctx context.Context, r setRequest) (sessionstore.Ref, error) {
			return o.set(ctx, s, r)
		})
	handle(d, operation("updateSession", o.decodeUpdate, appendRef("updateSession")),
		func(ctx context.Context, r updateRequest) (sessionstore.Ref, error) {
			return s.UpdateSession(ctx, r.id, r.change, r.ttl)
		})
	handle(d, operation("touchSession", decodeTouch, appendRef("touchSession")),
		func(ctx context.Context, r touchRequest) (sessionstore.Ref, error) {
			return s.TouchSession(ctx, r.id, r.ttl)
		})
	handle(d, operation("renameSession", decodeRename, appendRef("renameSession")),
		func(ctx context.Context, r renameRequest) (sessionstore.Ref, error) { return o.rename(ctx, s, r) })
	handle(d, operation("deleteSession", decodeDelete, appendDeleted),
		func(ctx context.Context, r deleteRequest) (bool, error) { return s.DeleteSession(ctx, r.id, r.version) })
	handle(d, operation("findSessions", decodePrincipal, appendIDs("findSessions")),
		func(ctx context.Context, r principalRequest) ([]sessionstore.ID, error) {
			return s.FindSessions(ctx, r.principal, r.attribute)
		})
	handle(d, operation("deleteSessions", decodePrincipal, appendIDs("deleteSessions")),
		func(ctx context.Context, r principalRequest) ([]sessionstore.ID, error) {
			return s.DeleteSessions(ctx, r.principal, r.attribute)
		})
	handle(d, operation("stats", decodeNothing, appendReport),
		func(ctx context.Context, _ nothing) (service.Report, error) { return s.Stats(ctx) })
}

// handle registers an operation for the callers that may use the dialect.
func handle[Req, Resp any](d *soap.Dispatcher, op soap.Operation[Req, Resp], do func(context.Context, Req) (Resp, error)) {
	soap.Handle(d, op, func(ctx context.Context, r Req) (Resp, error) {
		if err := service.EnterDialect(ctx, access.ContractDialect); err != nil {
			var none Resp
			return none, err
		}
		return do(ctx, r)
	})
}

// Operations returns the names of the operations, for counters.
func Operations() []string {
	return []string{
		"status", "getSession", "getSessions", "setSession", "updateSession", "touchSession", "renameSession",
		"deleteSession", "findSessions", "deleteSessions", "stats",
	}
}

// operation returns an operation of the contract whose answer is short.
func operation[Req, Resp any](
	name string, decode func(*xmlscan.Scanner) (Req, error), write func([]byte, Resp) ([]byte, error),
) soap.Operation[Req, Resp] {
	return sessionOperation(name, decode, func(_ context.Context, dst []byte, resp Resp) ([]byte, error) { return write(dst, resp) })
}

// sessionOperation returns an operation of the contract.
func sessionOperation[Req, Resp any](
	name string, decode func(*xmlscan.Scanner) (Req, error), write func(context.Context, []byte, Resp) ([]byte, error),
) soap.Operation[Req, Resp] {
	return soap.Operation[Req, Resp]{
		Name: soap.Name{Space: wsdl.Namespace, Local: name}, Action: wsdl.Namespace + "#" + name,
		Decode: func(s *xmlscan.Scanner, _ soap.Request) (Req, error) { return decode(s) },
		Append: write,
	}
}
