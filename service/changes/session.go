package changes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

var (
	errUnexpected = errors.New("changes: the other instance has sent what is not in the protocol")
	errOtherPool  = errors.New("changes: the other instances that watch the servers have another list of servers, or place keys differently")
	errSilent     = errors.New("changes: the other instance is silent")
	errWorse      = errors.New("changes: another instance is connected to more servers")
	errClock      = errors.New("changes: one of the two clocks has stood still")
)

const (
	// silence is how long a relay may say nothing until the connection counts as
	// broken. It tells its state 20 times in that time.
	silence = time.Second
	// The clock of the relay is asked for at once and then after each clockEvery.
	clockEvery = 5 * time.Second
	// maxAhead is how far a moment that the relay tells may be in the future: less
	// than what a clock that runs wrong makes of it.
	maxAhead = 5 * time.Millisecond
)

// session is a connection to a relay.
type session struct {
	peer  *Peer
	relay relay
	hello hello
	clock relayClock
	end   context.CancelCauseFunc
	ctx   context.Context //nolint:containedctx // of everything about this connection

	connected []atomic.Bool // by server

	mu       sync.Mutex
	position int64         // of the last event that the followers know
	moved    chan struct{} // closed when it changes; nil unless somebody waits
}

// followThrough follows the changes through a relay until something fails. followed
// says that it was connected. The error is never nil.
func (p *Peer) followThrough(ctx context.Context, r *reader, to relay) (followed bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &session{peer: p, relay: to, ctx: ctx, end: cancel, connected: make([]atomic.Bool, len(p.samples))}
	watchdog := time.AfterFunc(answerTime, func() { cancel(errSilent) })
	defer watchdog.Stop()
	body, err := p.client.get(ctx, to.url, Path, "stream", r.stream, "after", strconv.FormatInt(r.position, 10))
	if err != nil {
		return false, cause(ctx, err)
	}
	defer body.Close() //nolint:errcheck // nothing is left to be lost
	lines := bufio.NewReaderSize(body, maxLine)
	next := func() (string, error) {
		line, err := lines.ReadSlice('\n')
		watchdog.Reset(silence)
		return strings.TrimSuffix(string(line), "\n"), err
	}
	if err := s.begin(r, next); err != nil {
		return false, cause(ctx, err)
	}
	p.options.Logger.InfoContext(ctx, "changes are followed through another instance", "instance", to.url)
	p.counts.sessions.Inc()
	p.reader.session.Store(s)
	var asking sync.WaitGroup
	asking.Go(func() { s.keepTime() })
	err = s.read(r, next)
	p.reader.session.Store(nil)
	cancel(err)
	asking.Wait()
	return true, cause(ctx, err)
}

// cause returns why a context was ended, if it was, and else the error.
func cause(ctx context.Context, err error) error {
	if ended := context.Cause(ctx); ended != nil {
		return ended //nolint:wrapcheck // an error of ours
	}
	return err
}

// begin reads the first line. Unless the stream goes on where this instance has left
// it, the followers must resync.
func (s *session) begin(r *reader, next func() (string, error)) error {
	line, err := next()
	if err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	if s.hello, err = parseHello(line); err != nil {
		return errUnexpected
	}
	if s.hello.pool != s.peer.identity {
		return errOtherPool
	}
	s.position = s.hello.position
	if r.stream != s.hello.stream || r.position != s.hello.position {
		r.stream, r.position = s.hello.stream, s.hello.position
		s.resync()
	}
	return nil
}

func (s *session) resync() {
	for server := range s.peer.samples {
		s.peer.followers.ResyncRequired(server)
	}
}

// read notifies the followers until something fails.
func (s *session) read(r *reader, next func() (string, error)) error {
	for {
		line, err := next()
		if err != nil {
			return fmt.Errorf("changes: %w", err)
		}
		if len(line) < 3 || line[1] != ' ' {
			return errUnexpected
		}
		if err := s.take(line[0], line[2:]); err != nil {
			return err
		}
		r.position = s.position // only this goroutine writes either
	}
}

// take takes one line.
func (s *session) take(kind byte, text string) error {
	p := s.peer
	switch kind {
	case state:
		told, err := parseState(strings.Fields(text), len(p.samples))
		if err != nil {
			return err
		}
		return s.learn(told)
	case gap:
		position, err := strconv.ParseInt(text, 10, 64)
		if err != nil || position < s.position {
			return errUnexpected
		}
		p.counts.gaps.Inc()
		s.resync()
		s.advance(position)
		return nil
	}
	e, err := parseEvent(kind, text, len(p.samples))
	if err != nil {
		return err
	}
	if e.kind == resync {
		p.followers.ResyncRequired(e.server)
	} else {
		p.counts.events.Inc()
		p.followers.Changed(e.hash, e.kind == foreign)
	}
	s.advance(s.position + 1)
	return nil
}

// learn takes over the state of the relay.
func (s *session) learn(told relayState) error {
	now := s.peer.now()
	if told.complete {
		s.peer.complete.Store(&completeness{identity: s.hello.index, at: now})
	} else {
		s.peer.complete.Store(nil)
	}
	for server, proven := range told.proven {
		if proven == unconnected {
			s.connected[server].Store(false)
			continue
		}
		until, ok := s.clock.local(proven, now)
		if !ok {
			continue
		}
		if until > now+maxAhead {
			return errClock
		}
		s.peer.learn(server, until)
		s.connected[server].Store(true)
	}
	return nil
}

// advance notes that the followers know all events up to a position.
func (s *session) advance(position int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position = position
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
}

// keepTime asks for the clock of the relay until the connection ends. Before the first
// answer, what the relay says of its state has no meaning here.
func (s *session) keepTime() {
	for {
		here := s.peer.now()
		answer, err := s.ask(s.ctx, clockPath)
		microseconds, parseErr := parseMicroseconds(answer)
		pause := clockEvery
		if err == nil && parseErr == nil {
			s.clock.add(sample{here: here, there: microseconds})
		} else {
			pause = shortestPause
		}
		select {
		case <-time.After(pause):
		case <-s.ctx.Done():
			return
		}
	}
}

// connections returns to how many servers the relay is connected.
func (s *session) connections() int {
	n := 0
	for i := range s.connected {
		if s.connected[i].Load() {
			n++
		}
	}
	return n
}

// ask asks the relay a question, and returns the answer without the end of its line.
func (s *session) ask(ctx context.Context, path string, query ...string) (string, error) {
	return s.peer.client.ask(ctx, s.relay.url, path, query...)
}

// barrier waits until this instance has caught up with this moment.
func (s *session) barrier(ctx context.Context, server int) error {
	answer, err := s.ask(ctx, barrierPath, "stream", s.hello.stream, "server", strconv.Itoa(server))
	if err != nil {
		return backend.Unavailable("the change stream of a memcached server is not connected", err)
	}
	position, err := strconv.ParseInt(answer, 10, 64)
	if err != nil {
		return backend.Unavailable("the instance through which this one follows the changes has answered something unexpected", err)
	}
	for {
		s.mu.Lock()
		reached := s.position >= position
		if !reached && s.moved == nil {
			s.moved = make(chan struct{})
		}
		moved := s.moved
		s.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-moved:
		case <-s.ctx.Done():
			return backend.Unavailable("the change stream of a memcached server is not connected", cause(s.ctx, nil)) //nolint:contextcheck // that of the connection
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
	}
}
