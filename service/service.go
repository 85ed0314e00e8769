package service

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// StatusOK is what Status answers. Programs compare it, so it never changes
// (MemcachedSOAP.cgi of Apache::Session::Memorycached 2.2.1).
const StatusOK = "...... MEMCACHED SOAP OK ......"

// Service does the operations on the sessions of one store.
type Service struct {
	store    *sessionstore.Store
	counters *Counters
}

// New makes a service of a store. The counters are shared with whoever
// observes requests and connections.
func New(store *sessionstore.Store, counters *Counters) *Service {
	return &Service{store: store, counters: counters}
}

// Status returns [StatusOK] if every server that holds sessions answers, else
// a [*backend.UnavailableError].
func (s *Service) Status(ctx context.Context) (string, error) {
	if err := s.store.Ping(ctx); err != nil {
		return "", err
	}
	return StatusOK, nil
}

// GetSession returns a session. Errors: [*sessionstore.InvalidIDError],
// [backend.ErrNotFound], [*sessionstore.UnreadableError],
// [*backend.UnavailableError].
func (s *Service) GetSession(ctx context.Context, id string) (sessionstore.Session, error) {
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Session{}, err
	}
	session, err := s.store.Get(ctx, parsed)
	switch {
	case err == nil:
		s.counters.hits.Add(1)
	case errors.Is(err, backend.ErrNotFound):
		s.counters.misses.Add(1)
	}
	return session, about(parsed, err)
}

// NewSession stores a new session without attributes, to be filled later, and
// returns it. It lives for the default time. The error is a
// [*backend.UnavailableError].
func (s *Service) NewSession(ctx context.Context) (sessionstore.Session, error) {
	attributes := perldata.NewHash(1)
	ref, err := s.store.Create(ctx, attributes, sessionstore.DefaultTTL)
	note(ctx, ref.ID)
	return sessionstore.Session{Ref: ref, Attributes: attributes}, err
}

// SetSession stores a whole session and says what became of it. Without an
// id a new session is made, and there can be no condition; with one that
// session is replaced, or made if it is absent and the condition allows it.
// The attributes become the service's own. The time to live is in whole
// seconds, see [sessionstore.DefaultTTL] and [sessionstore.LongestTTL]; a
// longer one than allowed is cut. Errors: [*sessionstore.InvalidIDError],
// [*sessionstore.InvalidTTLError], [*backend.TooLargeError],
// [*perldata.UnrepresentableError], [*sessionstore.UnreadableError] (what
// is stored under the id is no session and is left alone),
// [sessionstore.ErrDeleted], [*backend.UnavailableError], and of a
// condition [backend.ErrNotFound], [*sessionstore.VersionConflictError].
func (s *Service) SetSession(
	ctx context.Context, id string, attributes *perldata.Hash, ttl time.Duration, condition sessionstore.If,
) (sessionstore.Ref, error) {
	if err := checkStatedID(id, attributes); err != nil {
		return sessionstore.Ref{}, err
	}
	if id == "" {
		if condition != (sessionstore.If{}) {
			return sessionstore.Ref{}, soap.ClientFault("A new session has no version and is not there yet: give the id of the session with ifVersion or updateOnly.")
		}
		ref, err := s.store.Create(ctx, attributes, ttl)
		note(ctx, ref.ID)
		return ref, err
	}
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	ref, err := s.store.Replace(ctx, parsed, attributes, ttl, condition)
	return ref, about(parsed, err)
}

// checkStatedID refuses attributes that say they are those of another session.
func checkStatedID(id string, attributes *perldata.Hash) error {
	if stated, ok := attributes.Get(sessionstore.IDAttribute); ok && stated.Str() != id {
		return &sessionstore.InvalidIDError{
			Text:   cut(stated.Str()),
			Reason: "the attribute _session_id is not the id of the call; leave it out",
		}
	}
	return nil
}

// TouchSession gives a session a new time to live without rewriting it.
// Errors: [*sessionstore.InvalidIDError], [*sessionstore.InvalidTTLError],
// [backend.ErrNotFound], [*backend.UnavailableError].
func (s *Service) TouchSession(ctx context.Context, id string, ttl time.Duration) (sessionstore.Ref, error) {
	parsed, err := parse(ctx, id)
	if err != nil {
		return sessionstore.Ref{}, err
	}
	ref, err := s.store.Touch(ctx, parsed, ttl)
	return ref, about(parsed, err)
}

// DeleteSession deletes a session and reports whether there was one. Errors:
// [*sessionstore.InvalidIDError], [*backend.UnavailableError].
func (s *Service) DeleteSession(ctx context.Context, id string) (bool, error) {
	parsed, err := parse(ctx, id)
	if err != nil {
		return false, err
	}
	err = s.store.Delete(ctx, parsed)
	if errors.Is(err, backend.ErrNotFound) {
		return false, nil
	}
	return err == nil, about(parsed, err)
}

// Report is what the service knows of itself and of the servers behind it.
type Report struct {
	Service []backend.Stat
	Servers []backend.ServerStats
}

// Stats returns a report. A server that does not answer is a row that says
// so. What the store counts of itself is among the service's figures, with the
// server that a figure is about behind a colon.
func (s *Service) Stats(ctx context.Context) Report {
	report := Report{Service: s.counters.stats(), Servers: s.store.Stats(ctx)}
	for _, m := range s.store.Metrics() {
		name := m.Name
		if m.Server != "" {
			name += ":" + m.Server
		}
		report.Service = append(report.Service, backend.Stat{Name: name, Value: strconv.FormatFloat(m.Value, 'f', -1, 64)})
	}
	return report
}

// Ready returns an error if a server that holds sessions does not answer.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }

// parse checks an id and notes, for the log, which session the call is about.
func parse(ctx context.Context, id string) (sessionstore.ID, error) {
	parsed, err := sessionstore.ParseID(id)
	if err == nil {
		note(ctx, parsed)
	}
	return parsed, err
}

// note notes a session by its fingerprint: its id is a credential, which no
// log may hold.
func note(ctx context.Context, id sessionstore.ID) {
	if id != "" {
		soap.Note(ctx, slog.String("session", id.Fingerprint()))
	}
}

// cut shortens what a client sent to what a fault may echo.
func cut(text string) string {
	return text[:min(len(text), sessionstore.MaxIDLength)]
}

// sessionError says which session an error is about.
type sessionError struct {
	id  sessionstore.ID
	err error
}

func (e *sessionError) Error() string { return e.err.Error() }
func (e *sessionError) Unwrap() error { return e.err }

// about adds the id to an error.
func about(id sessionstore.ID, err error) error {
	if err == nil {
		return nil
	}
	return &sessionError{id: id, err: err}
}
