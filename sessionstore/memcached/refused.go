package memcached

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// refusedInterval is the time from one inspection of a refused server to the next:
// its operator may replace it.
const refusedInterval = 5 * time.Second

// refusal is why a server is refused: one of these, or a [connect.Refusal]. Its text
// is a label of the metric.
type refusal string

const (
	refusedOld   refusal = "too_old"
	refusedMeta  refusal = "no_meta_commands"
	refusedNoCAS refusal = "no_cas"
	refusedProxy refusal = "proxy"
)

// refusals returns all reasons, in the order of the metrics.
func refusals() []refusal {
	all := []refusal{refusedOld, refusedMeta, refusedNoCAS, refusedProxy}
	for _, why := range connect.Refusals() {
		all = append(all, refusal(why))
	}
	return all
}

// sentence says what is wrong and what is needed. It names no address.
func (r refusal) sentence() string {
	switch r {
	case refusedOld:
		return "a server is too old: memcached 1.6.10 or newer is needed"
	case refusedMeta:
		return "a server lacks the meta commands: memcached 1.6.10 or newer is needed"
	case refusedNoCAS:
		return "a memcached server runs without compare-and-swap (its option -C): it is needed"
	case refusedProxy:
		return "a server is a proxy, and one behind it takes no CAS numbers: use memcached 1.6.27 or newer there, list these servers themselves, or set --proxy=direct if the proxy stores each key on one server only"
	}
	return connect.Refusal(r).Sentence()
}

// refusedError says that a server is not an engine that this package can use, or that
// no new connection to it can be used.
type refusedError struct {
	why        refusal
	answer     string // of the server; "" if connecting
	connecting bool   // what is refused is a new connection
	err        error  // the cause; nil unless connecting
}

func (e *refusedError) Error() string {
	if e.connecting {
		return e.err.Error()
	}
	return fmt.Sprintf("memcached: %s; it answers %q", e.why.sentence(), e.answer)
}

func (e *refusedError) Unwrap() error { return e.err }

// refusalOf returns the refusal that an error is about, or nil.
func refusalOf(err error) *refusedError {
	var refused *refusedError
	var connecting *connect.RefusedError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &connecting):
		return &refusedError{why: refusal(connecting.Why), connecting: true, err: connecting}
	case errors.Is(err, protocol.ErrUnauthenticated):
		return &refusedError{
			why: refusal(connect.NeedsPassword), connecting: true,
			err: &connect.RefusedError{Why: connect.NeedsPassword, Err: err},
		}
	}
	return nil
}

// refuse keeps why the server cannot be used, and has it inspected until it can.
func (s *server) refuse(refused *refusedError) {
	if before := s.refused.Swap(refused); before == nil || before.why != refused.why {
		s.logger.Error("server refused", "server", s.name, "error", refused)
	}
	if s.inspecting.Load() || !s.begin() {
		return
	}
	go func() {
		defer s.calls.Done()
		s.inspectWhileRefused()
	}()
}

// accept takes a refusal back.
func (s *server) accept() {
	if s.refused.Swap(nil) != nil {
		s.logger.Info("server accepted", "server", s.name)
	}
}

// inspectWhileRefused inspects a refused server until it can be used. One
// goroutine at a time does so.
func (s *server) inspectWhileRefused() {
	for s.refused.Load() != nil && s.closing.Err() == nil && s.inspecting.CompareAndSwap(false, true) {
		for s.refused.Load() != nil && s.closing.Err() == nil {
			select {
			case <-time.After(refusedInterval):
				s.inspectAgain(s.closing)
			case <-s.closing.Done():
			}
		}
		s.inspecting.Store(false) // from here on refuse starts another goroutine
	}
}

// inspectAgain inspects a refused server. One whose engine does not matter must only
// accept a connection.
func (s *server) inspectAgain(ctx context.Context) {
	if s.checked.Load() {
		s.inspect(ctx) //nolint:errcheck // it keeps the outcome
		return
	}
	err := s.diagnose(ctx, s.ask(ctx, "mn"+protocol.LineEnd, func(r *bufio.Reader) error {
		line, err := protocol.ReadLine(r)
		if unexpected := protocol.Unexpected("mn", line); errors.Is(unexpected, protocol.ErrUnauthenticated) {
			return unexpected
		}
		return err
	}))
	switch refused := refusalOf(err); {
	case refused != nil:
		s.refuse(refused)
	case err == nil:
		s.accept()
	}
}

// diagnose looks why a server has closed a connection, or is silent when it is asked
// for TLS. It returns the refusal that it finds, or else err.
func (s *server) diagnose(ctx context.Context, err error) error {
	silent := s.address.IsTLS() && (isTimeout(err) || errors.Is(err, errTimeout))
	if refusalOf(err) != nil || !isLost(err) && !silent {
		return err
	}
	within, cancel := context.WithTimeout(ctx, s.timeout/2)
	defer cancel()
	if found := s.connector.Diagnose(within, s.dialContext, s.address); found != nil {
		return found
	}
	return err
}

// noConnection is the error of a call that could not connect. A server that refuses
// the connection, or closes it after it has accepted it, is not dead.
func noConnection(err error) error {
	switch {
	case refusalOf(err) != nil, isLost(err):
		return err
	case errors.Is(err, protocol.ErrTooManyConnections):
		return fmt.Errorf("%w: %w", errNotAccepted, err)
	}
	return fmt.Errorf("%w: %w", errNoConnection, err)
}
