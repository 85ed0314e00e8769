package memcached

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore/memcached/protocol"
)

// suspect reports a failed call to the circuit breaker. Unless certain, a probe
// in the background decides.
func (s *server) suspect(certain bool, cause error) {
	s.lastFailure.Store(&cause)
	t, probe := s.breaker.failure(time.Now(), certain)
	s.report(t, cause)
	if !probe || !s.begin() {
		return
	}
	go func() {
		defer s.calls.Done()
		s.probeUntilAnswered()
	}()
}

// answered reports to the circuit breaker that the server has answered.
func (s *server) answered() { s.report(s.breaker.success(time.Now()), nil) }

// probeUntilAnswered probes the server until it answers or is closed.
func (s *server) probeUntilAnswered() {
	for s.closing.Err() == nil {
		began := time.Now()
		err := s.diagnose(s.closing, s.probe(s.closing))
		if s.closing.Err() != nil {
			return
		}
		if s.markdown != nil && errors.Is(err, errNoConnection) {
			// The next call marks the server down, and another one takes its
			// place: calls must not fail before that.
			s.report(s.breaker.reset(), nil)
			return
		}
		switch refused := refusalOf(err); {
		case refused != nil: // it answers
			s.refuse(refused)
			err = nil
		case err == nil && s.checked.Load():
			s.inspect(s.closing) //nolint:errcheck // it keeps the outcome
		}
		if err != nil {
			s.lastFailure.Store(&err)
		}
		t, pause := s.breaker.probed(began, time.Now(), err == nil)
		s.report(t, err)
		if pause == 0 {
			return
		}
		select {
		case <-time.After(pause):
		case <-s.closing.Done():
		}
		if s.breaker.settled(began) {
			return
		}
	}
}

// probeCommands are meta no-ops. A server that speaks TLS or the binary protocol only
// waits for as many bytes before it closes the connection.
const probeCommands = "mn\r\nmn\r\nmn\r\nmn\r\nmn\r\nmn\r\n" //nolint:dupword // see above

// probe asks the server on a new connection whether it answers. Any answer will
// do.
func (s *server) probe(ctx context.Context) error {
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	nc, err := s.connectOnce(within)
	if errors.Is(err, protocol.ErrTooManyConnections) {
		return nil
	}
	if err != nil {
		return noConnection(err)
	}
	defer nc.Close()                                      //nolint:errcheck // nothing is left to be lost
	defer context.AfterFunc(ctx, func() { nc.Close() })() //nolint:errcheck // given up; the probe reports the failure
	if err := nc.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil {
		return fmt.Errorf("memcached: probing: %w", err)
	}
	if _, err := nc.Write([]byte(probeCommands)); err != nil {
		return fmt.Errorf("memcached: probing: %w", err)
	}
	// It waits twice. If this process was not scheduled for the whole timeout,
	// the answer is there when the second wait begins.
	r := bufio.NewReader(nc)
	var line []byte
	for range 2 {
		if err = nc.SetReadDeadline(time.Now().Add(s.timeout / 2)); err != nil {
			break
		}
		if line, err = r.ReadSlice('\n'); !isTimeout(err) {
			break
		}
	}
	unexpected := protocol.Unexpected("a probe", line)
	switch {
	case errors.Is(unexpected, protocol.ErrUnauthenticated):
		return unexpected
	case err == nil, errors.Is(err, bufio.ErrBufferFull):
		return nil
	case isTimeout(err):
		return errTimeout
	}
	return fmt.Errorf("memcached: probing: %w", err)
}
