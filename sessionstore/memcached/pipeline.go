package memcached

import (
	"context"
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

var _ backend.Pipeliner = (*Backend)(nil)

// Together says whether one server has both keys. With [Rehash] the server of a key is
// not known before it is asked. Proxies of other programs get one command at a time.
func (b *Backend) Together(key, other string) bool {
	return !b.placement.moves() && !b.proxied && b.selector.Pick(key) == b.selector.Pick(other)
}

// StoreThen stores an item and makes a second call behind it. See [backend.Pipeliner].
func (b *Backend) StoreThen(ctx context.Context, key string, item backend.Item, then *backend.Second) error {
	prefixed, err := b.prefixed(key)
	other, otherErr := b.prefixed(then.Key)
	switch {
	case err != nil || otherErr != nil:
		then.Err = errors.Join(err, otherErr)
		return then.Err
	case !b.Together(key, then.Key):
		return backend.StoreThen(ctx, struct{ backend.Backend }{b}, key, item, then)
	}
	return b.servers[b.selector.Pick(key)].storeThen(ctx, &pipelined{key: prefixed, item: item, other: other, then: then})
}

// pipelined are two calls, with prefixed keys.
type pipelined struct {
	key   string
	item  backend.Item
	other string
	then  *backend.Second
	made  bool // the second call
}

// operation returns what the two calls do together.
func (p *pipelined) operation() operation {
	adds, appends := p.item.CAS == 0, p.then.Addition != nil
	switch {
	case adds && appends:
		return opAddAppend
	case adds:
		return opAddGet
	case appends:
		return opCompareAndSwapAppend
	}
	return opCompareAndSwapGet
}

func (s *server) storeThen(ctx context.Context, p *pipelined) error {
	err := s.do(ctx, p.operation(), func(c *conn, again bool) error {
		if p.made = false; again {
			return c.storeBefore(p, again)
		}
		return c.storeThen(p)
	})
	failed := p.then.Err
	switch {
	case !p.made, err != nil && !isAnswer(err):
		p.then.Err = err
	case failed != nil && !isAnswer(failed):
		p.then.Err = s.unavailable(failed, p.then.Addition != nil)
	}
	return err
}

// storeBefore makes the two calls one after the other.
func (c *conn) storeBefore(p *pipelined, again bool) error {
	err := c.storeItem(p.key, p.item, again)
	if c.broken || err != nil && !isAnswer(err) {
		return err
	}
	p.made = true
	if p.then.Addition == nil {
		p.then.Item, p.then.Err = c.get(p.other)
	} else {
		p.then.Item, p.then.Size, p.then.Err = c.append(p.other, *p.then.Addition)
	}
	return err
}

// storeItem adds an item, or compares and swaps it if it has a CAS number. again says
// that the first try may have stored it.
func (c *conn) storeItem(key string, item backend.Item, again bool) error {
	store, raced := c.compareAndSwap, backend.ErrConflict
	if item.CAS == 0 {
		store, raced = c.add, backend.ErrExists
	}
	err := store(key, item)
	if again && errors.Is(err, raced) {
		return c.afterLostAnswer(key, item, err)
	}
	return err
}

// storeThen makes the two calls in one exchange. Nothing is believed before both are
// answered: an answer that does not belong to the second call shows that the first one
// may not belong to its call either.
func (c *conn) storeThen(p *pipelined) error {
	ready, err := c.canPipeline(p)
	switch {
	case err != nil:
		return err
	case !ready:
		return c.storeBefore(p, false)
	}
	if err := c.begin(); err != nil {
		return err
	}
	versioned := c.keepsVersion(p.item)
	c.line = append(append(c.appendStore(c.line, p, versioned), p.item.Image...), protocol.LineEnd...)
	if addition := p.then.Addition; addition != nil {
		c.line = c.appendAddition(c.line, p.other, *addition)
	} else {
		c.line = append(append(append(c.line, "mg "...), p.other...), askItem...)
	}
	if err := c.finishApart(); err != nil {
		return err
	}
	stored, err := c.readStored(p, versioned)
	if err != nil {
		return err
	}
	if err := c.readSecond(p); err != nil {
		return err
	}
	p.made = true
	if errors.Is(stored, errNoVersions) { // it was not carried out
		return c.storeBefore(p, false)
	}
	return stored
}

// canPipeline says whether the two calls can be one exchange: none of them needs an
// exchange of its own before it.
func (c *conn) canPipeline(p *pipelined) (bool, error) {
	if err := c.checkSize(p.key, p.item); err != nil {
		return false, err
	}
	longest := p.item.ExpiresIn
	if addition := p.then.Addition; addition != nil {
		if int64(len(addition.Image)) > c.limits.value(p.other, c.flagsOf(*addition)) {
			return false, nil
		}
		longest = max(longest, addition.ExpiresIn)
	}
	return c.limits.cas && !c.limits.zones && longest <= longestRelative*time.Second, nil
}

// appendStore appends the line that stores an item: an ms with the version as CAS
// number, or a classic command.
func (c *conn) appendStore(line []byte, p *pipelined, versioned bool) []byte {
	seconds := exptime(p.item.ExpiresIn, time.Now())
	if versioned {
		mode := "ME"
		if p.item.CAS != 0 {
			mode = "C" + strconv.FormatUint(p.item.CAS, 10)
		}
		return c.appendVersioned(line, p.key, p.item, mode, seconds)
	}
	word := "cas "
	if p.item.CAS == 0 {
		word = "add "
	}
	line = append(append(line, word...), p.key...)
	line = strconv.AppendUint(append(line, ' '), uint64(c.flagsOf(p.item)), 10)
	line = strconv.AppendInt(append(line, ' '), int64(seconds), 10)
	line = strconv.AppendInt(append(line, ' '), int64(len(p.item.Image)), 10)
	if p.item.CAS != 0 {
		line = strconv.AppendUint(append(line, ' '), p.item.CAS, 10)
	}
	return append(line, protocol.LineEnd...)
}

// readStored reads the answer to the line of appendStore: stored is what has come of
// it, err why nothing behind it can be read.
func (c *conn) readStored(p *pipelined, versioned bool) (stored, err error) {
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
		return nil, err
	}
	if versioned {
		stored = c.storedVersion(p.key, p.item, line)
	} else {
		stored = c.storedClassic(p.key, p.item, line)
	}
	if c.broken {
		return nil, stored
	}
	return stored, nil
}

// storedClassic translates the answer to a classic command that stores an item.
func (c *conn) storedClassic(key string, item backend.Item, line []byte) error {
	switch string(line) {
	case "STORED":
		return nil
	case "NOT_STORED":
		return backend.ErrExists
	case "EXISTS":
		return backend.ErrConflict
	case "NOT_FOUND":
		return backend.ErrNotFound
	}
	return c.notStored(key, item, line)
}

// readSecond reads the answer to the second call. Its error means that the answers are
// not to be believed.
func (c *conn) readSecond(p *pipelined) error {
	then := p.then
	if then.Addition == nil {
		then.Item, then.Err = c.readItem(p.other)
		if then.Err != nil && !errors.Is(then.Err, backend.ErrNotFound) {
			return then.Err
		}
		return nil
	}
	after, size, err := c.readAddition(p.other, *then.Addition)
	switch {
	case errors.Is(err, errNotAppended):
		then.Item, then.Size, then.Err = c.append(p.other, *then.Addition)
	case err == nil:
		then.Item, then.Size, then.Err = c.appended(p.other, *then.Addition, after, size)
	case isAnswer(err):
		then.Err = err
	default:
		return err
	}
	return nil
}
