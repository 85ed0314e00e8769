package connect

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"memcachedsoap/sessionstore/memcached/protocol"
)

// socket is the plain connection under TLS. It can be read without waiting, and
// knows whether what was read ends with a whole TLS record.
type socket struct {
	net.Conn
	raw     syscall.RawConn // nil if the connection has no file descriptor
	nowait  bool            // reads do not wait
	closing atomic.Bool

	beginning []byte  // of what has arrived
	header    [5]byte // of the record that is arriving
	headed    int     // bytes of it
	body      int     // bytes of the record that are still to come
}

// recordHeader is the length of the header of a TLS record (RFC 8446, 5.1). The last
// two bytes are the length of what follows.
const recordHeader = 5

func newSocket(nc net.Conn) *socket {
	s := &socket{Conn: nc}
	if source, ok := nc.(syscall.Conn); ok {
		s.raw, _ = source.SyscallConn() // without it nothing is seen
	}
	return s
}

// Read reads, and follows the records.
func (s *socket) Read(p []byte) (n int, err error) {
	if s.nowait {
		n, err = s.readNow(p)
	} else {
		n, err = s.Conn.Read(p)
	}
	if n > 0 {
		if len(s.beginning) < protocol.MaxQuoted {
			s.beginning = append(s.beginning, p[:min(n, protocol.MaxQuoted-len(s.beginning))]...)
		}
		s.follow(p[:n])
	}
	return n, err //nolint:wrapcheck // an io.Reader's error is its reader's
}

func (s *socket) follow(p []byte) {
	for len(p) > 0 {
		if s.body > 0 {
			n := min(s.body, len(p))
			s.body -= n
			p = p[n:]
			continue
		}
		n := copy(s.header[s.headed:], p)
		s.headed += n
		p = p[n:]
		if s.headed == recordHeader {
			s.headed = 0
			s.body = int(s.header[3])<<8 | int(s.header[4])
		}
	}
}

// within says whether a record has arrived in part.
func (s *socket) within() bool { return s.headed > 0 || s.body > 0 }

// head returns the beginning of what has arrived.
func (s *socket) head() []byte { return s.beginning }

// goodbye is how long a connection that is closed waits until its server can be told.
const goodbye = 10 * time.Millisecond

// SetWriteDeadline is that of the connection. While it is closed, crypto/tls would
// wait for five seconds.
func (s *socket) SetWriteDeadline(t time.Time) error {
	if latest := time.Now().Add(goodbye); s.closing.Load() && t.After(latest) {
		t = latest
	}
	return s.Conn.SetWriteDeadline(t) //nolint:wrapcheck // a net.Conn's error is its connection's
}

// Close tells the server, if that takes no time, and closes the connection.
func (c *Conn) Close() error {
	c.socket.closing.Store(true)
	return c.Conn.Close() //nolint:wrapcheck // a net.Conn's error is its connection's
}

// ReadNow reads what has arrived, without waiting. It returns [ErrNothing] if there is
// nothing, although the server may have sent what belongs to TLS alone. It returns
// no bytes and no error if a part of them has arrived. Otherwise what it returns is
// lost to the reader: the connection must be closed.
func (c *Conn) ReadNow(p []byte) (int, error) {
	c.socket.nowait = true
	n, err := c.Read(p)
	c.socket.nowait = false
	if n == 0 && err == ErrNothing && c.socket.within() { //nolint:errorlint // as ReadNow of a socket returns it
		return 0, nil
	}
	return n, err //nolint:wrapcheck // an io.Reader's error is its reader's
}

// ErrNothing says that nothing has arrived. It is a [net.Error] that leaves a
// connection as it was.
var ErrNothing error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "memcached: nothing has arrived" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }
