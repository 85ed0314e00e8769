package memcached

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// Rejections of a server that have a meaning to the caller.
var (
	errTooLarge = errors.New("memcached: the server says that the object is too large")
	errNoCAS    = errors.New("memcached: the server runs without compare-and-swap (option -C)")
)

// get asks for value, flags, CAS number and time left at once.
func (c *conn) get(key string) (backend.Item, error) {
	if err := c.send("mg ", key, askItem); err != nil {
		return backend.Item{}, err
	}
	return c.readItem(key)
}

// askItem asks for what get returns.
const askItem = " v f c t k"

// readItem reads the answer to a meta get of key that asks for an item.
func (c *conn) readItem(key string) (backend.Item, error) {
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
		return backend.Item{}, err
	}
	return c.readItemAfter(line, key)
}

// readItemAfter is readItem after the first line.
func (c *conn) readItemAfter(line []byte, key string) (backend.Item, error) {
	item, named, err := readItemAfter(c.reader, line, key)
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		c.broken = true
		return backend.Item{}, err
	}
	if c.named = named == key; !c.named && (err == nil || named != "") {
		return backend.Item{}, c.outOfStep([]byte("k" + named))
	}
	return c.understood(key, item), err
}

// understood returns an item that was read, with its value, as it was stored.
func (c *conn) understood(key string, item backend.Item) backend.Item {
	return understood(item, c.server.isReserved(key), time.Now())
}

func (c *conn) add(key string, item backend.Item) error {
	if err := c.checkSize(key, item); err != nil {
		return err
	}
	if item = c.numbered(item); c.keepsVersion(item) {
		if err := c.storeVersion(key, item, "ME"); !errors.Is(err, errNoVersions) {
			return err
		}
	}
	return c.store(key, item, c.client.Add)
}

func (c *conn) compareAndSwap(key string, item backend.Item) error {
	if err := c.checkSize(key, item); err != nil {
		return err
	}
	if !c.limits.cas {
		return errNoCAS
	}
	if item = c.numbered(item); c.keepsVersion(item) {
		expected := "C" + strconv.FormatUint(item.CAS, 10)
		if err := c.storeVersion(key, item, expected); !errors.Is(err, errNoVersions) {
			return err
		}
	}
	return c.store(key, item, c.client.CompareAndSwap)
}

// store runs a command of gomemcache that stores an item.
func (c *conn) store(key string, item backend.Item, run func(*memcache.Item) error) error {
	seconds, err := c.exptime(item.ExpiresIn)
	if err != nil {
		return err
	}
	if err := c.before(); err != nil {
		return err
	}
	return c.stored(key, item, run(&memcache.Item{
		Key: key, Value: item.Image, Flags: c.flagsOf(item), Expiration: seconds, CasID: item.CAS,
	}))
}

// stored translates what gomemcache returns for a write. A server may reject an
// item for its size although it fits by our calculation.
func (c *conn) stored(key string, item backend.Item, err error) error {
	err = c.result(err)
	if !errors.Is(err, errTooLarge) {
		return err
	}
	return c.tooLarge(key, item)
}

// tooLarge is the error of an item that the server has rejected for its size.
func (c *conn) tooLarge(key string, item backend.Item) error {
	size := int64(len(item.Image))
	return &backend.TooLargeError{Limit: min(c.limits.value(key, c.flagsOf(item)), size-1), Actual: size}
}

func (c *conn) delete(key string) error {
	if err := c.before(); err != nil {
		return err
	}
	return c.result(c.client.Delete(key))
}

// afterLostAnswer returns the outcome of a write that was repeated and then
// rejected. If the server holds the same item, the first try has stored it. If
// the server holds another item, the outcome is indeterminate: that item may
// have been stored before ours or after it.
func (c *conn) afterLostAnswer(key string, item backend.Item, refusal error) error {
	present, err := c.get(key)
	switch {
	case errors.Is(err, backend.ErrNotFound):
		return refusal
	case err != nil:
		return err
	case backend.SameContent(present, item):
		return nil
	}
	return fmt.Errorf("%w: %w", errIndeterminate, io.ErrUnexpectedEOF)
}

// stats sends "stats" or "stats <what>".
func (c *conn) stats(command string) ([]backend.Stat, error) {
	if err := c.send(command); err != nil {
		return nil, err
	}
	stats, err := protocol.ReadStats(c.reader)
	if err != nil {
		c.broken = true
	}
	return stats, err
}

