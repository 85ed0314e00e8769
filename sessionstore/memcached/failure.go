package memcached

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

var (
	errBusy    = errors.New("memcached: all connections are in use")
	errTimeout = errors.New("memcached: no answer in time")
	// errNotAccepted is in the error of a call whose new connection was beyond the
	// server's limit. The server has not read the command.
	errNotAccepted = errors.New("memcached: the connection was not accepted")
	// errNoConnection is in the error of a call that could not connect.
	errNoConnection = errors.New("memcached: no connection")
	// errIndeterminate is in the error of a write that the server rejected
	// when it was repeated, and that the first try may have carried out.
	errIndeterminate = errors.New("memcached: the outcome is indeterminate")
)

// isTimeout says whether a deadline of a connection has passed. It may pass
// before that of the context, which is at nearly the same time.
func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// isRejection says whether err means that a command was certainly not carried
// out.
func isRejection(err error) bool {
	return errors.Is(err, backend.ErrNoMemory) || errors.Is(err, errNoCAS) || errors.Is(err, errNotAccepted) ||
		errors.Is(err, protocol.ErrUnauthenticated)
}

// isAnswer says whether err is an answer to the command, not a failure.
func isAnswer(err error) bool {
	var tooLarge *backend.TooLargeError
	return errors.Is(err, backend.ErrNotFound) || errors.Is(err, backend.ErrExists) ||
		errors.Is(err, backend.ErrConflict) || errors.As(err, &tooLarge)
}

// unavailable says in one sentence, without the server's name, what the server
// did.
func (s *server) unavailable(err error, indeterminate bool) error {
	var reason string
	refused := refusalOf(err)
	switch {
	case refused != nil:
		reason = refused.why.sentence()
	case errors.Is(err, backend.ErrClosed):
		reason = "the store is closed"
	case errors.Is(err, errMarkedDown), errors.Is(err, errOpen):
		reason = "a memcached server is down"
	case errors.Is(err, errTimeout):
		reason = "a memcached server did not answer in time"
	case errors.Is(err, errBusy):
		reason = "too many requests wait for a memcached server"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		reason = "a memcached server refused the connection"
	case errors.Is(err, backend.ErrNoMemory):
		reason = "a memcached server has no memory left"
	case errors.Is(err, errNoCAS):
		reason = "a memcached server runs without compare-and-swap"
	case errors.Is(err, protocol.ErrTooManyConnections):
		reason = "a memcached server has too many open connections (its option -c)"
	case errors.Is(err, backend.ErrNotScannable):
		reason = "a memcached server cannot list its keys"
	case errors.Is(err, errScanBusy):
		reason = "a memcached server is busy with another scan"
	case errors.Is(err, backend.ErrScanStalled), errors.Is(err, backend.ErrSlowVisitor):
		reason = "the scan of a memcached server could not keep up"
	case errors.Is(err, errZone):
		reason = "a proxy could not make the change in all its zones: one of them is down, or they differ"
	case errors.Is(err, protocol.ErrUnexpected):
		reason = "a memcached server answered something unexpected"
	case isLost(err), errors.Is(err, errIndeterminate):
		reason = "a memcached server closed the connection"
	default:
		reason = "a memcached server cannot be reached"
	}
	if errors.Is(err, errOpen) && s.markdown == nil { // failover has rules of its own
		err = &openError{s.lastFailure.Load()}
	}
	down := backend.Unavailable(reason, fmt.Errorf("memcached server %s: %w", s.name, err))
	down.Unknown, down.Partial = indeterminate, errors.Is(err, errZone)
	return down
}

// openError is errOpen for callers: they learn how the server failed last.
type openError struct{ last *error }

func (e *openError) Error() string {
	if e.last == nil {
		return errOpen.Error()
	}
	return errOpen.Error() + ": " + (*e.last).Error()
}

func (e *openError) Unwrap() []error {
	if e.last == nil {
		return []error{errOpen, backend.ErrDown}
	}
	return []error{errOpen, backend.ErrDown, *e.last}
}
