package memcached

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// putBytes bounds the images of one exchange, unless it is a single one.
const putBytes = 256 << 10

// conditional is one of several writes.
type conditional struct {
	backend.Write
	result *error
	cas    *uint64 // of the item, once it is written
}

// Put writes several items to a server. See [backend.Replica].
func (b *Backend) Put(ctx context.Context, server int, writes []backend.Write) []error {
	results := make([]error, len(writes))
	s, err := b.serverAt(server)
	puts := make([]conditional, 0, len(writes))
	for i, write := range writes {
		p := conditional{write, &results[i], &writes[i].Item.CAS}
		if err != nil {
			*p.result = err
		} else if p.Key, *p.result = b.prefixed(write.Key); *p.result == nil {
			puts = append(puts, p)
		}
	}
	for len(puts) > 0 {
		part := puts[:exchangeOf(puts)]
		puts = puts[len(part):]
		if err := s.put(ctx, part); err != nil {
			s.notSent(err, puts)
			break
		}
	}
	return results
}

// exchangeOf returns how many of the writes go into the next exchange.
func exchangeOf(puts []conditional) int {
	size := 0
	for i, p := range puts {
		if size += len(p.Item.Image); i == window || size > putBytes && i > 0 {
			return i
		}
	}
	return len(puts)
}

// notSent gives writes the error of an exchange before theirs.
func (s *server) notSent(err error, puts []conditional) {
	if down, ok := errors.AsType[*backend.UnavailableError](err); ok {
		earlier := *down
		earlier.Unknown = false
		err = &earlier
	}
	for _, p := range puts {
		*p.result = err
	}
}

// put makes writes in one exchange. Its error is that of the writes that were not
// answered. A repeated write that is rejected may have been made by the first try.
func (s *server) put(ctx context.Context, puts []conditional) error {
	err := s.do(ctx, opPut, func(c *conn, again bool) (err error) {
		if puts, err = c.fits(puts); err != nil {
			return err
		}
		if err := c.sendPuts(puts); err != nil {
			return err
		}
		for ; len(puts) > 0; puts = puts[1:] {
			result, err := c.readPut(puts[0])
			if err != nil {
				return err
			}
			c.progress()
			switch {
			case again && backend.LostRace(result):
				result = s.unavailable(fmt.Errorf("%w: %w", errIndeterminate, result), true)
			case errors.Is(result, backend.ErrNoMemory):
				result = s.unavailable(result, false)
			}
			*puts[0].result = result
		}
		return nil
	})
	for _, p := range puts {
		*p.result = err
	}
	return err
}

// fits returns the writes that the server takes; the others have their results. After
// an error it returns all.
func (c *conn) fits(puts []conditional) ([]conditional, error) {
	fitting := make([]conditional, 0, len(puts))
	for _, p := range puts {
		err := error(nil)
		switch {
		case !p.Remove:
			err = c.checkSize(p.Key, p.Item)
		case p.Item.CAS == 0:
			err = backend.ErrConflict
		}
		if err != nil && !isAnswer(err) {
			return puts, err
		}
		if *p.result = err; err == nil {
			fitting = append(fitting, p)
		}
	}
	return fitting, nil
}

// sendPuts sends writes. Their answers are few bytes: the server does not wait for
// them to be read.
func (c *conn) sendPuts(puts []conditional) error {
	if len(puts) == 0 {
		return nil
	}
	now, err := c.clockFor(puts)
	if err != nil {
		return err
	}
	if err := c.before(); err != nil {
		return err
	}
	c.asked = len(puts)
	w := bufio.NewWriterSize(progressWriter{c}, putBuffer)
	for i, p := range puts {
		c.line = c.appendPut(c.line[:0], p, now)
		w.Write(c.line)    //nolint:errcheck // Flush returns it
		w.Write(p.image()) //nolint:errcheck // as above
		if c.endsApart() && i == len(puts)-1 {
			w.Flush() //nolint:errcheck // as above
		}
		w.WriteString(protocol.LineEnd) //nolint:errcheck // as above
	}
	return c.written(w.Flush())
}

