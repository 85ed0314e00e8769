package memcached

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// Meta commands that gomemcache lacks (memcached's protocol.txt).

// touch sets the time to live and returns the item. The change stream does not
// report that, but it reports the append of no bytes that follows, which changes
// the CAS number and nothing else.
func (c *conn) touch(key string, expiresIn time.Duration) (backend.Item, error) {
	seconds := strconv.FormatInt(int64(exptime(expiresIn, time.Now())), 10)
	err := c.send("mg ", key, " v f c t T", seconds, protocol.LineEnd, "ms ", key, " 0 MA"+protocol.LineEnd)
	if err != nil {
		return backend.Item{}, err
	}
	item, err := readItem(c.reader)
	if err == nil || errors.Is(err, backend.ErrNotFound) {
		// HD, NS for an absent key, or that there is no memory: the time is set
		// in any case.
		if _, lineErr := protocol.ReadLine(c.reader); lineErr != nil {
			err = lineErr
		}
	}
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		c.broken = true
	}
	if err != nil {
		return backend.Item{}, err
	}
	item.CAS, item.ExpiresIn = 0, backend.WholeSeconds(expiresIn)
	return item, nil
}

// deleteUnchanged deletes the item if it still has the CAS number. Otherwise it
// returns ErrConflict or ErrNotFound.
func (c *conn) deleteUnchanged(key string, cas uint64) error {
	line, err := c.meta("md ", key, " C", strconv.FormatUint(cas, 10))
	switch {
	case err != nil:
		return err
	case string(line) == "HD":
		return nil
	case string(line) == "NF":
		return backend.ErrNotFound
	case string(line) == "EX":
		return backend.ErrConflict
	}
	c.broken = true
	return protocol.Unexpected("md", line)
}

// casOf returns the CAS number of an item, or ErrNotFound.
func (c *conn) casOf(key string) (uint64, error) {
	line, err := c.meta("mg ", key, " c")
	switch {
	case err != nil:
		return 0, err
	case string(line) == "EN":
		return 0, backend.ErrNotFound
	}
	digits, ok := bytes.CutPrefix(line, []byte("HD c"))
	cas, err := strconv.ParseUint(string(digits), 10, 64)
	if !ok || err != nil {
		c.broken = true
		return 0, protocol.Unexpected("mg", line)
	}
	return cas, nil
}

// setEmpty stores an empty item that does not expire.
func (c *conn) setEmpty(key string) error {
	line, err := c.meta("ms ", key, " 0"+protocol.LineEnd)
	if err == nil && string(line) != "HD" {
		c.broken = true
		err = protocol.Unexpected("ms", line)
	}
	return err
}

// meta sends a command and returns the line of its answer, valid until the
// next one.
func (c *conn) meta(parts ...string) ([]byte, error) {
	if err := c.send(parts...); err != nil {
		return nil, err
	}
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
	}
	return line, err
}
