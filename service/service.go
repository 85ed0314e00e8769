package service

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// StatusOK is what Status answers. Programs compare it, so it never changes
// (MemcachedSOAP.cgi of Apache::Session::Memorycached 2.2.1).
const StatusOK = "...... MEMCACHED SOAP OK ......"

// Service does the operations on the sessions of one store. Each needs a role of the
// caller of its context, see [access.Require]; the errors of that are among those of
// every operation. All methods may be called from any goroutine.
type Service struct {
	store    *sessionstore.Store
	counters *Counters
	audit    *audit.Log // nil if there is none
}

// New returns a service for a store. It counts hits and misses in the counters.
func New(store *sessionstore.Store, counters *Counters) *Service {
	return &Service{store: store, counters: counters}
}

// Audit makes the service write an audit log. Call it before the first operation.
func (s *Service) Audit(l *audit.Log) { s.audit = l }

// Status returns [StatusOK] if every server that stores sessions answers, else a
// [*backend.UnavailableError]. It needs a caller, but no role.
func (s *Service) Status(ctx context.Context) (string, error) {
	if _, err := s.begin(ctx, "status", 0); err != nil {
		return "", err
	}
	if err := s.store.Ping(ctx); err != nil {
		return "", err
	}
	return StatusOK, nil
}

// GetSession returns a session. Errors: [*sessionstore.InvalidIDError],
// [backend.ErrNotFound], [*sessionstore.UnreadableError],
// [*backend.UnavailableError].
func (s *Service) GetSession(ctx context.Context, id string) (sessionstore.Session, error) {
	session, _, err := s.ViewSession(ctx, id, sessionstore.DefaultTTL, nil)
	return session, err
}

// ViewSession is GetSession, but shows the session to a function before it is decoded,
// see [sessionstore.Store.View]. If attributes are hidden from the caller, it does not.
// It also gives the session a time to live, as [Service.TouchSession] does, unless that is
// [sessionstore.DefaultTTL]: then the caller needs to be allowed to write, the audit log
// has a line of the call, and [*sessionstore.InvalidTTLError] is among the errors.
func (s *Service) ViewSession(
	ctx context.Context, id string, ttl time.Duration, view func(*sessionstore.Stored) bool,
) (session sessionstore.Session, viewed bool, err error) {
	line, err := s.begin(ctx, "getSession", reading(ttl))
	if err != nil {
		return sessionstore.Session{}, false, err
	}
	defer line.write(ctx)
	parsed, err := parse(ctx, id)
	if err == nil {
		line.about(parsed)
		session, viewed, err = s.view(ctx, parsed, ttl, view)
	}
	line.stored(session.Ref, false, err)
	return session, viewed, err
}

// reading returns the roles that a caller needs to read sessions which get a time to live.
func reading(ttl time.Duration) access.Role {
	if ttl == sessionstore.DefaultTTL {
		return access.Read
	}
	return access.Read | access.Write
}

// NewSession creates a session without attributes and returns it. It lives for the
// default time to live. The error is a [*backend.UnavailableError].
func (s *Service) NewSession(ctx context.Context) (sessionstore.Session, error) {
	line, err := s.begin(ctx, "getSession", access.Write)
	if err != nil {
		return sessionstore.Session{}, err
	}
	defer line.write(ctx)
	attributes := perldata.NewHash(1)
	ref, err := s.create(ctx, attributes, sessionstore.Life{})
	line.stored(ref, true, err)
	return sessionstore.Session{Ref: ref, Attributes: attributes}, err
}

// SetSession stores a whole session and returns its new state. Without an id it
// creates a session, and there can be no condition. With an id it replaces that
// session, as [Service.ReplaceSession] does. The errors are those of
// ReplaceSession, and [*RequestError] for a condition without an id.
func (s *Service) SetSession(
	ctx context.Context, id string, attributes *perldata.Hash, ttl time.Duration, condition sessionstore.If,
) (sessionstore.Ref, error) {
	return s.SetSessionFor(ctx, id, attributes, sessionstore.Life{TTL: ttl}, condition)
}

