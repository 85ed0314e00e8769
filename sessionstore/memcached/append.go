package memcached

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// maxAppends bounds how often an append is retried when the item comes and
// goes, or when the server has no memory for it, which the server does not say.
const maxAppends = 8

// append appends to the item under key, or stores it if there is none.
func (c *conn) append(key string, item backend.Item) (backend.Item, int64, error) {
	if err := c.checkSize(key, item); err != nil {
		return backend.Item{}, 0, err
	}
	if c.limits.zones {
		return c.appendZones(key, item)
	}
	for range maxAppends {
		after, size, err := c.appendOnce(key, item)
		if !errors.Is(err, errNotAppended) {
			if err != nil {
				return backend.Item{}, 0, err
			}
			return c.appended(key, item, after, size)
		}
		if err = c.add(key, item); !errors.Is(err, backend.ErrExists) {
			after := item
			after.Image = nil
			return after, int64(len(item.Image)), err
		}
		if err = c.checkRoom(key, item); err != nil && !errors.Is(err, backend.ErrNotFound) {
			return backend.Item{}, 0, err
		}
	}
	return backend.Item{}, 0, backend.ErrNoMemory
}

// errNotAppended says that there is no item, or that there is no room in it.
var errNotAppended = errors.New("memcached: not appended")

// appendOnce appends to the item under key, and asks behind it what the item is then. A
// newer memcached than 1.6.18 stores the item if there is none (flag N).
func (c *conn) appendOnce(key string, item backend.Item) (after backend.Item, size int64, err error) {
	if err := c.begin(); err != nil {
		return backend.Item{}, 0, err
	}
	c.line = c.appendAddition(c.line, key, item)
	if err := c.finishApart(); err != nil {
		return backend.Item{}, 0, err
	}
	return c.readAddition(key, item)
}

// appendAddition appends the lines of appendOnce, without the last end.
func (c *conn) appendAddition(line []byte, key string, item backend.Item) []byte {
	line = append(append(line, "ms "...), key...)
	line = append(strconv.AppendInt(append(line, ' '), int64(len(item.Image)), 10), " MA"...)
	if item.ExpiresIn <= longestRelative*time.Second { // else the server must be asked for its clock
		line = strconv.AppendInt(append(line, " N"...), int64(exptime(item.ExpiresIn, time.Now())), 10)
		line = strconv.AppendUint(append(line, " F"...), uint64(c.flagsOf(item)), 10)
	}
	line = append(append(append(line, protocol.LineEnd...), item.Image...), protocol.LineEnd...)
	return append(append(append(line, "mg "...), key...), askSize...)
}

// readAddition reads the answers to appendOnce.
func (c *conn) readAddition(key string, item backend.Item) (after backend.Item, size int64, err error) {
	line, err := protocol.ReadLine(c.reader)
	word := string(line)
	switch {
	case err != nil:
		c.broken = true
		return backend.Item{}, 0, err
	case bytes.HasPrefix(line, []byte(answerTooLarge)):
		c.broken = true // the server may read the rest of the item as commands
		return backend.Item{}, 0, c.tooLarge(key, item)
	case word != "HD" && word != "NS":
		c.broken = true
		return backend.Item{}, 0, protocol.Unexpected("ms", line)
	}
	after, size, err = c.readMeasure(key)
	if word == "NS" && (err == nil || errors.Is(err, backend.ErrNotFound)) {
		err = errNotAppended
	}
	return after, size, err
}

// checkRoom rejects an append that would make the item too large: the server
// answers as if there were no item.
func (c *conn) checkRoom(key string, item backend.Item) error {
	present, size, err := c.measure(key)
	if err != nil {
		return err
	}
	size += int64(len(item.Image))
	if limit := c.limits.value(key, c.flagsOf(present)); size > limit {
		return &backend.TooLargeError{Limit: limit, Actual: size}
	}
	return nil
}

// appended returns the item after an append. If the item must live for longer,
// it extends its life by half of what is asked for, so that not every append
// extends it.
func (c *conn) appended(key string, item, after backend.Item, size int64) (backend.Item, int64, error) {
	if after.ExpiresIn == 0 || item.ExpiresIn != 0 && item.ExpiresIn <= after.ExpiresIn {
		return after, size, nil
	}
	after.ExpiresIn = item.ExpiresIn + item.ExpiresIn/2
	return after, size, c.extend(key, after.ExpiresIn)
}

// extend sets the time to live. The change stream does not report it.
func (c *conn) extend(key string, expiresIn time.Duration) error {
	seconds, err := c.exptime(expiresIn)
	if err == nil {
		err = c.metaGet(key, " T", strconv.FormatInt(int64(seconds), 10))
	}
	return err
}

// askSize asks for what measure returns.
const askSize = " s f c t k"

// measure asks for the size of an item, its flags and the time left.
func (c *conn) measure(key string) (backend.Item, int64, error) {
	if err := c.send("mg ", key, askSize); err != nil {
		return backend.Item{}, 0, err
	}
	return c.readMeasure(key)
}

// readMeasure reads the answer to measure.
func (c *conn) readMeasure(key string) (backend.Item, int64, error) {
	flags, err := c.readMetaGet(key)
	if err != nil {
		return backend.Item{}, 0, err
	}
	item, _, size, ok := parseSized(flags)
	if !ok {
		c.broken = true
		return backend.Item{}, 0, protocol.Unexpected("mg", flags)
	}
	if !c.server.isReserved(key) {
		item.Flags, item.Version = meaning(item.Flags, item.CAS, time.Now())
	}
	return item, size, nil
}