// endsApart says that the end of several writes must be written by itself. A memcached
// with TLS that has read a value does not look for bytes behind it that it has received
// and decrypted already: the last commands would wait there until more comes. A record
// of its own is not read before them.
func (c *conn) endsApart() bool {
	_, secured := c.nc.(*connect.Conn)
	return secured
}

const putBuffer = 16 << 10

// progressWriter writes to a connection that has its timeout for each write.
type progressWriter struct{ c *conn }

func (w progressWriter) Write(p []byte) (int, error) {
	w.c.progress()
	return w.c.nc.Write(p) //nolint:wrapcheck // an io.Writer's error is its writer's
}

// clockFor returns the clock with which the writes count times to live: that of the
// server if one of them lives so long that its end is a date.
func (c *conn) clockFor(puts []conditional) (time.Time, error) {
	for _, p := range puts {
		if p.Item.ExpiresIn > longestRelative*time.Second {
			return c.clock()
		}
	}
	return time.Now(), nil
}

func (p conditional) image() []byte {
	if p.Remove {
		return nil
	}
	return p.Item.Image
}

// appendPut appends the line of a meta set. To remove an item it stores one that has
// expired, since servers before 1.6.20 do not report that an item was deleted.
func (c *conn) appendPut(line []byte, p conditional, now time.Time) []byte {
	line = append(append(line, "ms "...), p.Key...)
	line = strconv.AppendInt(append(line, ' '), int64(len(p.image())), 10)
	line = append(line, " k c T"...)
	if p.Remove {
		line = append(line, "-1"...)
	} else {
		line = strconv.AppendInt(line, int64(exptime(p.Item.ExpiresIn, now)), 10)
		line = strconv.AppendUint(append(line, " F"...), uint64(c.flagsOf(p.Item)), 10)
		if c.keepsVersion(p.Item) {
			line = strconv.AppendUint(append(line, " E"...), uint64(p.Item.Version), 10)
		}
	}
	if p.Item.CAS == 0 {
		line = append(line, " ME"...)
	} else {
		line = strconv.AppendUint(append(line, " C"...), p.Item.CAS, 10)
	}
	return append(line, protocol.LineEnd...)
}

// readPut reads the answer to a write: what came of it, or why nothing is known of
// it.
func (c *conn) readPut(p conditional) (result, err error) {
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
		return nil, err
	}
	word, flags := cutWord(line)
	switch {
	case word == "HD":
		c.found++
		*p.cas = p.writtenCAS(flags)
	case word == "NS" && p.Item.CAS == 0:
		result = backend.ErrExists
	case word == "EX":
		result = backend.ErrConflict
	case word == "NF":
		result = backend.ErrNotFound
	case bytes.HasPrefix(line, []byte(answerNoVersions)):
		c.limits.versions = unable
		return backend.ErrConflict, nil // another try does without
	case bytes.HasPrefix(line, []byte(answerTooLarge)):
		return c.tooLarge(p.Key, p.Item), nil
	case bytes.HasPrefix(line, []byte(answerNoMemory)):
		return backend.ErrNoMemory, nil
	default:
		c.broken = true
		return nil, protocol.Unexpected("ms", line)
	}
	return result, c.checkKey(keyFlag(flags), p.Key)
}

// writtenCAS returns the CAS number in the flags of the answer to a write. Old
// releases of memcached tell none.
func (p conditional) writtenCAS(flags []byte) uint64 {
	for flag := range bytes.FieldsSeq(flags) {
		if digits, ok := bytes.CutPrefix(flag, []byte("c")); ok && !p.Remove {
			cas, err := strconv.ParseUint(string(digits), 10, 64)
			if err == nil {
				return cas
			}
		}
	}
	return 0
}
