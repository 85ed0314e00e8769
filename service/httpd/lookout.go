package httpd

import (
	"os"
	"sync/atomic"
	"time"
)

// lookoutDelay is how long a request is answered before the connection is watched for its
// end.
const lookoutDelay = 20 * time.Millisecond

// lookout delays the read of one byte that net/http begins when a request has arrived, and
// interrupts before it sends the answer. It makes net/http notice that the client has
// closed the connection. Most requests are answered within a fraction of a millisecond:
// a read from the kernel, and two deadlines, would be more work than anyone gains by it.
type lookout struct {
	timer  *time.Timer
	wakes  chan struct{} // gets a token when the deadline of reading has changed
	active atomic.Bool
}

// wake ends the delay.
func (l *lookout) wake() {
	if l.active.CompareAndSwap(true, false) {
		l.wakes <- struct{}{} // has room: there is one token for each delay
	}
}

// delay waits for the delay, or until the deadline of reading has changed.
func (l *lookout) delay(d *deadline) {
	if l.wakes == nil {
		l.wakes = make(chan struct{}, 1)
		l.timer = time.NewTimer(lookoutDelay)
	} else {
		l.timer.Reset(lookoutDelay)
	}
	l.active.Store(true)
	if d.hasPassed() { // it has changed before the delay began
		l.end()
		return
	}
	select {
	case <-l.wakes:
		l.timer.Stop()
	case <-l.timer.C:
		l.end()
	}
}

// end ends a delay that wake has not ended, or may end at the same time.
func (l *lookout) end() {
	l.timer.Stop()
	if !l.active.CompareAndSwap(true, false) {
		<-l.wakes
	}
}

// lookOut reads as net/http does to notice the end of the connection, a little later.
func (c *conn) lookOut(p []byte) (int, error) {
	c.lookout.delay(&c.reads)
	if c.reads.hasPassed() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.read(p)
}
