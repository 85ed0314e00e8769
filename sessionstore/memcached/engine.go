package memcached

import (
	"bufio"
	"bytes"
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
)

// CheckServers asks each server in the background which engine it is, now and
// whenever it comes back after its circuit breaker was open. A server that lacks
// what this package needs is refused: it is unavailable, as if it were down. It is
// asked again every few seconds.
func (b *Backend) CheckServers() {
	if b.followed != nil {
		b.followed.pool.CheckServers()
	}
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
		// With failover the next call finds out whether the server is dead.
		if err != nil && refusalOf(err) == nil && s.markdown == nil && s.closing.Err() == nil {
			s.suspect(errors.Is(err, errNoConnection) && !isTimeout(err), err)
		}
	}()
}

// inspect asks the server which engine it is, and remembers whether it is
// refused. An error that is no refusal says nothing.
func (s *server) inspect(ctx context.Context) error {
	err := s.inspectOnce(ctx)
	if isLost(err) { // by chance, or because the server closes at an unknown command
		err = s.inspectOnce(ctx)
		if lost := new(lostError); errors.As(err, &lost) {
			err = &refusedError{why: refusedMeta, answer: lost.after}
		}
	}
	err = s.diagnose(ctx, err)
	switch refused := refusalOf(err); {
	case refused != nil:
		s.refuse(refused)
	case err == nil:
		s.accept()
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
	var found inspection
	err := s.ask(ctx, inspectionCommands, func(r *bufio.Reader) (err error) {
		found, err = readInspection(r)
		return err
	})
	switch {
	case err != nil:
		return err
	case found.failure != nil:
		return found.failure
	}
	return s.trace(ctx, found)
}

// ask sends commands on a connection of its own and reads the answers.
func (s *server) ask(ctx context.Context, commands string, read func(*bufio.Reader) error) error {
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	nc, err := s.connectOnce(within)
	if err != nil {
		return noConnection(err)
	}
	defer nc.Close()                                      //nolint:errcheck // nothing is left to be lost
	defer context.AfterFunc(ctx, func() { nc.Close() })() //nolint:errcheck // given up
	if err := nc.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return fmt.Errorf("memcached: inspecting: %w", err)
	}
	if _, err := nc.Write([]byte(commands)); err != nil {
		return fmt.Errorf("memcached: inspecting: %w", err)
	}
	return read(bufio.NewReader(nc))
}

// inspection is what a server has answered to the inspectionCommands.
type inspection struct {
	version string
	proxy   bool
	failure error // to carry out a meta command, which it has
}

func readInspection(r *bufio.Reader) (found inspection, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil {
		return found, err
	}
	found.version = string(line)
	unexpected := protocol.Unexpected("version", line)
	if errors.Is(unexpected, protocol.ErrTooManyConnections) || errors.Is(unexpected, protocol.ErrUnauthenticated) {
		return found, unexpected
	}
	if tooOld(found.version) {
		return found, &refusedError{why: refusedOld, answer: found.version}
	}
	for _, want := range []string{"EN", "NS"} {
		line, err := protocol.ReadLine(r)
		switch {
		case isLost(err):
			return found, &lostError{found.version, err}
		case err != nil:
			return found, err
		case bytes.HasPrefix(line, []byte("SERVER_ERROR ")):
			found.failure = protocol.Unexpected("a meta command", line)
		case string(line) != want && string(line) != "HD": // as if the item were there
			return found, &refusedError{why: refusedMeta, answer: found.version}
		}
	}
	settings, err := protocol.ReadStats(r)
	switch {
	case errors.Is(err, protocol.ErrUnexpected): // it does not tell its settings
		return found, nil
	case err != nil:
		return found, err
	case !readLimits(settings).cas:
		return found, &refusedError{why: refusedNoCAS, answer: found.version}
	}
	found.proxy = isProxy(settings)
	return found, nil
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
