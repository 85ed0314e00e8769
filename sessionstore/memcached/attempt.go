package memcached

import (
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// attempt is a try to run a command.
type attempt struct {
	server *server
	kind   access
	begun  bool // the command has run
}

func (a *attempt) run(ctx context.Context, run command) error {
	s := a.server
	if err := s.takeSlot(ctx); err != nil {
		return err
	}
	defer func() { <-s.slots }()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	wasIdle := c.idle
	a.begun = true
	err = s.exchange(ctx, c, run, false)
	silent := errors.Is(err, errTimeout)
	if silent {
		// If the server is gone, the next calls would wait for the other idle
		// connections, too.
		s.dropIdle()
		s.suspect(false, err)
	}
	if !wasIdle || ctx.Err() != nil || !isLost(err) && (!silent || a.kind == writing) {
		return err
	}
	if s.breaker.isOpen() {
		return err
	}
	c, dialErr := s.dial(ctx)
	if dialErr != nil {
		return dialErr
	}
	return s.exchange(ctx, c, run, true)
}

// takeSlot waits for a connection in use to become free, as long as the caller
// waits and the server is not known to be down.
func (s *server) takeSlot(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.slots <- struct{}{}:
		if s.breaker.isOpen() {
			<-s.slots
			return errOpen
		}
		return nil
	case <-s.breaker.opening():
		return errOpen
	case <-s.closing.Done():
		return backend.ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
}

// exchange runs a command on a connection within the timeout. A command that calls
// progress has that time again.
func (s *server) exchange(caller context.Context, c *conn, run command, again bool) error {
	ctx, cancel := context.WithCancelCause(caller)
	defer cancel(nil)
	c.timeout = time.AfterFunc(s.timeout, func() { cancel(errTimeout) })
	defer c.timeout.Stop()
	fresh := !c.idle
	err := c.use(ctx, run, again)
	if fresh && errors.Is(err, protocol.ErrTooManyConnections) {
		return fmt.Errorf("%w: %w", errNotAccepted, err)
	}
	if err == nil || isAnswer(err) || isRejection(err) || caller.Err() != nil {
		return err
	}
	if ctx.Err() != nil || isTimeout(err) {
		return errTimeout
	}
	return err
}
