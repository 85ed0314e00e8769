//go:build unix

package memcached

import "syscall"

// peeker looks, without waiting, at what has arrived on a connection.
type peeker struct {
	raw     syscall.RawConn // nil if the connection has no file descriptor
	look    func(fd uintptr) bool
	arrived [80]byte // what the last look has read
	n       int      // its length; 0 if the connection is closed
	err     error    // of the last look
}

func newPeeker(nc any) *peeker {
	p := new(peeker)
	if source, ok := nc.(syscall.Conn); ok {
		p.raw, _ = source.SyscallConn() // without it nothing is seen
	}
	p.look = func(fd uintptr) bool {
		p.n, p.err = syscall.Read(int(fd), p.arrived[:])
		return true
	}
	return p
}

// peek returns the beginning of what has arrived, or nil. What it returns is
// lost to the reader: the connection must be closed.
func (c *conn) peek() []byte {
	p := c.peeker
	if p.raw == nil || p.raw.Read(p.look) != nil || p.err != nil || p.n <= 0 {
		return nil
	}
	return p.arrived[:p.n]
}

// usable says, without waiting, whether an idle connection is still open and has
// no unread bytes. A server that was stopped or restarted has closed it; unread
// bytes would be taken for the next answer. If this is known before a command is
// sent, its outcome is not in question.
func (c *conn) usable() bool {
	p := c.peeker
	if c.reader.Buffered() > 0 {
		return false
	}
	if p.raw == nil {
		return true
	}
	// Any result but "no bytes yet" means closed, or unread bytes.
	return p.raw.Read(p.look) == nil && (p.err == syscall.EAGAIN || p.err == syscall.EINTR) //nolint:errorlint // as read returns them
}
