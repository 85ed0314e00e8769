package near

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// The image of an entry is the image of the item and a trailer: when the origin
// was asked and when the item expires, both in nanoseconds since the start of
// the Backend (0 means that it never expires), a CAS number, the version, and a byte
// of marks.
const trailer = 33

// The marks of an entry.
const (
	markDeleted = 1 << iota // the item is a tombstone
	markWritten             // this process wrote the item: the CAS number is that of the item before
)

// resolution is how much two answers about one item may differ in the moment at
// which it expires, since the time left is in whole seconds.
const resolution = time.Second

// errNoEntry says that the near cache has something else where an entry should
// be.
var errNoEntry = errors.New("near: not an entry")

// name returns the name under which this package knows a key: the key itself, or its
// hash if the change stream tells only that.
func (b *Backend) name(key string) string {
	if b.hashed {
		return backend.KeyHash(key)
	}
	return key
}

// entryKey returns the key of the entry of a name.
func (b *Backend) entryKey(name string) string { return *b.generation.Load() + name }

// entry is what an entry says of an item.
type entry struct {
	backend.Item // without CAS number and time left

	asked   time.Duration // when the origin was asked, since the start of the Backend
	expires time.Duration // when the item expires; 0 if it never expires
	cas     uint64        // of the item, or of the item that was replaced; 0 if there was none
	written bool          // this process wrote the item, and cas is that of the item before
}

// parseEntry reads an entry, and says whether it is one.
func parseEntry(stored backend.Item) (entry, bool) {
	n := len(stored.Image) - trailer
	if n < 0 {
		return entry{}, false
	}
	marks := stored.Image[n+32]
	return entry{
		Item: backend.Item{
			Image: stored.Image[:n:n], Flags: stored.Flags, Deleted: marks&markDeleted != 0,
			Version: backend.Version(binary.LittleEndian.Uint64(stored.Image[n+24:])), Note: stored.Note,
		},
		asked:   time.Duration(binary.LittleEndian.Uint64(stored.Image[n:])),
		expires: time.Duration(binary.LittleEndian.Uint64(stored.Image[n+8:])),
		cas:     binary.LittleEndian.Uint64(stored.Image[n+16:]),
		written: marks&markWritten != 0,
	}, true
}

// load returns the entry of a name, however old it is.
func (b *Backend) load(ctx context.Context, name string) (entry, error) {
	stored, err := b.look(ctx, b.entryKey(name))
	if err != nil {
		return entry{}, err
	}
	e, ok := parseEntry(stored)
	if !ok {
		return entry{}, errNoEntry
	}
	return e, nil
}

// item returns the item of an entry that is not older than maxAge.
func (b *Backend) item(ctx context.Context, key string, maxAge time.Duration) (backend.Item, bool) {
	e, err := b.load(ctx, b.name(key))
	now := time.Since(b.started)
	if err != nil || now-e.asked > maxAge || e.expires != 0 && now >= e.expires {
		return backend.Item{}, false
	}
	if e.expires != 0 {
		e.ExpiresIn = backend.WholeSeconds(e.expires - now)
	}
	if !e.written { // else the number of the item is unknown
		e.CAS = e.cas
	}
	return e.Item, true
}

// add makes an entry of the item that a call has returned, or has written. It is
// called with the stripe's lock held, when the near cache is fresh. It returns
// false if there may be an earlier entry.
func (b *Backend) add(ctx context.Context, c call, item backend.Item, written bool) bool {
	if item.ExpiresIn < 0 || item.ExpiresIn == backend.LastMoment {
		return false
	}
	var expires time.Duration
	life := b.ttl + b.staleIfError
	if item.ExpiresIn != 0 {
		expires = c.asked + item.ExpiresIn
		life = min(life, item.ExpiresIn)
	}
	var marks byte
	if item.Deleted {
		marks |= markDeleted
	}
	if written {
		marks |= markWritten
	}
	image := make([]byte, 0, len(item.Image)+trailer)
	image = append(image, item.Image...)
	image = binary.LittleEndian.AppendUint64(image, uint64(c.asked))
	image = binary.LittleEndian.AppendUint64(image, uint64(expires))
	image = binary.LittleEndian.AppendUint64(image, item.CAS)
	image = binary.LittleEndian.AppendUint64(image, uint64(item.Version))
	image = append(image, marks)
	err := b.cache.Add(ctx, b.entryKey(c.name), backend.Item{Image: image, Flags: item.Flags, ExpiresIn: life})
	b.checkChange(err)
	return err == nil || isUnavailable(err)
}

// drop removes the entry of a name. It is called with the stripe's lock held.
func (b *Backend) drop(ctx context.Context, name string) {
	if !b.closed.Load() {
		b.checkChange(b.cache.Delete(ctx, b.entryKey(name)))
	}
}

// checkChange invalidates all entries if a change of the near cache has failed:
// an entry that should be gone may be there, and the change may still be carried
// out.
func (b *Backend) checkChange(err error) {
	if isUnavailable(err) {
		b.counts.flushes.Inc()
		b.bumpGeneration()
	}
}

// bumpGeneration invalidates all entries: from now on their keys are different.
func (b *Backend) bumpGeneration() {
	generation := "memcachedsoap:near:" + rand.Text()[:16] + ":"
	b.generation.Store(&generation)
}

func isUnavailable(err error) bool {
	_, ok := errors.AsType[*backend.UnavailableError](err)
	return ok
}
