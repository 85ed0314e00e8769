package memcached

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/span"
)

// When many calls read from a server at the same time, they share exchanges: what has
// come while an exchange was under way is asked for together in the next one. An
// exchange has the timeout of a single read, again behind each large item, and is repeated
// as one. A call that is given up returns at once, and its answer is skipped.

const (
	// shareFrom is how many reads of a server are under way when they begin to share.
	shareFrom = 4
	// sharedExchanges is how many shared exchanges of a server run at the same time.
	sharedExchanges = 2
	// maxWaitingReads bounds the reads that wait for a shared exchange. Further ones
	// have an exchange of their own.
	maxWaitingReads = 4096
)

// errUnnamed says that a server does not repeat the opaque of a command, as memcached
// before 1.6.16 if the item is absent.
var errUnnamed = fmt.Errorf("%w: it does not repeat the opaque", protocol.ErrUnexpected)

// sharedReads are the reads that wait for a shared exchange with a server.
type sharedReads struct {
	underway atomic.Int32 // reads of all kinds
	unnamed  atomic.Bool  // see errUnnamed

	mu      sync.Mutex
	waiting []*sharedRead
	running int // exchanges
}

// sharedRead is a call that waits.
type sharedRead struct {
	key    string
	opaque uint64
	done   chan struct{} // has room for one
	item   backend.Item
	err    error
}

//nolint:gochecknoglobals // a pool is shared by nature
var readsPool = sync.Pool{New: func() any { return &sharedRead{done: make(chan struct{}, 1)} }}

// sharing is a server whose reads share exchanges.
type sharing struct{ *server }

func (s sharing) get(ctx context.Context, key string) (backend.Item, error) {
	reads := &s.reads
	defer reads.underway.Add(-1)
	if reads.underway.Add(1) < s.shareFrom || reads.unnamed.Load() || s.proxy == DirectProxy || s.zones.Load() || span.Of(ctx).Recorded() {
		return s.server.get(ctx, key)
	}
	item, err := s.getShared(ctx, key)
	if errors.Is(err, errUnnamed) {
		return s.server.get(ctx, key)
	}
	return item, err
}

// getShared is get in a shared exchange.
func (s *server) getShared(ctx context.Context, key string) (backend.Item, error) {
	if !s.begin() {
		return backend.Item{}, backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	defer s.calls.Done()
	if err := backend.Interrupted(ctx); err != nil {
		return backend.Item{}, err
	}
	if err := s.outOfService(); err != nil {
		return backend.Item{}, s.unavailable(err, false)
	}
	read, _ := readsPool.Get().(*sharedRead)
	read.key = key
	if !s.wait(read) { //nolint:contextcheck // the exchange goes on when this call is given up
		return s.get(ctx, key)
	}
	opening := s.breaker.opening()
	for {
		select {
		case <-read.done:
			item, err := read.item, read.err
			read.item, read.err = backend.Item{}, nil
			readsPool.Put(read)
			return item, err
		case <-ctx.Done():
			if s.reads.leave(read) {
				return backend.Item{}, s.gaveUp(fmt.Errorf("%w: %w", errBusy, ctx.Err()))
			}
			return backend.Item{}, backend.Unavailable("the request ended before the store answered", ctx.Err())
		case <-opening:
			if s.reads.leave(read) {
				return backend.Item{}, s.gaveUp(errOpen)
			}
			opening = nil
		}
	}
}

// gaveUp counts a read that was not sent.
func (s *server) gaveUp(err error) error {
	s.failures.Inc()
	return s.unavailable(err, false)
}

// wait makes a read wait, and starts an exchange if fewer run than may. It returns
// false if too many wait.
func (s *server) wait(read *sharedRead) bool {
	reads := &s.reads
	reads.mu.Lock()
	defer reads.mu.Unlock()
	if len(reads.waiting) >= maxWaitingReads {
		return false
	}
	reads.waiting = append(reads.waiting, read)
	if reads.running < sharedExchanges {
		reads.running++
		s.calls.Add(1) // the caller is counted, too
		go s.exchangeReads()
	}
	return true
}

// leave takes a read back that is in no exchange yet.
func (r *sharedReads) leave(read *sharedRead) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.waiting {
		if other == read {
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take takes the oldest reads for an exchange into a slice. If there are none, the
// exchanges end.
func (r *sharedReads) take(into []*sharedRead) []*sharedRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), window)
	if n == 0 {
		r.running--
		return nil
	}
	into = append(into[:0], r.waiting[:n]...)
	rest := copy(r.waiting, r.waiting[n:])
	clear(r.waiting[rest:])
	r.waiting = r.waiting[:rest]
	return into
}

