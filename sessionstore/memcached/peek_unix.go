//go:build unix

package memcached

import (
	"errors"
	"io"
	"syscall"

	"memcachedsoap/sessionstore/memcached/connect"
)

// peeker looks, without waiting, at what has arrived on a connection.
type peeker struct {
	secured *connect.Conn   // nil without TLS
	raw     syscall.RawConn // nil if the connection has no file descriptor
	look    func(fd uintptr)
	arrived [80]byte // what the last look has read
	n       int      // its length; 0 if the connection is closed
	err     error    // of the last look
}

func newPeeker(nc any) *peeker {
	p := new(peeker)
	switch source := nc.(type) {
	case *connect.Conn:
		p.secured = source
	case syscall.Conn:
		p.raw, _ = source.SyscallConn() // without it nothing is seen
	}
	p.look = func(fd uintptr) { p.n, p.err = syscall.Read(int(fd), p.arrived[:]) }
	return p
}

// errNothing says that nothing has arrived on a connection that is open.
var errNothing = errors.New("memcached: nothing has arrived")

// peek reads what has arrived. It returns errNothing if there is nothing, no bytes and
// no error if there is something that cannot be shown, and another error if the
// connection is closed.
func (p *peeker) peek() ([]byte, error) {
	switch {
	case p.secured != nil:
		p.n, p.err = p.secured.ReadNow(p.arrived[:])
		if p.err == connect.ErrNothing { //nolint:errorlint // as it is returned
			p.err = errNothing
		}
	case p.raw == nil:
		return nil, errNothing
	default:
		// Unlike Read, Control has no regard to a deadline that has passed.
		if err := p.raw.Control(p.look); err != nil {
			return nil, err //nolint:wrapcheck // nobody shows it
		}
		if p.err == syscall.EAGAIN || p.err == syscall.EINTR { //nolint:errorlint // as read returns them
			p.err = errNothing
		} else if p.err == nil && p.n <= 0 {
			p.err = io.EOF
		}
	}
	return p.arrived[:max(p.n, 0)], p.err
}
