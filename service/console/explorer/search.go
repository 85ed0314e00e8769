package explorer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/admission"
	"memcachedsoap/sessionstore"
)

// progressEvery is how many sessions a search looks at before it says so, and
// progressPause how long it waits at most.
const (
	progressEvery = 10_000
	progressPause = 2 * time.Second
)

// search is the page of a search of all sessions. It is sent while the search runs.
type search struct {
	query

	TypeName string
	Most     int
	Limit    string // of the time

	x      *exchange
	result result
	failed error // why the service could not search; nil if it could
}

// finding is a line of the page while the search runs: a session, or how far it is.
type finding struct {
	Row    *row
	Looked string
}

// result is what the page says at the end.
type result struct {
	Looked, Matches string
	Complete        bool
	Reason          string // why it is not complete
	Unreadable      int
	Moves           bool
}

// errTime ends a search whose time is over.
var errTime = errors.New("explorer: the time of the search is over")

// search looks at all sessions of all servers.
func (x *exchange) search() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	select {
	case x.searches <- struct{}{}:
		defer func() { <-x.searches }()
	default:
		return admission.ErrOverloaded
	}
	if err := x.sessions.MaySearch(x.ctx, q.Attribute); err != nil {
		return err
	}
	response := http.NewResponseController(x.w)
	_ = response.SetReadDeadline(time.Time{}) // it would end the context of the request
	ctx, cancel := context.WithTimeoutCause(x.ctx, x.options.SearchTime, errTime)
	defer cancel()
	x.ctx = ctx
	s := &search{query: q, TypeName: x.typeName(q.Kind), Most: x.options.MaxMatches, Limit: x.options.SearchTime.String(), x: x}
	x.pages.Stream(x.w, x.r, x.page("search", "Search", s))
	if s.failed != nil {
		return &answered{s.failed}
	}
	return nil
}

// Findings yields what the search finds, while it runs. The template calls it once, and
// [search.Result] behind it.
func (s *search) Findings() func(yield func(finding) bool) {
	return func(yield func(finding) bool) {
		looked, matches := 0, 0
		last := time.Now()
		send := func(f finding) error {
			last = time.Now()
			if !yield(f) {
				return service.ErrEnough
			}
			return s.x.flush()
		}
		if s.x.flush() != nil {
			return
		}
		unreadable, err := s.x.sessions.SearchSessions(s.x.ctx, s.Kind, s.Attribute, s.Value, func(found sessionstore.Inspected) error {
			if matches == s.Most {
				return service.ErrEnough
			}
			matches++
			r := s.x.row(found)
			return send(finding{Row: &r})
		}, func() error {
			looked++
			if looked%progressEvery == 0 || time.Since(last) > progressPause {
				return send(finding{Looked: grouped(looked)})
			}
			return nil
		})
		s.result = result{
			Looked: count(looked, "session"), Matches: plural(matches, "has the value", "have the value"), Unreadable: unreadable, Moves: s.x.sessions.Moves(),
			Complete: err == nil && unreadable == 0,
		}
		if err != nil {
			s.result.Reason = s.reason(err)
			if !errors.Is(err, service.ErrEnough) && s.x.ctx.Err() == nil {
				s.failed = err
			}
		}
	}
}

// reason says why a search is not complete.
func (s *search) reason(err error) string {
	switch {
	case errors.Is(err, service.ErrEnough):
		return fmt.Sprintf("More than %d sessions have the value; only these are shown.", s.Most)
	case errors.Is(context.Cause(s.x.ctx), errTime):
		return "The search has taken " + s.Limit + ", its longest time."
	}
	if fault := service.FaultOf(err); fault != nil {
		return fault.Reason
	}
	return s.x.problemOf(err).Text
}

// Result returns what the search has found out.
func (s *search) Result() result { return s.result }

// flush sends what was written. The browser has a time for each part, and not one for
// the whole page.
func (x *exchange) flush() error {
	response := http.NewResponseController(x.w)
	_ = response.SetWriteDeadline(time.Now().Add(x.options.WriteTimeout)) // a writer without deadlines is one of a test
	if err := response.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("explorer: the browser does not take the page: %w", err)
	}
	return nil
}
