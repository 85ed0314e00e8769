package memcached

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
)

// conn is one connection to a server, for one command at a time. Its methods
// for commands are in commands.go.
type conn struct {
	nc     net.Conn
	server *server
	born   time.Time
	client *memcache.Client // speaks over nc and never dials
	stream *stream          // of nc, for other commands than those of client
	reader *bufio.Reader    // of stream, also for client
	peeker *peeker          // of nc
	line   []byte           // the command being written, kept for its memory
	opaque uint64           // of the last command that had one
	limits *limits          // what the server takes; nil until asked

	// idle says that the connection was idle: the server may have closed it
	// meanwhile, which is no fault of the call that notices it.
	idle bool
	// broken says that the stream is closed or out of step.
	broken bool
	// named says that the last answer has named the key that was asked for.
	named bool
	// asked and found count the items of an exchange about several, for its span.
	asked, found int
	// checked says that nothing unread has arrived, as was seen a moment ago.
	checked bool

	giveUp  func()         // closes nc
	closing sync.WaitGroup // counts a close that began because the call was given up
}

// readerSize is the buffer for answers: a line and a common session at once.
const readerSize = 4 << 10

var errNotConnected = errors.New("memcached: connection is gone")

func newConn(nc net.Conn, to *server) *conn {
	to.open.Add(1)
	c := &conn{nc: nc, server: to, born: time.Now(), stream: newStream(nc), peeker: newPeeker(nc)}
	c.reader = bufio.NewReaderSize(c.stream, readerSize)
	c.giveUp = func() {
		defer c.closing.Done()
		c.nc.Close() //nolint:errcheck // given up; the command reports the failure
	}
	c.client = memcache.NewFromSelector(only{to.address})
	c.client.Timeout = to.timeout
	c.client.MaxIdleConns = 1
	given := false
	c.client.DialContext = func(context.Context, string, string) (net.Conn, error) {
		if given { // the client has closed it
			return nil, errNotConnected
		}
		given = true
		return lineConn{nc, c.reader}, nil
	}
	return c
}

// only is the selector of a client that has one server.
type only struct{ address selector.Address }

func (o only) PickServer(string) (net.Addr, error)   { return o.address, nil }
func (o only) Each(visit func(net.Addr) error) error { return visit(o.address) }

// use runs command and then gives the connection back. If ctx ends before
// command returns, it closes the connection, which makes command return. After
// a panic of command nobody knows what the server will answer, so that the
// connection is closed.
func (c *conn) use(ctx context.Context, run command, again bool) error {
	stop := func() bool { return true }
	if ctx.Done() != nil {
		c.closing.Add(1)
		stop = context.AfterFunc(ctx, c.giveUp)
	}
	returned := false
	defer func() {
		if !stop() {
			c.closing.Wait()
			c.broken = true
		} else if ctx.Done() != nil {
			c.closing.Done()
		}
		c.broken = c.broken || !returned
		c.server.release(c)
	}()
	err := c.after(run(c, again))
	returned = true
	return err
}

// progress gives the command under way its timeout, or gives it again: it has got one of
// several answers. The deadline stays when the command has ended, and means nothing then.
func (c *conn) progress() {
	c.nc.SetDeadline(time.Now().Add(c.server.timeout)) //nolint:errcheck // of a closed connection; the command fails
}

// answerTooLarge begins the answer to an item that is too large.
const answerTooLarge = "SERVER_ERROR object too large"

// answerNoMemory begins the answer to an item for which there is no memory.
const answerNoMemory = "SERVER_ERROR out of memory"

// result translates what gomemcache returns. After an error that is no answer
// to the command the connection is broken: gomemcache has closed it.
func (c *conn) result(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, memcache.ErrCacheMiss):
		return backend.ErrNotFound
	case errors.Is(err, memcache.ErrCASConflict):
		return backend.ErrConflict
	case errors.Is(err, memcache.ErrNotStored):
		return backend.ErrExists
	}
	c.broken = true
	// gomemcache has no errors of its own for these answers. The texts are
	// those of memcached's process_update_command, and gomemcache's prefix for
	// answers that it does not understand.
	switch text := err.Error(); {
	case strings.Contains(text, answerTooLarge):
		return errTooLarge
	case strings.Contains(text, answerNoMemory):
		return backend.ErrNoMemory
	case strings.Contains(text, protocol.TooManyConnections):
		return fmt.Errorf("%w: %w", protocol.ErrTooManyConnections, err)
	case strings.Contains(text, protocol.Unauthenticated):
		return fmt.Errorf("%w: %w", protocol.ErrUnauthenticated, err)
	case strings.Contains(text, "SERVER_ERROR ") && c.server.zones.Load():
		return fmt.Errorf("%w: %w: %w", errZone, protocol.ErrUnexpected, err)
	case strings.HasPrefix(text, "memcache: "):
		return fmt.Errorf("%w: %w", protocol.ErrUnexpected, err)
	}
	return err
}

// isLost says whether err means that the connection is lost: the server has
// closed it, or its answers are out of step. That says nothing of the server, as
// opposed to answering late or wrongly.
func isLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, errOutOfStep)
}

// maxAge is how long a connection to a host name is used. Then the name is
// resolved again, since its IP address may have changed.
const maxAge = time.Minute

func (c *conn) old() bool { return c.server.address.IsName() && time.Since(c.born) > maxAge }

// close is called once, by the owner of the connection.
func (c *conn) close() {
	c.server.open.Add(-1)
	c.nc.Close() //nolint:errcheck // nothing is left to be lost
}
