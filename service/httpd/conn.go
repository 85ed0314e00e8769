package httpd

import (
	linked "container/list"
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// phase says what a connection waits for.
type phase int32

const (
	waiting   phase = iota // for the first byte of a request
	heading                // for the rest of its head
	receiving              // for the rest of its body
	busy                   // for nothing: the request is being answered
	sending                // for the peer to take more of the answer
)

// conn is a connection of a [listener].
type conn struct {
	net.Conn

	listener *listener
	client   netip.Prefix    // whom it counts for; zero if for nobody
	element  *linked.Element // in listener.waiting; nil if it is not there

	phase atomic.Int32
	since atomic.Int64 // when the phase began, in nanoseconds of Unix time
	bytes atomic.Int64 // that came, or went, in it
	head  atomic.Int64 // bytes that are in listener.heads
}

// forgetHead takes the bytes of the head out of the sum.
func (c *conn) forgetHead() { c.listener.heads.Add(-c.head.Swap(0)) }

type connKey struct{}

// withConn is the ConnContext of the HTTP server: it adds the connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if own, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, own)
	}
	return ctx
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
	c.since.Store(time.Now().UnixNano())
	c.phase.Store(int32(next))
	if next == waiting {
		c.listener.leaveWaiting(c)
	}
}

// Read implements [net.Conn]. It counts what comes.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.arrived(int64(n)) {
		return 0, errTooManyHeads
	}
	return n, err //nolint:wrapcheck // net/http looks at it
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
	if len(p) <= writeStep {
		return c.Conn.Write(p) //nolint:wrapcheck // net/http looks at it
	}
	last := phase(c.phase.Load())
	c.enter(sending)
	defer c.enter(last)
	written := 0
	for written < len(p) {
		n, err := c.Conn.Write(p[written:min(len(p), written+writeStep)])
		written += n
		c.bytes.Add(int64(n))
		if err != nil {
			return written, err //nolint:wrapcheck // net/http looks at it
		}
	}
	return written, nil
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
	case waiting, busy:
		return false
	}
	late := now.Sub(time.Unix(0, c.since.Load())) - patience
	return late > 0 && float64(c.bytes.Load()) < late.Seconds()*float64(rate)
}

// interrupt ends what the connection waits for. net/http answers or closes.
func (c *conn) interrupt() error {
	past := time.Unix(1, 0)
	if phase(c.phase.Load()) == sending {
		return c.SetWriteDeadline(past) //nolint:wrapcheck // the caller logs nothing of it
	}
	return c.SetReadDeadline(past) //nolint:wrapcheck // the same
}