// readSettings asks for the limits, and whether the server keeps versions as CAS
// numbers. Managed servers may refuse to tell their settings: then the limit is
// unknown, and the answer to a write says whether the item was too large.
func (c *conn) readSettings() error {
	settings, err := c.stats("stats settings" + protocol.LineEnd + tryVersion)
	if err != nil && !errors.Is(err, protocol.ErrRefused) {
		return err
	}
	c.limits = readLimits(settings)
	c.limits.zones = isProxy(settings) && c.server.proxy != DirectProxy
	c.server.told.Store(true)
	c.server.zones.Store(c.limits.zones)
	if c.limits.versions, err = readTriedVersion(c.reader); err != nil {
		c.broken = true
		return err
	}
	if c.server.stamps || c.limits.full {
		c.limits.versions = unable
	}
	c.broken = false
	return c.refuseZones()
}

// ping asks for an item. A proxy answers the meta no-op by itself, also when the
// server behind it is down.
func (c *conn) ping() error {
	err := c.metaGet(inspectionKey)
	if errors.Is(err, backend.ErrNotFound) {
		return nil
	}
	return err
}

// send writes a command line.
func (c *conn) send(parts ...string) error {
	if err := c.begin(parts...); err != nil {
		return err
	}
	return c.finish()
}

// begin begins a command line.
func (c *conn) begin(parts ...string) error {
	if err := c.before(); err != nil {
		return err
	}
	c.line = c.line[:0]
	for _, part := range parts {
		c.line = append(c.line, part...)
	}
	return nil
}

// maxKeptLine is the largest command line whose memory is kept, in bytes.
const maxKeptLine = 64 << 10

// finish writes the command line that was begun.
func (c *conn) finish() error {
	c.line = append(c.line, protocol.LineEnd...)
	if cap(c.line) > maxKeptLine {
		defer func() { c.line = nil }()
	}
	return c.written(c.stream.send(c.line))
}

// finishApart is finish after a command that stores a value and others behind it. See
// endsApart.
func (c *conn) finishApart() error {
	if c.endsApart() {
		if err := c.written(c.stream.send(c.line)); err != nil {
			return err
		}
		c.line = c.line[:0]
	}
	return c.finish()
}

// written returns the error of a write to the connection.
func (c *conn) written(err error) error {
	if err == nil {
		return nil
	}
	c.broken = true
	return fmt.Errorf("memcached: sending a command: %w", err)
}

// limits are those of a server.
type limits struct {
	item     int64 // bytes of a whole item; 0 if the server does not say
	cas      bool
	versions ability // to keep versions as CAS numbers
	zones    bool    // it is a proxy that may store a key in several zones
	// full says that the server evicts nothing (-M). Without memory for the item of an
	// ms it removes the one that is there, which other commands do not.
	full bool
}

// checkSize rejects an item that the server would reject: some versions and
// commands remove the item that is there before they reject the new one. It
// asks for the limits once for each connection, and again before it rejects an
// item, since another server may have taken the place of the first.
func (c *conn) checkSize(key string, item backend.Item) error {
	size := int64(len(item.Image))
	if c.limits == nil || size > c.limits.value(key, c.flagsOf(item)) {
		if err := c.readSettings(); err != nil {
			return err
		}
	}
	if limit := c.limits.value(key, c.flagsOf(item)); size > limit {
		return &backend.TooLargeError{Limit: limit, Actual: size}
	}
	return nil
}

func readLimits(settings []backend.Stat) *limits {
	l := &limits{cas: true}
	for _, setting := range settings {
		switch setting.Name {
		case "item_size_max":
			// Without a number the server alone decides.
			l.item, _ = strconv.ParseInt(setting.Value, 10, 64)
		case "cas_enabled":
			l.cas = setting.Value != "no"
		case "evictions":
			l.full = setting.Value == "off"
		}
	}
	return l
}

// What memcached 1.6 keeps with a value and counts against item_size_max
// (do_item_alloc in items.c), in bytes.
const (
	itemHeader = 48 // sizeof(item) on 64 bits
	itemCAS    = 8  // unless started with -C
	itemFlags  = 4  // unless they are 0
)

// value returns the size in bytes of the largest value that fits under key.
func (l *limits) value(key string, flags uint32) int64 {
	if l.item == 0 {
		return math.MaxInt64
	}
	used := int64(itemHeader + len(key) + 1 + len(protocol.LineEnd))
	if l.cas {
		used += itemCAS
	}
	if flags != 0 {
		used += itemFlags
	}
	return max(l.item-used, 0)
}
