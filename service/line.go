package service

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// line is what the audit log says about a call. It is nil for a call which the audit log
// says nothing about: its methods do nothing then. It is large, and most calls need none.
type line struct {
	log   *audit.Log
	event audit.Event
}

// EnterDialect returns an error unless the caller of a context may use a dialect, and
// notes the dialect. A dialect calls it before it calls the service. The errors are
// those of [access.RequireDialect].
func EnterDialect(ctx context.Context, d access.Dialect) error {
	requestlog.SetDialect(ctx, d.String())
	return access.RequireDialect(ctx, d)
}

// begin begins a call of an operation, if its caller may make it: it has the roles and
// does not exceed its rate. Reading sessions leaves no line in the audit log, neither
// does asking for the status. The errors are those of [access.Require] and
// [access.SpendCall].
func (s *Service) begin(ctx context.Context, operation string, roles access.Role) (*line, error) {
	s.counters.countCaller(access.CallerOf(ctx), roles)
	if err := access.SpendCall(ctx); err != nil {
		return nil, err
	}
	if err := access.Require(ctx, roles); err != nil {
		return nil, err
	}
	if s.audit == nil || roles == 0 || roles == access.Read {
		return nil, nil //nolint:nilnil // there is no line: its methods do nothing
	}
	e := eventOf(ctx)
	e.Operation = operation
	e.Outcome = "Server" // if the call ends with a panic
	return &line{log: s.audit, event: e}, nil
}

// eventOf returns what is known of every call: who has made it.
func eventOf(ctx context.Context) audit.Event {
	e := audit.Event{
		RequestID: requestlog.ID(ctx), Client: requestlog.Client(ctx), Dialect: requestlog.Dialect(ctx),
		Authentication: access.MethodOf(ctx),
	}
	if c := access.CallerOf(ctx); c != nil {
		e.Caller = c.Name
	}
	return e
}

// isWritten reports whether the audit log gets the line.
func (l *line) isWritten() bool { return l != nil && l.log != nil }

// write writes the line, before the answer to the call is sent. A call that was refused
// has another line, see [Refusal].
func (l *line) write(ctx context.Context) {
	if l.isWritten() {
		l.log.Write(ctx, l.event)
	}
}

// about notes the session that the call is about.
func (l *line) about(id sessionstore.ID) {
	if l.isWritten() {
		l.found([]sessionstore.ID{id})
	}
}

// found notes sessions that were found.
func (l *line) found(ids []sessionstore.ID) {
	if l.isWritten() {
		l.event.Sessions = audit.SessionsOf(len(ids), func(i int) string { return ids[i].Fingerprint() })
	}
}

// visited notes how many sessions were visited, and the first of them.
func (l *line) visited(n int, first []sessionstore.ID) {
	if l.isWritten() {
		l.event.Sessions = audit.SessionsOf(n, func(i int) string { return first[i].Fingerprint() })
	}
}

// by notes the attribute by which sessions are looked for.
func (l *line) by(attribute string) {
	if l.isWritten() {
		l.event.By = attribute
	}
}

// set notes the names of the attributes that the call sets.
func (l *line) set(attributes *perldata.Hash) {
	if !l.isWritten() {
		return
	}
	for name := range names(attributes) {
		l.event.Set.Add(name)
	}
}

// setNames notes names of attributes that the call sets.
func (l *line) setNames(names []string) {
	if !l.isWritten() {
		return
	}
	for _, name := range names {
		l.event.Set.Add(name)
	}
}

// show notes the names of the attributes whose values the caller sees.
func (l *line) show(names []string) {
	if !l.isWritten() {
		return
	}
	for _, name := range names {
		l.event.Shown.Add(name)
	}
}