// SetSessionFor is like [Service.SetSession], with all that can be said about the life of
// the session. [*sessionstore.InvalidLifetimeError] is among its errors.
func (s *Service) SetSessionFor(
	ctx context.Context, id string, attributes *perldata.Hash, life sessionstore.Life, condition sessionstore.If,
) (sessionstore.Ref, error) {
	if id != "" {
		return s.replaceFor(ctx, id, attributes, life, condition)
	}
	line, err := s.begin(ctx, "setSession", access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	line.set(attributes)
	err = checkAttributes(ctx, id, attributes)
	if err == nil && condition != (sessionstore.If{}) {
		err = &RequestError{conditionWithoutID}
	}
	var ref sessionstore.Ref
	if err == nil {
		ref, err = s.create(ctx, attributes, life)
	}
	line.stored(ref, true, err)
	return ref, err
}

// ReplaceSession replaces a whole session and returns its new state. If there is
// no such session and the condition allows it, it creates one with this id. The
// attributes that are hidden from the caller survive. The service owns the attributes
// from then on. The time to live is in whole seconds,
// see [sessionstore.DefaultTTL] and [sessionstore.LongestTTL]; one that is longer
// than allowed is shortened. Errors: [*sessionstore.InvalidIDError],
// [*sessionstore.InvalidTTLError], [*backend.TooLargeError],
// [*perldata.UnrepresentableError], [*sessionstore.UnreadableError] (the stored
// item is not a session and is not changed), [sessionstore.ErrDeleted],
// [*backend.UnavailableError]. A condition adds [backend.ErrNotFound],
// [*sessionstore.VersionConflictError], [*sessionstore.ExistsError], and [*RequestError]
// for conditions that contradict each other.
func (s *Service) ReplaceSession(
	ctx context.Context, id string, attributes *perldata.Hash, ttl time.Duration, condition sessionstore.If,
) (sessionstore.Ref, error) {
	return s.replaceFor(ctx, id, attributes, sessionstore.Life{TTL: ttl}, condition)
}

func (s *Service) replaceFor(
	ctx context.Context, id string, attributes *perldata.Hash, life sessionstore.Life, condition sessionstore.If,
) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "setSession", access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	line.set(attributes)
	ref, created, err := s.replace(ctx, line, id, attributes, life, condition)
	line.stored(ref, created, err)
	return ref, err
}

func (s *Service) replace(
	ctx context.Context, line *line, id string, attributes *perldata.Hash, life sessionstore.Life, condition sessionstore.If,
) (ref sessionstore.Ref, created bool, err error) {
	if err := checkAttributes(ctx, id, attributes); err != nil {
		return sessionstore.Ref{}, false, err
	}
	if condition.New && condition != (sessionstore.If{New: true}) {
		return sessionstore.Ref{}, false, &RequestError{contradiction}
	}
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, false, err
	}
	line.about(parsed)
	ref, created, err = s.store.ReplaceFor(ctx, parsed, attributes, life, condition, bounds(ctx))
	return ref, created, about(parsed, err)
}

// create creates a session.
func (s *Service) create(ctx context.Context, attributes *perldata.Hash, life sessionstore.Life) (sessionstore.Ref, error) {
	if err := access.SpendSession(ctx); err != nil {
		return sessionstore.Ref{}, err
	}
	ref, err := s.store.CreateFor(ctx, attributes, life)
	if ref.ID != "" {
		logSession(ctx, ref.ID)
	}
	return ref, err
}

// checkAttributes rejects the attributes of a session with this id that its caller may
// not set.
func checkAttributes(ctx context.Context, id string, attributes *perldata.Hash) error {
	if err := checkStatedID(id, attributes); err != nil {
		return err
	}
	return access.CheckNames(ctx, names(attributes))
}

