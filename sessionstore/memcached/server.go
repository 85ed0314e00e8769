package memcached

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/span"
)

// server is one memcached server and the pool of connections to it.
type server struct {
	serverCalls // on itself

	name    string // as configured
	address selector.Address
	spans   *span.Server // of exchanges with it
	prefix  string       // of all keys
	logger  *slog.Logger
	// dialContext is that of a net.Dialer, except in tests of unreachable hosts.
	dialContext func(ctx context.Context, network, address string) (net.Conn, error)
	connector   *connect.Connector
	timeout     time.Duration
	proxy       ProxyMode
	maxIdle     int
	slots       chan struct{} // one for each connection in use
	breaker     breaker
	markdown    *markdown             // nil unless the pool has failover
	clock       *backend.Clock        // of the CAS numbers that a proxy gets
	told        atomic.Bool           // it has told whether it is a proxy
	zones       atomic.Bool           // it is a proxy that may store a key in several zones
	stamps      bool                  // versions are kept in the flags, whatever the server can do
	returned    func()                // called when the server returns from a markdown
	open        metric.Gauge          // connections of the pool
	failures    metric.Counter        // calls that failed because of the server
	lastFailure atomic.Pointer[error] // why a call or a probe has failed last

	checked    atomic.Bool                  // it is inspected when it comes back
	inspecting atomic.Bool                  // it is inspected while it is refused
	refused    atomic.Pointer[refusedError] // nil unless it cannot be used

	reads     sharedReads
	shareFrom int32 // reads under way from which on they share exchanges

	mu     sync.Mutex
	idle   []*conn // the one used last at the end
	closed bool
	calls  sync.WaitGroup // the calls and the probes under way

	closing context.Context //nolint:containedctx // ends the probes and the waiting calls
	cancel  context.CancelFunc
}

func newServer(name string, a selector.Address, o Options) *server {
	s := &server{
		name: name, address: a, spans: span.NewServer(a), prefix: o.KeyPrefix, connector: o.Connector, logger: o.logger(),
		timeout: o.timeout(), shareFrom: cmp.Or(o.shareFrom, shareFrom), proxy: o.Proxy, clock: backend.NewClock(), maxIdle: o.maxIdleConns(), slots: make(chan struct{}, o.maxConns()),
	}
	s.serverCalls = serverCalls{s}
	s.dialContext = new(net.Dialer).DialContext
	s.closing, s.cancel = context.WithCancel(context.Background())
	return s
}

// isReserved says whether a prefixed key is reserved without its prefix.
func (s *server) isReserved(key string) bool {
	return backend.IsReserved(strings.TrimPrefix(key, s.prefix))
}

// command is what a call does on a connection. again says that it runs for the
// second time: the first run may have been carried out or not.
type command func(c *conn, again bool) error

// do runs command on a connection. It runs command once more on a new connection
// if the connection was idle and turns out to be closed by the server, or, when
// the operation reads, to be silent. Waiting for a connection in use, connecting and
// each run have their own time.
//
// It returns answers to the command as they are, and anything else as an
// [*backend.UnavailableError], which says of a write whether its outcome is
// indeterminate. If command panics, do gives back all that it has acquired.
func (s *server) do(caller context.Context, o operation, run command) error {
	if !s.begin() {
		return backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	defer s.calls.Done()
	if err := backend.Interrupted(caller); err != nil {
		return err
	}
	if err := s.outOfService(); err != nil {
		return s.unavailable(err, false)
	}
	a := attempt{server: s, operation: o}
	err := a.run(caller, run)
	answered := err == nil || isAnswer(err)
	indeterminate := o.writes() && a.begun && !answered && !isRejection(err)
	switch {
	case answered:
		s.answered()
		return err
	case caller.Err() != nil && !errors.Is(err, errBusy):
		given := backend.Unavailable("the request ended before the store answered", caller.Err())
		given.Unknown = indeterminate
		return given
	}
	s.failed(err)
	s.failures.Inc()
	return s.unavailable(err, indeterminate)
}

// outOfService returns why the server is not asked: its breaker is open, or it was
// refused. It is nil if the server is asked.
func (s *server) outOfService() error {
	if s.breaker.isOpen() {
		return errOpen
	}
	refused := s.refused.Load()
	if refused == nil || refused.connecting && s.hasIdle() {
		return nil
	}
	return refused //nolint:wrapcheck // an error of ours
}

// hasIdle says whether there are idle connections. A server that refuses new ones may
// still answer on them.
func (s *server) hasIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.idle) > 0
}

