package memcached

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/metric"
)

// server is one memcached server and the connections to it.
type server struct {
	name    string // as configured
	address selector.Address
	// dialContext is that of a net.Dialer, but in tests of hosts that are gone.
	dialContext func(ctx context.Context, network, address string) (net.Conn, error)
	timeout     time.Duration
	maxIdle     int
	slots       chan struct{} // one for each connection in use
	breaker     breaker
	dead        *deadline      // when no connection is made; nil unless rehashing
	mark        mark           // used when rehashing
	number      uint64         // from 1, in configured order
	open        metric.Gauge   // connections of the pool
	failures    metric.Counter // calls that failed because of the server

	mu     sync.Mutex
	idle   []*conn // the one used last at the end
	closed bool
	calls  sync.WaitGroup
}

var (
	errBusy    = errors.New("memcached: all connections are in use")
	errTimeout = errors.New("memcached: no answer in time")
	// errNoConnection is in the error of a call that could not connect.
	errNoConnection = errors.New("memcached: no connection")
	// errUnknownOutcome is in the error of a write that may have been carried
	// out although the server refused it when it was repeated.
	errUnknownOutcome = errors.New("memcached: the outcome is unknown")
)

// access says what a command does to the server.
type access bool

const (
	reading access = false
	writing access = true
)

// command is what a call does on a connection. It has again set when it runs
// for the second time: the first run may or may not have been carried out.
type command func(c *conn, again bool) error

// do runs command on a connection, within the timeout. If the connection was
// idle and turns out to be closed by the server, command runs once more on a
// new one.
//
// Outcomes of the command are returned as they are, all else as an
// [*backend.UnavailableError], which says of a write whether it may have
// been carried out.
func (s *server) do(caller context.Context, kind access, run command) error {
	if !s.begin() {
		return backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	defer s.calls.Done()
	if err := backend.Interrupted(caller); err != nil {
		return err
	}
	as := s.breaker.admit(time.Now())
	if as == refused {
		return s.unavailable(errDown, false)
	}
	ctx, cancel := context.WithTimeoutCause(caller, s.timeout, errTimeout)
	defer cancel()

	a := attempt{server: s}
	err := a.run(ctx, run)
	answer := err == nil || isOutcome(err)
	unsure := bool(kind) && a.begun && !answer && !isRefusal(err)
	s.breaker.ended(as, time.Now(), a.ending(caller, err))
	switch {
	case answer:
		return err
	case caller.Err() != nil:
		given := backend.Unavailable("the request ended before the store answered", caller.Err())
		given.Unknown = unsure
		return given
	}
	if (ctx.Err() != nil || isTimeout(err)) && !errors.Is(err, errBusy) && !errors.Is(err, errNoConnection) {
		// Whoever else takes one of the idle connections would wait as long,
		// if the server is gone. A new one tells.
		s.dropIdle()
		err = errTimeout
	}
	s.failures.Inc()
	return s.unavailable(err, unsure)
}

// attempt is what came of trying a command.
type attempt struct {
	server *server
	began  time.Time // when there was a slot for it; zero if there was none
	begun  bool      // the command has run
}

func (a *attempt) run(ctx context.Context, run command) error {
	s := a.server
	select {
	case s.slots <- struct{}{}:
	default:
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return errBusy
		}
	}
	defer func() { <-s.slots }()
	a.began = time.Now()

	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	wasIdle := c.idle
	a.begun = true
	err = c.during(ctx, func(c *conn) error { return run(c, false) })
	s.release(c)
	if !wasIdle || !isLost(err) || ctx.Err() != nil {
		return err
	}
	c, err = s.dial(ctx)
	if err != nil {
		return err
	}
	err = c.during(ctx, func(c *conn) error { return run(c, true) })
	s.release(c)
	return err
}

// ending says what the attempt has told of the server.
func (a *attempt) ending(caller context.Context, err error) ending {
	late := errors.Is(err, errTimeout) || errors.Is(err, context.DeadlineExceeded) || isTimeout(err)
	switch {
	case err == nil, isOutcome(err), isRefusal(err), errors.Is(err, errUnknownOutcome):
		return answered
	case caller.Err() != nil, errors.Is(err, errBusy), errors.Is(err, protocol.ErrUnexpected), errors.Is(err, errDead):
		return untold
	case late && time.Since(a.began) < a.server.timeout/2: // spent on waiting for a slot
		return untold
	case a.server.dead != nil && errors.Is(err, errNoConnection): // which has its own rule
		return untold
	}
	return failed
}

