package httpd

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// phase says what a connection waits for.
type phase int32

const (
	waiting     phase = iota // for the first byte of a request
	heading                  // for the rest of its head
	receiving                // for the rest of its body
	busy                     // for nothing: the request is being answered
	sending                  // for the peer to take more of the answer
	handshaking              // for the end of TLS's handshake, which has a time limit of its own
)

// conn is a connection of a [listener].
type conn struct {
	net.Conn

	listener *listener
	client   netip.Prefix // whom it counts for; zero if for nobody
	place    place        // in listener.waiting
	peer     netip.Addr   // as peerOf returns it
	peerText string       // the same in text
	unix     bool         // the peer is on a unix socket

	reads, writes deadline
	lookout       lookout
	active        atomic.Bool // it has a request, or has not had one yet

	phase atomic.Int32
	since atomic.Int64 // when the phase began, in nanoseconds of Unix time
	bytes atomic.Int64 // that came, or went, in it
	head  atomic.Int64 // bytes that are in listener.heads

	tls  *secured // nil without TLS, and before the end of the handshake
	sent burst
}

// forgetHead takes the bytes of the head out of the sum.
func (c *conn) forgetHead() { c.listener.heads.Add(-c.head.Swap(0)) }

type connKey struct{}

// withConn is the ConnContext of the HTTP server: it adds the connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if own := ownConn(c); own != nil {
		return context.WithValue(ctx, connKey{}, own)
	}
	return ctx
}

// ownConn returns the connection of this package behind c, or nil.
func ownConn(c net.Conn) *conn {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	own, _ := c.(*conn)
	return own
}

// connOf returns the connection of a request. It is nil for a connection of another
// listener, whose owner bounds it.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// enter begins a phase.
func (c *conn) enter(next phase) {
	last := phase(c.phase.Load())
	if last == next {
		return
	}
	switch last { //nolint:exhaustive // the others have nothing to give back
	case waiting:
		c.listener.occupy(c)
	case heading:
		c.forgetHead()
	}
	c.bytes.Store(0)
	if next == heading || next == receiving || next == sending { // else nobody asks since when
		c.since.Store(time.Now().UnixNano())
	}
	c.phase.Store(int32(next))
	if next == waiting {
		c.listener.leaveWaiting(c)
	}
}

// Read implements [net.Conn]. It counts what comes.
func (c *conn) Read(p []byte) (int, error) {
	var n int
	var err error
	if len(p) == 1 && !c.listener.secure { // only net/http, which has a buffer for all else
		n, err = c.lookOut(p)
	} else {
		n, err = c.read(p)
	}
	if n > 0 && !c.arrived(int64(n)) {
		return 0, errTooManyHeads
	}
	return n, err
}

// arrived counts bytes that have come. It returns false if the heads that are being
// received have too many together, and this one has more than its share.
func (c *conn) arrived(n int64) bool {
	if phase(c.phase.Load()) == waiting {
		c.enter(heading)
	}
	total := c.bytes.Add(n)
	if phase(c.phase.Load()) != heading {
		return true
	}
	c.head.Add(n)
	return c.listener.heads.Add(n) <= maxHeads || total <= headShare
}

// writeStep is how many bytes are written at a time: the progress of a longer write
// must be seen.
const writeStep = 64 << 10

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	if c.listener.secure {
		return c.writeRecord(p)
	}
	if len(p) <= writeStep {
		return c.write(p)
	}
	last := phase(c.phase.Load())
	c.enter(sending)
	defer c.enter(last)
	written := 0
	for written < len(p) {
		n, err := c.write(p[written:min(len(p), written+writeStep)])
		written += n
		c.bytes.Add(int64(n))
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// burst is how long the writes of one answer have taken together, and their bytes.
type burst struct{ took, bytes atomic.Int64 }

func (b *burst) reset() {
	b.took.Store(0)
	b.bytes.Store(0)
}

// writeRecord writes a record of TLS. A record is short, and a long answer has many of
// them: only together they show how fast the peer takes it.
func (c *conn) writeRecord(p []byte) (int, error) {
	last := phase(c.phase.Load())
	if last == handshaking || last == waiting {
		return c.write(p)
	}
	began := time.Now()
	c.enter(sending)
	defer c.enter(last)
	c.bytes.Store(c.sent.bytes.Load()) // before the time, or the peer looks slow
	c.since.Store(began.UnixNano() - c.sent.took.Load())
	n, err := c.write(p)
	c.sent.bytes.Add(int64(n))
	c.sent.took.Add(int64(time.Since(began)))
	return n, err
}

// CloseWrite ends what the service sends, so that a client reads an answer to its end
// although the service does not read the rest of the request. net/http calls it.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.listener.remove(c)
	return err //nolint:wrapcheck // net/http looks at it
}

// isSlow reports whether the peer brings, or takes, fewer bytes than it must.
func (c *conn) isSlow(now time.Time, rate int64) bool {
	switch phase(c.phase.Load()) {
	case heading, receiving, sending:
	case waiting, busy, handshaking:
		return false
	}
	late := now.Sub(time.Unix(0, c.since.Load())) - patience
	return late > 0 && float64(c.bytes.Load()) < late.Seconds()*float64(rate)
}

// interrupt ends what the connection waits for. net/http answers or closes.
func (c *conn) interrupt() error {
	past := time.Unix(1, 0)
	if phase(c.phase.Load()) == sending {
		return c.SetWriteDeadline(past)
	}
	return c.SetReadDeadline(past)
}
