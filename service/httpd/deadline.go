package httpd

import (
	"errors"
	"os"
	"sync"
	"time"
)

// deadline is the time limit of reading, or of writing, on a connection. The runtime gets
// it only when a read or write needs it, and keeps an earlier one: when that is over, the
// read begins again with the present one. net/http sets eight deadlines for each request,
// and few are ever waited for; setting one in the runtime costs a third of a microsecond.
type deadline struct {
	mu     sync.Mutex
	wanted time.Time // as it was set; zero for none
	given  time.Time // what the runtime has
	over   bool      // given has passed
	using  int       // reads or writes under way
}

// set sets the time limit. Reads and writes that are under way get it at once.
func (d *deadline) set(t time.Time, give func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	if d.using == 0 {
		return nil
	}
	return d.give(give)
}

// begin is called before a read or write. The caller must call end after it.
func (d *deadline) begin(give func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.using++
	return d.give(give)
}

// give gives the runtime the time limit, unless it has one that ends no later.
func (d *deadline) give(give func(time.Time) error) error {
	if !d.over && (d.wanted.IsZero() || !d.given.IsZero() && !d.given.After(d.wanted)) {
		return nil
	}
	d.given, d.over = d.wanted, false
	return give(d.wanted)
}

// end is called with the error of a read or write. It reports whether only an earlier time
// limit has ended it: then it must go on.
func (d *deadline) end(err error) (goOn bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.using--
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.over = true
	return !d.passed()
}

// passed reports whether the time limit has passed.
func (d *deadline) passed() bool { return !d.wanted.IsZero() && time.Until(d.wanted) <= 0 }

// hasPassed reports whether the time limit has passed.
func (d *deadline) hasPassed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed()
}

// SetDeadline implements [net.Conn].
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements [net.Conn].
func (c *conn) SetReadDeadline(t time.Time) error {
	err := c.reads.set(t, c.Conn.SetReadDeadline)
	c.lookout.wake()
	return err
}

// SetWriteDeadline implements [net.Conn].
func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.writes.set(t, c.Conn.SetWriteDeadline)
}

// read reads within the deadline.
func (c *conn) read(p []byte) (int, error) {
	for {
		err := c.reads.begin(c.Conn.SetReadDeadline)
		n := 0
		if err == nil {
			n, err = c.Conn.Read(p)
		}
		if goOn := c.reads.end(err); !goOn || n > 0 {
			return n, err //nolint:wrapcheck // net/http looks at it
		}
	}
}

// write writes within the deadline.
func (c *conn) write(p []byte) (written int, err error) {
	for {
		n := 0
		if err = c.writes.begin(c.Conn.SetWriteDeadline); err == nil {
			n, err = c.Conn.Write(p[written:])
		}
		written += n
		if !c.writes.end(err) {
			return written, err //nolint:wrapcheck // net/http looks at it
		}
	}
}