// exchangeReads makes exchanges until no read waits. It is a goroutine of its own, since
// any of the calls may be given up. It ends with the last exchange, which timeouts bound.
func (s *server) exchangeReads() {
	defer s.calls.Done()
	var reads []*sharedRead
	for {
		if reads = s.reads.take(reads); reads == nil {
			return
		}
		rest, err := s.exchangeOf(reads)
		if err != nil {
			s.failures.Add(int64(len(rest) - 1)) // do has counted one
			for _, read := range rest {
				read.item, read.err = backend.Item{}, err
			}
		}
		for _, read := range rest {
			read.done <- struct{}{}
		}
	}
}

// exchangeOf makes an exchange. It returns the reads that were not answered, and why, or
// the last one, whose call returns when the connection can be used again.
func (s *server) exchangeOf(reads []*sharedRead) (rest []*sharedRead, err error) {
	rest = reads
	defer func() {
		if p := recover(); p != nil { // it must not end the process of all calls
			err = s.gaveUp(fmt.Errorf("%w: %v", errPanic, p))
		}
	}()
	err = s.do(context.Background(), opGet, func(c *conn, _ bool) error { return c.getShared(&rest) })
	return rest, err
}

var errPanic = errors.New("memcached: reading an answer panicked")

// getShared makes several reads in one exchange. It removes those that are answered, but
// the last one.
func (c *conn) getShared(reads *[]*sharedRead) error {
	if err := c.begin(); err != nil {
		return err
	}
	for i, read := range *reads {
		if i > 0 {
			c.line = append(c.line, protocol.LineEnd...)
		}
		c.opaque++
		read.opaque = c.opaque
		c.line = append(append(append(c.line, "mg "...), read.key...), askItem...)
		c.line = strconv.AppendUint(append(c.line, " O"...), read.opaque, 10)
	}
	if err := c.finish(); err != nil {
		return err
	}
	for {
		read := (*reads)[0]
		line, err := protocol.ReadLine(c.reader)
		if err == nil {
			err = c.checkOpaque(line, read.opaque)
		}
		if err != nil {
			c.broken = true
			return err
		}
		read.item, read.err = c.readItemAfter(line, read.key)
		if read.err != nil && !errors.Is(read.err, backend.ErrNotFound) {
			return read.err
		}
		if len(*reads) == 1 {
			return nil
		}
		if len(read.item.Image) > readerSize { // what follows must not wait for it
			c.progress()
		}
		*reads = (*reads)[1:]
		read.done <- struct{}{}
	}
}

// checkOpaque checks that an answer repeats the opaque of its command.
func (c *conn) checkOpaque(line []byte, opaque uint64) error {
	if !bytes.HasPrefix(line, []byte("VA ")) && !bytes.HasPrefix(line, []byte("EN ")) && string(line) != "EN" {
		return protocol.Unexpected("mg", line)
	}
	repeated := flagOf(line, 'O')
	if repeated == nil {
		c.server.reads.unnamed.Store(true)
		return errUnnamed
	}
	if number, ok := parseNumber(repeated, math.MaxUint64); !ok || number != opaque {
		return c.outOfStep(line)
	}
	return nil
}