// failed tells the circuit breaker what a failed call says about the server.
func (s *server) failed(err error) {
	refused := refusalOf(err)
	switch {
	case refused != nil:
		s.answered()
		s.refuse(refused)
	case isRejection(err), errors.Is(err, errIndeterminate), errors.Is(err, protocol.ErrUnexpected):
		s.answered()
	case errors.Is(err, errBusy), errors.Is(err, errOpen), errors.Is(err, backend.ErrClosed): // it was not asked
	case !errors.Is(err, errNoConnection):
		s.suspect(false, err)
	case s.markdown == nil: // else the markdown period has its own rule
		s.suspect(!errors.Is(err, errTimeout), err)
	}
}

// report logs a transition of the circuit breaker.
func (s *server) report(t transition, cause error) {
	switch t {
	case opens:
		s.logger.Warn("circuit breaker opened", "server", s.name, "error", cause)
	case closes:
		s.logger.Info("circuit breaker closed", "server", s.name)
	case none:
	}
}

// connect returns an idle connection that is still open, or a new one.
func (s *server) connect(ctx context.Context) (*conn, error) {
	for {
		c := s.takeIdle()
		if c == nil {
			return s.dial(ctx)
		}
		if !c.old() && c.usable() {
			c.checked = true
			return c, nil
		}
		c.close()
	}
}

// dial makes a connection, unless the server is marked down.
func (s *server) dial(ctx context.Context) (*conn, error) {
	found := unknown // unless dialling returns
	if s.markdown != nil {
		if !s.markdown.acquire(time.Now()) {
			return nil, fmt.Errorf("%w: %w", errNoConnection, errMarkedDown)
		}
		defer func() {
			if s.markdown.release(time.Now(), found) {
				s.returned()
				if s.checked.Load() {
					s.inspectInBackground()
				}
			}
		}()
	}
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	nc, err := s.connectOnce(within)
	if isTimeout(err) && endsBefore(ctx, time.Now()) {
		<-ctx.Done() // it was the time of the caller, which ends at this moment
	}
	found = unreachable
	switch {
	case err == nil:
		found = reachable
	case refusalOf(err) != nil, isLost(err), errors.Is(err, protocol.ErrTooManyConnections):
		found = reachable
	case ctx.Err() != nil:
		found = unknown
	case isTimeout(err):
		err = errTimeout
		if s.breaker.answeredRecently(time.Now()) { // it is not down
			found = unknown
			return nil, err
		}
	}
	if err != nil {
		return nil, noConnection(err)
	}
	return newConn(nc, s), nil
}

// endsBefore says whether the deadline of ctx has passed at a time.
func endsBefore(ctx context.Context, now time.Time) bool {
	deadline, ok := ctx.Deadline()
	return ok && !now.Before(deadline)
}

// connectOnce makes a connection that does not belong to the pool.
func (s *server) connectOnce(ctx context.Context) (net.Conn, error) {
	recorded := s.spans.Connect(ctx)
	defer recorded.End()
	nc, err := s.connector.Dial(ctx, s.dialContext, s.address)
	if err != nil && recorded.Recorded() {
		recorded.Fail(failureClass(ctx, noConnection(err)))
	}
	return nc, err
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
	if c.broken || c.old() || !s.putIdle(c) {
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
// close theirs. A call connects, runs and, if it is repeated, connects and runs
// again: it ends within four timeouts.
func (s *server) close() {
	s.cancel()
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
