package memcached

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"memcachedsoap/sessionstore"
)

// server is one memcached server and the connections to it.
type server struct {
	name    string // as configured
	address address
	// dialContext is that of a net.Dialer, but in tests of hosts that are gone.
	dialContext func(ctx context.Context, network, address string) (net.Conn, error)
	timeout     time.Duration
	maxIdle     int
	slots       chan struct{} // one for each connection in use
	dead        deadline      // when no connection is made
	mark        mark          // used when rehashing
	number      uint64        // from 1, in configured order

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
)

// do runs command on a connection, within the timeout. If the connection was
// idle and turns out to be closed by the server, command runs once more on a
// new one with again set: the first run may or may not have been carried out.
//
// Outcomes of the command are returned as they are, all else as an
// [*sessionstore.UnavailableError].
func (s *server) do(caller context.Context, command func(c *conn, again bool) error) error {
	if !s.begin() {
		return sessionstore.Unavailable("the store is closed", sessionstore.ErrClosed)
	}
	defer s.calls.Done()
	if err := sessionstore.Interrupted(caller); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(caller, s.timeout, errTimeout)
	defer cancel()

	err := s.attempt(ctx, command)
	if err == nil || isOutcome(err) {
		return err
	}
	if caller.Err() != nil {
		return sessionstore.Interrupted(caller)
	}
	if (ctx.Err() != nil || isTimeout(err)) && !errors.Is(err, errBusy) && !errors.Is(err, errNoConnection) {
		// Whoever else takes one of the idle connections would wait as long,
		// if the server is gone. A new one tells.
		s.dropIdle()
		err = errTimeout
	}
	return s.unavailable(err)
}

func (s *server) attempt(ctx context.Context, command func(c *conn, again bool) error) error {
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

	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	wasIdle := c.idle
	err = c.during(ctx, func(c *conn) error { return command(c, false) })
	s.release(c)
	if !wasIdle || !isLost(err) || ctx.Err() != nil {
		return err
	}
	c, err = s.dial(ctx)
	if err != nil {
		return err
	}
	err = c.during(ctx, func(c *conn) error { return command(c, true) })
	s.release(c)
	return err
}

// connect returns an idle connection that is still open, or a new one.
func (s *server) connect(ctx context.Context) (*conn, error) {
	for {
		c := s.takeIdle()
		if c == nil {
			return s.dial(ctx)
		}
		if c.usable() {
			return c, nil
		}
		c.close()
	}
}

// dial makes a connection, unless the server is known to be dead.
func (s *server) dial(ctx context.Context) (*conn, error) {
	if !s.dead.admit(time.Now()) {
		return nil, fmt.Errorf("%w: %w", errNoConnection, errDead)
	}
	began := time.Now()
	nc, err := s.dialContext(ctx, s.address.network, s.address.target)
	if err == nil {
		if s.dead.tried(time.Now(), alive) {
			s.mark.serverIsBack()
		}
		return newConn(nc, s.address, s.timeout), nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		<-ctx.Done() // at the same time, or nearly
	}
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTimeout):
		s.dead.tried(time.Now(), unknown)
	case isTimeout(err) && time.Since(began) < s.timeout/2: // spent on waiting for a slot
		s.dead.tried(time.Now(), unknown)
		err = errTimeout
	case isTimeout(err):
		s.dead.tried(time.Now(), silent)
		err = errTimeout
	default:
		s.dead.tried(time.Now(), refusing)
	}
	return nil, fmt.Errorf("%w: %w", errNoConnection, err)
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
	if c.broken || c.nc.SetDeadline(time.Time{}) != nil || !s.putIdle(c) {
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

// isOutcome says whether err is an answer to the command, not a failure.
func isOutcome(err error) bool {
	var tooLarge *sessionstore.TooLargeError
	return errors.Is(err, sessionstore.ErrNotFound) || errors.Is(err, sessionstore.ErrExists) ||
		errors.Is(err, sessionstore.ErrConflict) || errors.As(err, &tooLarge)
}

// unavailable says in one sentence, without naming the server, what it did.
func (s *server) unavailable(err error) error {
	var reason string
	switch {
	case errors.Is(err, errDead):
		reason = "a memcached server is down"
	case errors.Is(err, errTimeout):
		reason = "a memcached server did not answer in time"
	case errors.Is(err, errBusy):
		reason = "too many requests wait for a memcached server"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		reason = "a memcached server refused the connection"
	case errors.Is(err, errNoMemory):
		reason = "a memcached server has no memory left"
	case errors.Is(err, errNoCAS):
		reason = "a memcached server runs without compare-and-swap"
	case errors.Is(err, errUnexpected):
		reason = "a memcached server answered something unexpected"
	case isLost(err):
		reason = "a memcached server closed the connection"
	default:
		reason = "a memcached server cannot be reached"
	}
	return sessionstore.Unavailable(reason, fmt.Errorf("memcached server %s: %w", s.name, err))
}
