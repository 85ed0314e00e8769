package memcached

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"memcachedsoap/sessionstore/memcached/protocol"
)

// An answer belongs to its question. A connection that once has one answer too
// many would give each later command the answer to the one before it, and so
// one user the session of another. Three checks prevent that:
//
//   - before each command, nothing may wait in the buffer or in the socket;
//   - an answer that names a key must name the key that was asked for;
//   - after the last command of a call, nothing may be left in the buffer or in the
//     socket, unless the answer has named its key: then only the buffer is looked at,
//     and the next command looks at the socket.
//
// Otherwise the connection is closed, and the answer is not believed. Answers
// to stores and deletions name no key. One that arrives too much between the
// first check and the true answer is taken for it, if the true answer comes
// after the last check.

// errOutOfStep says that a connection holds what no command has asked for. The
// call is repeated as after a lost connection.
var errOutOfStep = errors.New("memcached: an answer that nothing has asked for")

// outOfStep closes the connection after use, since its answers do not belong to
// its commands.
func (c *conn) outOfStep(unasked []byte) error {
	c.broken = true
	return fmt.Errorf("%w: %w", errOutOfStep, protocol.Unexpected("no command", unasked))
}

// before is called before each command.
func (c *conn) before() error {
	c.named = false
	if c.checked { // when the connection was taken
		c.checked = false
		return nil
	}
	if unasked := c.unasked(); unasked != nil {
		return c.outOfStep(unasked)
	}
	return nil
}

// after is called after the last command of a call, with its result.
func (c *conn) after(result error) error {
	if c.broken && (c.idle || !isLost(result)) {
		return result
	}
	if c.named && c.reader.Buffered() == 0 {
		return result
	}
	unasked := c.unasked()
	switch {
	case c.broken: // a new connection: it may say why the server has closed it
		if reason := protocol.Unexpected("a new connection", unasked); errors.Is(reason, protocol.ErrTooManyConnections) {
			return reason
		}
		return result
	case unasked == nil:
		return result
	case c.named:
		c.broken = true
		return result
	}
	return c.outOfStep(unasked)
}

// unasked returns the beginning of what has arrived and was not read, or nil. If it
// returns bytes that were not in the buffer, they are lost to the reader: the
// connection must be closed.
func (c *conn) unasked() []byte {
	if n := c.reader.Buffered(); n > 0 {
		bytes, _ := c.reader.Peek(min(n, protocol.MaxQuoted)) // they are there
		return bytes
	}
	arrived, err := c.peeker.peek()
	if err != nil {
		return nil
	}
	return arrived
}

// usable says, without waiting, whether an idle connection is still open and has
// no unread bytes. A server that was stopped or restarted has closed it; unread
// bytes would be taken for the next answer. If this is known before a command is
// sent, its outcome is not in question.
func (c *conn) usable() bool {
	if c.reader.Buffered() > 0 {
		return false
	}
	_, err := c.peeker.peek()
	return err == errNothing //nolint:errorlint // as peek returns it
}

// checkKey compares the key that an answer names with the one that was asked
// for.
func (c *conn) checkKey(named []byte, asked string) error {
	if string(named) != asked {
		return c.outOfStep(slices.Concat([]byte("k"), named))
	}
	c.named = true
	return nil
}

// lineConn is a connection as gomemcache sees it. gomemcache has a buffer of its
// own, which nobody else can look into; therefore a read returns at most one
// line. The answers to the commands that go through gomemcache are one line.
type lineConn struct {
	net.Conn
	reader *bufio.Reader // shared with the commands that gomemcache lacks
}

func (l lineConn) Read(p []byte) (int, error) {
	if _, err := l.reader.Peek(1); err != nil {
		return 0, err //nolint:wrapcheck // an io.Reader's error is its reader's
	}
	there, _ := l.reader.Peek(min(l.reader.Buffered(), len(p))) // they are there
	if i := bytes.IndexByte(there, '\n'); i >= 0 {
		there = there[:i+1]
	}
	n := copy(p, there)
	_, err := l.reader.Discard(n)
	return n, err //nolint:wrapcheck // as above
}

// Close leaves the connection open: its owner closes it.
func (lineConn) Close() error { return nil }

// SetDeadline leaves the connection the deadline of the exchange.
func (lineConn) SetDeadline(time.Time) error { return nil }

// cutWord cuts the line of an answer to a meta command into its first word and
// the rest, which may be empty.
func cutWord(line []byte) (word string, flags []byte) {
	first, flags, _ := bytes.Cut(line, []byte(" "))
	for _, known := range answerWords {
		if string(first) == known {
			return known, flags
		}
	}
	return string(first), flags
}

// answerWords begin the usual answers to meta commands.
var answerWords = [...]string{"HD", "EN", "NS", "EX", "NF"} //nolint:gochecknoglobals // a constant

// keyFlag returns the key that the flags of an answer name, or nothing. Versions of
// memcached before 1.6.16 name no key when the item is absent.
func keyFlag(flags []byte) []byte { return flagOf(flags, 'k') }

// flagOf returns the value of a flag of an answer, or nothing.
func flagOf(flags []byte, name byte) []byte {
	for len(flags) > 0 {
		var flag []byte
		flag, flags, _ = bytes.Cut(flags, []byte(" "))
		if len(flag) > 0 && flag[0] == name {
			return flag[1:]
		}
	}
	return nil
}
