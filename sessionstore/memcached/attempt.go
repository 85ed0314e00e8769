package memcached

import (
	"context"
	"errors"
	"fmt"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/span"
)

// attempt is a try to run a command.
type attempt struct {
	server    *server
	operation operation
	begun     bool // the command has run
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
	err = a.exchange(ctx, c, run, false)
	silent := errors.Is(err, errTimeout)
	if silent {
		// If the server is gone, the next calls would wait for the other idle
		// connections, too.
		s.dropIdle()
		s.suspect(false, err)
	}
	if !wasIdle || ctx.Err() != nil || !isLost(err) && (!silent || a.operation.writes()) {
		return err
	}
	if s.breaker.isOpen() {
		return err
	}
	c, dialErr := s.dial(ctx)
	if dialErr != nil {
		return dialErr
	}
	return a.exchange(ctx, c, run, true)
}

// takeSlot waits for a connection in use to become free, as long as the caller
// waits and the server is not known to be down.
func (s *server) takeSlot(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
	}
	waiting := span.Wait(ctx, span.Connection)
	defer waiting.End()
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

// exchange runs the command, with a span.
func (a *attempt) exchange(ctx context.Context, c *conn, run command, again bool) error {
	number := 1
	if again {
		number = 2
	}
	recorded := a.server.spans.Exchange(ctx, a.operation.String(), number)
	if !recorded.Recorded() {
		return a.server.exchange(ctx, c, run, again)
	}
	defer recorded.End()
	var asked, found int
	err := a.server.exchange(ctx, c, func(c *conn, again bool) error {
		c.asked, c.found = 0, 0
		defer func() { asked, found = c.asked, c.found }() // after it the connection may be used by another call
		return run(c, again)
	}, again)
	record(ctx, recorded, a.operation, err)
	if asked > 0 {
		recorded.Items(asked, found)
	}
	return err
}

// exchange runs a command on a connection within the timeout. A command that calls
// progress has that time again.
func (s *server) exchange(caller context.Context, c *conn, run command, again bool) error {
	fresh := !c.idle
	c.progress()
	err := c.use(caller, run, again)
	if fresh && errors.Is(err, protocol.ErrTooManyConnections) {
		return fmt.Errorf("%w: %w", errNotAccepted, err)
	}
	if err == nil || isAnswer(err) || isRejection(err) || caller.Err() != nil {
		return err
	}
	if isTimeout(err) {
		return errTimeout
	}
	return err
}
