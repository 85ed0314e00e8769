package memcached

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/span"
)

// operation is what a call does on a server.
type operation uint8

const (
	opPing operation = iota
	opGet
	opGetMany
	opHeads
	opStats
	opScan
	opAnnounce // write what may be written twice
	opAdd
	opCompareAndSwap
	opAppend
	opTouch
	opDelete
	opPut
	// Two commands in one exchange; the result is that of the first.
	opAddGet
	opAddAppend
	opCompareAndSwapGet
	opCompareAndSwapAppend
)

// writes says whether the operation changes something, so that it is not repeated while
// the first try may still be carried out.
func (o operation) writes() bool { return o >= opAdd }

// String returns the name of the operation in traces.
func (o operation) String() string {
	return [...]string{
		opPing: "ping", opGet: "get", opGetMany: "get", opHeads: "heads", opStats: "stats", opScan: "scan", opAnnounce: "set", opAdd: "add",
		opCompareAndSwap: "cas", opAppend: "append", opTouch: "touch", opDelete: "delete", opPut: "set",
		opAddGet: "add get", opAddAppend: "add append", opCompareAndSwapGet: "cas get", opCompareAndSwapAppend: "cas append",
	}[o]
}

// result says what has come of an operation that was answered.
func (o operation) result(err error) span.Result {
	reads := o == opGet || o == opTouch
	switch _, tooLarge := errors.AsType[*backend.TooLargeError](err); {
	case tooLarge:
		return span.TooLarge
	case errors.Is(err, backend.ErrNotFound) && reads:
		return span.Miss
	case errors.Is(err, backend.ErrNotFound):
		return span.Absent
	case errors.Is(err, backend.ErrExists):
		return span.Exists
	case errors.Is(err, backend.ErrConflict):
		return span.Conflict
	case reads:
		return span.Hit
	}
	return span.Done
}

// record says in the span of an exchange what has come of it.
func record(ctx context.Context, s span.Span, o operation, err error) {
	if err != nil && !isAnswer(err) {
		s.Fail(failureClass(ctx, err))
		return
	}
	s.Result(o.result(err))
}

// failureClass returns the class of a failure in traces. The context is that within which
// the server was asked.
func failureClass(ctx context.Context, err error) string {
	late := isTimeout(err) || errors.Is(err, errTimeout) || context.Cause(ctx) == errTimeout //nolint:errorlint // it is not wrapped
	switch {
	case refusalOf(err) != nil, errors.Is(err, protocol.ErrUnauthenticated), errors.Is(err, errNotAccepted), errors.Is(err, protocol.ErrTooManyConnections):
		return "refused"
	case errors.As(err, new(visitorError)), ctx.Err() != nil && context.Cause(ctx) != errTimeout: //nolint:errorlint // it is not wrapped
		return "request ended"
	case late:
		return "timeout"
	case errors.Is(err, errMarkedDown):
		return "marked down"
	case errors.Is(err, errNoConnection):
		return "no connection"
	case errors.Is(err, backend.ErrNoMemory):
		return "no memory"
	case errors.Is(err, errScanBusy):
		return "busy"
	case errors.Is(err, protocol.ErrUnexpected):
		return "unexpected answer"
	case isLost(err):
		return "connection lost"
	}
	return "failed"
}