// checkStatedID rejects attributes that contain the id of another session.
func checkStatedID(id string, attributes *perldata.Hash) error {
	if stated, ok := attributes.Get(sessionstore.IDAttribute); ok && stated.Str() != id {
		return &sessionstore.InvalidIDError{
			Text:   cut(stated.Str()),
			Reason: "the attribute _session_id is not the id of the call; leave it out",
		}
	}
	return nil
}

// TouchSession sets the time to live of a session without rewriting it. Errors:
// [*sessionstore.InvalidIDError], [*sessionstore.InvalidTTLError],
// [backend.ErrNotFound], [sessionstore.ErrDeleted], [*backend.UnavailableError].
func (s *Service) TouchSession(ctx context.Context, id string, ttl time.Duration) (sessionstore.Ref, error) {
	line, err := s.begin(ctx, "touchSession", access.Write)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	defer line.write(ctx)
	var ref sessionstore.Ref
	parsed, err := parse(ctx, id)
	if err == nil {
		line.about(parsed)
		ref, err = s.store.Touch(ctx, parsed, ttl)
		err = about(parsed, err)
	}
	line.stored(ref, false, err)
	return ref, err
}

// DeleteSession deletes a session and reports whether there was one. With a version it
// deletes only a session that still has it: else the error is a
// [*sessionstore.VersionConflictError]. Other errors: [*sessionstore.InvalidIDError],
// [*backend.UnavailableError].
func (s *Service) DeleteSession(ctx context.Context, id, version string) (bool, error) {
	line, err := s.begin(ctx, "deleteSession", access.Delete)
	if err != nil {
		return false, err
	}
	defer line.write(ctx)
	parsed, err := parse(ctx, id)
	if err != nil {
		return false, line.ended(err)
	}
	return s.delete(ctx, line, parsed, version)
}

// Report is the statistics of the service and of the servers that store sessions.
type Report struct {
	Service []backend.Stat
	Servers []backend.ServerStats
}

// Stats returns a report. A server that does not answer has a row that says so. The
// metrics of the store are among the statistics of the service. If a metric is
// about a server, its name ends with a colon and that server.
func (s *Service) Stats(ctx context.Context) (Report, error) {
	line, err := s.begin(ctx, "stats", access.Stats)
	if err != nil {
		return Report{}, err
	}
	defer line.write(ctx)
	_ = line.ended(nil)
	report := Report{Service: s.counters.stats(), Servers: s.store.Stats(ctx)}
	for _, m := range s.store.Metrics() {
		name := m.Name
		if m.Server != "" {
			name += ":" + m.Server
		}
		report.Service = append(report.Service, backend.Stat{Name: name, Value: strconv.FormatFloat(m.Value, 'f', -1, 64)})
	}
	for _, state := range s.store.IndexStates() {
		if !state.Complete {
			report.Service = append(report.Service, backend.Stat{Name: "index_incomplete_reason:" + state.Server, Value: state.Reason})
		}
	}
	return report, nil
}

// Health returns the state of each server that stores sessions.
func (s *Service) Health(ctx context.Context) []backend.Health { return s.store.Health(ctx) }

// parse parses the id of a session and adds the session to the log record.
func parse(ctx context.Context, id string) (sessionstore.ID, error) {
	parsed, err := sessionstore.ParseID(id)
	if err == nil {
		logSession(ctx, parsed)
	}
	return parsed, err
}

// logSession adds a session to the log record by its fingerprint: the id is a
// credential, which no log may contain.
func logSession(ctx context.Context, id sessionstore.ID) {
	requestlog.Add(ctx, slog.String("session", id.Fingerprint()))
}

// logNumber adds to the log record how many sessions a call is about.
func logNumber(ctx context.Context, n int) {
	requestlog.Add(ctx, slog.Int("sessions", n))
}

// cut shortens what a client sent to what a fault may quote.
func cut(text string) string {
	return text[:min(len(text), sessionstore.MaxIDLength)]
}
