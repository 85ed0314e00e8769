package memcached

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

const (
	// inspectionCommands asks which engine a server is, and whether it has the
	// commands that this package needs. They change nothing: there is no item
	// under that key, so that there is none to replace. memcached before 1.6.10
	// has another syntax of ms.
	inspectionCommands = "version\r\nmg " + inspectionKey + "\r\nms " + inspectionKey + " 0 MR\r\n\r\nstats settings\r\n"
	inspectionKey      = backend.ReservedKeys + "inspection"
	// refusedInterval is the time from one inspection of a refused server to the
	// next: its operator may replace it.
	refusedInterval = 5 * time.Second
	// needed is the sentence about what a server must be.
	needed = "memcached 1.6.10 or newer is needed"
)

// refusedError says that a server is not an engine that this package can use.
type refusedError struct {
	reason string // names no address
	answer string // of the server
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("memcached: %s; it answers %q", e.reason, e.answer)
}

// CheckServers asks each server in the background which engine it is, now and
// whenever it comes back after its circuit breaker was open. A server that lacks
// what this package needs is refused: it is unavailable, as if it were down. It is
// asked again every few seconds.
func (b *Backend) CheckServers() {
	for _, s := range b.servers {
		s.checked.Store(true)
		s.inspectInBackground()
	}
}

func (s *server) inspectInBackground() {
	if !s.begin() {
		return
	}
	go func() {
		defer s.calls.Done()
		err := s.inspect(s.closing)
		var refused *refusedError
		// With failover the next call finds out whether the server is dead.
		if err != nil && !errors.As(err, &refused) && s.markdown == nil && s.closing.Err() == nil {
			s.suspect(errors.Is(err, errNoConnection) && !isTimeout(err), err)
		}
		s.inspectWhileRefused()
	}()
}

// inspectWhileRefused inspects a refused server until it can be used. One
// goroutine at a time does so.
func (s *server) inspectWhileRefused() {
	if !s.inspecting.CompareAndSwap(false, true) {
		return
	}
	defer s.inspecting.Store(false)
	for s.refused.Load() != nil {
		select {
		case <-time.After(refusedInterval):
			s.inspect(s.closing) //nolint:errcheck // it keeps the outcome
		case <-s.closing.Done():
			return
		}
	}
}

// inspect asks the server which engine it is, and remembers whether it is
// refused. Another error than a [*refusedError] says nothing.
func (s *server) inspect(ctx context.Context) error {
	err := s.inspectOnce(ctx)
	if isLost(err) { // by chance, or because the server closes at an unknown command
		err = s.inspectOnce(ctx)
		if lost := new(lostError); errors.As(err, &lost) {
			err = &refusedError{"a server lacks the meta commands: " + needed, lost.after}
		}
	}
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		if s.refused.Swap(refused) == nil {
			s.logger.Error("server refused", "server", s.name, "error", refused)
		}
	case err == nil:
		if s.refused.Swap(nil) != nil {
			s.logger.Info("server accepted", "server", s.name)
		}
	}
	return err
}

// lostError says that the server has closed the connection after an answer.
type lostError struct {
	after string
	err   error
}

func (e *lostError) Error() string { return "memcached: inspecting: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

func (s *server) inspectOnce(ctx context.Context) error {
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	nc, err := s.dialPlain(within)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoConnection, err)
	}
	defer nc.Close()                                      //nolint:errcheck // nothing is left to be lost
	defer context.AfterFunc(ctx, func() { nc.Close() })() //nolint:errcheck // given up
	if err := nc.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return fmt.Errorf("memcached: inspecting: %w", err)
	}
	if _, err := nc.Write([]byte(inspectionCommands)); err != nil {
		return fmt.Errorf("memcached: inspecting: %w", err)
	}
	return readInspection(bufio.NewReader(nc))
}

// readInspection reads the answers to the inspectionCommands.
func readInspection(r *bufio.Reader) error {
	line, err := protocol.ReadLine(r)
	if err != nil {
		return err
	}
	version := string(line)
	if strings.HasPrefix(version, tooManyConnections) {
		return errTooManyConnections
	}
	if tooOld(version) {
		return &refusedError{"a server is too old: " + needed, version}
	}
	for _, want := range []string{"EN", "NS"} {
		line, err := protocol.ReadLine(r)
		switch {
		case isLost(err):
			return &lostError{version, err}
		case err != nil:
			return err
		case string(line) != want && string(line) != "HD": // as if the item were there
			return &refusedError{"a server lacks the meta commands: " + needed, version}
		}
	}
	settings, err := protocol.ReadStats(r)
	switch {
	case errors.Is(err, protocol.ErrUnexpected): // it does not tell its settings
		return nil
	case err != nil:
		return err
	case !readLimits(settings).cas:
		return &refusedError{"a memcached server runs without compare-and-swap (its option -C): it is needed", version}
	}
	return nil
}

// tooOld says whether the answer to version names a version before 1.6.10, the
// first one whose meta commands this package speaks.
func tooOld(answer string) bool {
	oldest := [...]int{1, 6, 10}
	text, ok := strings.CutPrefix(answer, "VERSION ")
	parts := strings.SplitN(text, ".", len(oldest))
	if !ok || len(parts) < len(oldest) {
		return false
	}
	for i, part := range parts {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil || n > oldest[i] {
			return false
		}
		if n < oldest[i] {
			return true
		}
	}
	return false
}