// connect returns an idle connection that is still open, or a new one.
func (s *server) connect(ctx context.Context) (*conn, error) {
	for {
		c := s.takeIdle()
		if c == nil {
			return s.dial(ctx)
		}
		if !c.old(time.Now()) && c.usable() {
			return c, nil
		}
		c.close()
	}
}

// dial makes a connection, unless the server is known to be dead.
func (s *server) dial(ctx context.Context) (*conn, error) {
	if s.dead != nil && !s.dead.admit(time.Now()) {
		return nil, fmt.Errorf("%w: %w", errNoConnection, errDead)
	}
	began := time.Now()
	nc, err := s.dialPlain(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		<-ctx.Done() // at the same time, or nearly
	}
	f := dead
	switch {
	case err == nil:
		f = alive
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTimeout):
		f = unknown
	case isTimeout(err):
		if time.Since(began) < s.timeout/2 { // spent on waiting for a slot
			f = unknown
		}
		err = errTimeout
	}
	if s.dead != nil && s.dead.tried(time.Now(), f) {
		s.mark.serverIsBack()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConnection, err)
	}
	return newConn(nc, s), nil
}

// dialPlain makes a connection that does not belong to the pool.
func (s *server) dialPlain(ctx context.Context) (net.Conn, error) {
	return s.dialContext(ctx, s.address.Network(), s.address.String())
}

func (s *server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.calls.Add(1)
	return true
}

func (s *server) takeIdle() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == 0 {
		return nil
	}
	last := len(s.idle) - 1
	c := s.idle[last]
	s.idle[last] = nil
	s.idle = s.idle[:last]
	return c
}

// release takes a connection back after use.
func (s *server) release(c *conn) {
	// gomemcache leaves its deadline behind, after which usable cannot look.
	if c.broken || c.old(time.Now()) || c.nc.SetDeadline(time.Time{}) != nil || !s.putIdle(c) {
		c.close()
	}
}

func (s *server) putIdle(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= s.maxIdle {
		return false
	}
	c.idle = true
	s.idle = append(s.idle, c)
	return true
}

// close closes the idle connections and waits for the calls under way, which
// end within the timeout and close theirs.
func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.dropIdle()
	s.calls.Wait()
}

func (s *server) dropIdle() {
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}

// isTimeout says whether gomemcache's deadline was quicker than the context's,
// which ends at nearly the same time.
func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// isRefusal says whether err tells that a command was certainly not carried
// out.
func isRefusal(err error) bool {
	return errors.Is(err, backend.ErrNoMemory) || errors.Is(err, errNoCAS)
}

// isOutcome says whether err is an answer to the command, not a failure.
func isOutcome(err error) bool {
	var tooLarge *backend.TooLargeError
	return errors.Is(err, backend.ErrNotFound) || errors.Is(err, backend.ErrExists) ||
		errors.Is(err, backend.ErrConflict) || errors.As(err, &tooLarge)
}

// unavailable says in one sentence, without naming the server, what it did.
func (s *server) unavailable(err error, unknownOutcome bool) error {
	var reason string
	switch {
	case errors.Is(err, errDead), errors.Is(err, errDown):
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
	case errors.Is(err, backend.ErrNotScannable):
		reason = "a memcached server cannot list its keys"
	case errors.Is(err, errScanStalled), errors.Is(err, errScanAhead):
		reason = "the scan of a memcached server could not keep up"
	case errors.Is(err, protocol.ErrUnexpected):
		reason = "a memcached server answered something unexpected"
	case isLost(err), errors.Is(err, errUnknownOutcome):
		reason = "a memcached server closed the connection"
	default:
		reason = "a memcached server cannot be reached"
	}
	down := backend.Unavailable(reason, fmt.Errorf("memcached server %s: %w", s.name, err))
	down.Unknown = unknownOutcome
	return down
}
