package memcached

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// maxAppends bounds how often an append is tried when the item comes and goes,
// or the server has no memory for it, which it does not say.
const maxAppends = 8

// Append appends to the item under key, or stores it if there is none.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	wire, err := b.wire(key)
	if err != nil {
		return backend.Item{}, 0, err
	}
	run := func(c *conn, _ bool) (err error) {
		after, size, err = c.append(wire, item)
		return err
	}
	if b.chain == nil {
		err = b.home(key).do(ctx, writing, run)
		return after, size, err
	}
	w := b.walk(key, wire)
	if _, err := w.settled(ctx); err != nil {
		return backend.Item{}, 0, err
	}
	err = w.atHome(ctx, func(_ *server, c *conn, again bool) error { return run(c, again) })
	return after, size, err
}

func (c *conn) append(wire string, item backend.Item) (backend.Item, int64, error) {
	if err := c.checkSize(wire, item); err != nil {
		return backend.Item{}, 0, err
	}
	for range maxAppends {
		line, err := c.meta("ms ", wire, " ", strconv.Itoa(len(item.Image)), " MA"+protocol.LineEnd, string(item.Image))
		switch {
		case err != nil:
			return backend.Item{}, 0, err
		case string(line) == "HD":
			return c.appended(wire, item)
		case string(line) != "NS":
			c.broken = true
			return backend.Item{}, 0, protocol.Unexpected("ms", line)
		}
		if err = c.add(wire, item); !errors.Is(err, backend.ErrExists) {
			after := item
			after.Image = nil
			return after, int64(len(item.Image)), err
		}
		if err = c.checkRoom(wire, item); err != nil && !errors.Is(err, backend.ErrNotFound) {
			return backend.Item{}, 0, err
		}
	}
	return backend.Item{}, 0, backend.ErrNoMemory
}

// checkRoom refuses what would make the item too large: for the server that is
// the same as if there were no item.
func (c *conn) checkRoom(wire string, item backend.Item) error {
	present, size, err := c.measure(wire)
	if err != nil {
		return err
	}
	size += int64(len(item.Image))
	if limit := c.limits.value(wire, present.Flags); size > limit {
		return &backend.TooLargeError{Limit: limit, Actual: size}
	}
	return nil
}

// appended says what became of an item, and extends its life to half as long
// again as it must live: so that not every append has to.
func (c *conn) appended(wire string, item backend.Item) (backend.Item, int64, error) {
	after, size, err := c.measure(wire)
	if err != nil || after.ExpiresIn == 0 || item.ExpiresIn != 0 && item.ExpiresIn <= after.ExpiresIn {
		return after, size, err
	}
	after.ExpiresIn = item.ExpiresIn + item.ExpiresIn/2
	return after, size, c.prolong(wire, after.ExpiresIn)
}

// prolong sets the time to live, of which nobody is told.
func (c *conn) prolong(wire string, expiresIn time.Duration) error {
	line, err := c.meta("mg ", wire, " T", strconv.FormatInt(int64(exptime(expiresIn, time.Now())), 10))
	switch {
	case err != nil:
		return err
	case string(line) == "EN":
		return backend.ErrNotFound
	case string(line) != "HD":
		c.broken = true
		return protocol.Unexpected("mg", line)
	}
	return nil
}

// measure asks for the size of an item, its flags and the time left.
func (c *conn) measure(wire string) (backend.Item, int64, error) {
	line, err := c.meta("mg ", wire, " s f c t")
	if err != nil {
		return backend.Item{}, 0, err
	}
	if string(line) == "EN" {
		return backend.Item{}, 0, backend.ErrNotFound
	}
	rest, ok := bytes.CutPrefix(line, []byte("HD s"))
	digits, flags, _ := bytes.Cut(rest, []byte(" "))
	size, err := strconv.ParseInt(string(digits), 10, 64)
	item, _, parsed := parseItemFlags(flags)
	if !ok || err != nil || !parsed {
		c.broken = true
		return backend.Item{}, 0, protocol.Unexpected("mg", line)
	}
	return item, size, nil
}
