package memcached

import (
	"bytes"
	"slices"
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
	if err := c.learnZones(); err != nil {
		return backend.Item{}, err
	}
	if c.limits != nil && c.limits.zones {
		return c.touchZones(key, expiresIn)
	}
	seconds, err := c.exptime(expiresIn)
	if err != nil {
		return backend.Item{}, err
	}
	err = c.send("mg ", key, " v f c t k T", strconv.FormatInt(int64(seconds), 10), protocol.LineEnd, "ms ", key, " 0 MA"+protocol.LineEnd)
	if err != nil {
		return backend.Item{}, err
	}
	item, err := c.readItem(key)
	if c.broken {
		return backend.Item{}, err
	}
	line, lineErr := protocol.ReadLine(c.reader)
	if lineErr == nil && !isTouched(line) {
		lineErr = protocol.Unexpected("ms", line)
	}
	if lineErr != nil {
		c.broken = true
		return backend.Item{}, lineErr
	}
	if err != nil {
		return backend.Item{}, err
	}
	item.CAS, item.ExpiresIn = 0, backend.AtLeast(expiresIn)
	return item, nil
}

// isTouched says whether a line answers the append of no bytes: HD, NS for an
// absent key, or that there is no memory. The time to live is set in any case.
func isTouched(line []byte) bool {
	return string(line) == "HD" || string(line) == "NS" || bytes.HasPrefix(line, []byte("SERVER_ERROR "))
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

// metaGet sends a meta get that asks for nothing but whether there is an item: the error
// is ErrNotFound if there is none.
func (c *conn) metaGet(key string, flags ...string) error {
	err := c.send(slices.Concat([]string{"mg ", key}, flags, []string{" k"})...)
	if err == nil {
		_, err = c.readMetaGet(key)
	}
	return err
}

// readMetaGet reads the answer to a meta get that does not ask for the value. It returns
// the flags of the answer, valid until the next command, or ErrNotFound.
func (c *conn) readMetaGet(key string) ([]byte, error) {
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
		return nil, err
	}
	word, got := cutWord(line)
	named := keyFlag(got)
	switch {
	case word == "EN" && len(named) == 0:
		return nil, backend.ErrNotFound
	case word != "HD" && word != "EN":
		c.broken = true
		return nil, protocol.Unexpected("mg", line)
	}
	if err := c.checkKey(named, key); err != nil {
		return nil, err
	}
	if word == "EN" {
		return nil, backend.ErrNotFound
	}
	return got, nil
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