// changed notes the names of the attributes that differ before and after the call.
func (l *line) changed(before, after map[string]perldata.Value) {
	if !l.isWritten() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if former, was := before[name]; !was || former != after[name] {
			l.event.Set.Add(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[name]; !still {
			l.event.Removed.Add(name)
		}
	}
}

// remove notes the names of the attributes that the call removes.
func (l *line) remove(names []string) {
	if !l.isWritten() {
		return
	}
	for _, name := range names {
		l.event.Removed.Add(name)
	}
}

// stored notes the outcome of a change, and the state of the session if it was made.
func (l *line) stored(ref sessionstore.Ref, created bool, err error) {
	if !l.isWritten() {
		return
	}
	if l.ended(err) == nil {
		l.about(ref.ID)
		l.event.Created = created
		l.event.ExpiresIn = &ref.ExpiresIn
	}
}

// ended notes the outcome of a call, and returns its error.
func (l *line) ended(err error) error {
	if !l.isWritten() {
		return err
	}
	if _, refused := Refusal(err); refused {
		l.log = nil
		return err
	}
	l.event.Outcome, l.event.Reason = outcomeOf(err)
	return err
}

// outcomeOf names an outcome: by the type of the fault, or by the side that it blames.
func outcomeOf(err error) (outcome, reason string) {
	if err == nil {
		return audit.OK, ""
	}
	if e, ok := errors.AsType[*backend.UnavailableError](err); ok && e.Unknown {
		reason = "indeterminate"
	}
	fault := FaultOf(err)
	switch {
	case fault == nil:
		return "Server", reason
	case fault.Type != "":
		return fault.Type, reason
	case fault.Blame == BlameCaller:
		return "Client", reason
	}
	return "Server", reason
}

// Refusal returns the reason for which a call was refused, if its error says that it
// was: it has no caller, or its caller may not make it.
func Refusal(err error) (reason string, refused bool) {
	e, refused := refusalOf(err)
	return e.Reason, refused
}

// refusalReasons returns the reasons that a known caller can be refused for.
func refusalReasons() []string { return []string{"role", "dialect", "hidden", "rate", "quota"} }

// refusalOf returns what the audit log says about an error that is a refusal.
func refusalOf(err error) (e audit.Event, refused bool) {
	if err == nil {
		return e, false
	}
	if u, ok := errors.AsType[*access.UnauthenticatedError](err); ok {
		return audit.Event{Outcome: "Unauthenticated", Reason: u.Refusal.String(), Claimed: u.Caller}, true
	}
	if d, ok := errors.AsType[*access.DeniedError](err); ok {
		reason := "role"
		if d.Dialect != 0 {
			reason = "dialect"
		}
		return audit.Event{Outcome: "AccessDenied", Reason: reason}, true
	}
	if _, ok := errors.AsType[*access.HiddenError](err); ok {
		return audit.Event{Outcome: "AccessDenied", Reason: "hidden"}, true
	}
	if l, ok := errors.AsType[*access.LimitError](err); ok {
		reason := "rate"
		if l.Sessions {
			reason = "quota"
		}
		return audit.Event{Outcome: "LimitExceeded", Reason: reason}, true
	}
	return e, false
}

// AuditRefusal writes a line about a call that was refused, whether it has reached the
// service or not. operation is "" if it is not known. Other errors have no line: either
// the operation has written it, or the call has reached none.
func AuditRefusal(ctx context.Context, l *audit.Log, operation string, err error) {
	refusal, refused := refusalOf(err)
	if !refused || l == nil {
		return
	}
	e := eventOf(ctx)
	e.Operation, e.Outcome, e.Reason, e.Claimed = operation, refusal.Outcome, refusal.Reason, refusal.Claimed
	l.Refuse(ctx, e)
}

// AuditEnded returns a function that writes a line about a session which was ended
// because its user has logged in too often, for [sessionstore.Options].
func AuditEnded(l *audit.Log) func(ctx context.Context, id sessionstore.ID) {
	return func(ctx context.Context, id sessionstore.ID) {
		e := eventOf(ctx)
		e.Operation, e.Outcome = "endOldestSession", audit.OK
		e.Sessions = audit.SessionsOf(1, func(int) string { return id.Fingerprint() })
		l.Write(ctx, e)
	}
}

// names yields the names of attributes without that of the id, which every session has.
func names(attributes *perldata.Hash) iter.Seq[string] {
	return func(yield func(string) bool) {
		if attributes == nil {
			return
		}
		for name := range attributes.All() {
			if name != sessionstore.IDAttribute && !yield(name) {
				return
			}
		}
	}
}
