//go:build unix

package memcached

import (
	"io"
	"net"
	"syscall"

	"memcachedsoap/sessionstore/memcached/connect"
)

// stream writes commands to a connection and reads their answers. It writes a command
// when its answer is read, and then waits: to look for the answer at once would cost a
// system call, and find nothing.
type stream struct {
	nc   net.Conn
	raw  syscall.RawConn // nil if the connection has no file descriptor, or TLS
	step func(fd uintptr) bool

	command []byte // which is not written yet
	answer  []byte // where the read puts what arrives
	n       int    // its length
	err     error  // of the write, or of the read
}

func newStream(nc net.Conn) *stream {
	s := &stream{nc: nc}
	s.step = s.writeThenRead
	if _, secured := nc.(*connect.Conn); secured {
		return s
	}
	if source, ok := nc.(syscall.Conn); ok {
		s.raw, _ = source.SyscallConn() // without it the command is written at once
	}
	return s
}

// send writes a command now, or when its answer is read. Until then its caller must not
// change it.
func (s *stream) send(command []byte) error {
	if s.raw != nil && s.command == nil {
		s.command = command
		return nil
	}
	_, err := s.nc.Write(command)
	return err //nolint:wrapcheck // an io.Writer's error is its writer's
}

// Read reads what has arrived, and waits if that is nothing.
func (s *stream) Read(p []byte) (int, error) {
	if s.command == nil || len(p) == 0 {
		return s.nc.Read(p) //nolint:wrapcheck // an io.Reader's error is its reader's
	}
	s.answer, s.n, s.err = p, 0, nil
	err := s.raw.Read(s.step)
	s.command, s.answer = nil, nil
	if err != nil {
		return 0, err //nolint:wrapcheck // as above
	}
	return s.n, s.err
}

// writeThenRead is called before and after the wait, until it returns true.
func (s *stream) writeThenRead(fd uintptr) (done bool) {
	if len(s.command) > 0 {
		_, s.err = s.nc.Write(s.command)
		s.command = s.command[:0]
		return s.err != nil
	}
	s.n, s.err = syscall.Read(int(fd), s.answer)
	switch {
	case s.err == syscall.EAGAIN || s.err == syscall.EINTR: //nolint:errorlint // as read returns them
		return false
	case s.err != nil:
		s.n = 0
	case s.n == 0:
		s.err = io.EOF
	}
	return true
}
