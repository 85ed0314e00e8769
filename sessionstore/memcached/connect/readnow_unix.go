//go:build unix

package connect

import (
	"io"
	"syscall"
)

// readNow reads what has arrived, without waiting.
func (s *socket) readNow(p []byte) (n int, err error) {
	if s.raw == nil {
		return 0, ErrNothing
	}
	// Unlike Read, Control has no regard to a deadline that has passed.
	failed := s.raw.Control(func(fd uintptr) { n, err = syscall.Read(int(fd), p) })
	switch {
	case failed != nil:
		return 0, failed //nolint:wrapcheck // an io.Reader's error is its reader's
	case err == syscall.EAGAIN, err == syscall.EINTR:
		return 0, ErrNothing
	case err != nil:
		return 0, err //nolint:wrapcheck // as above
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
