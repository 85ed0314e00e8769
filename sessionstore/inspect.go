package sessionstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Inspected is what is stored under the id of a session, whether it can be read or not.
type Inspected struct {
	// Ref is that of the session. The version of an item that cannot be read is a digest
	// of its bytes and flags: [Store.DeleteIf] takes it.
	Ref

	// Attributes are all attributes; nil if the item cannot be read.
	Attributes *perldata.Hash
	// Unreadable says why the item cannot be read as a session; nil if it can.
	Unreadable *UnreadableError
	// First are the first bytes of an item that cannot be read, at most [FirstBytes].
	First []byte

	Server string // that has the item, as configured
	Size   int    // of the item in bytes, as it is stored
	Flags  uint32 // client flags of the item
	// Compressed and Encrypted say in which form the item is stored.
	Compressed, Encrypted bool
	// Written is when a Store has written the item last, by its clock. It is zero if
	// another program has, or if the server keeps no versions.
	Written time.Time
}

// FirstBytes is how many bytes of an unreadable item are shown.
const FirstBytes = 256

// Inspect returns what is stored under id. It asks the origin, not the near cache, and
// it is no use of the session: it extends no idle timeout. Errors are
// [backend.ErrNotFound] and [*backend.UnavailableError].
func (s *Store) Inspect(ctx context.Context, id ID) (Inspected, error) {
	s.counts.calls.Inc()
	item, err := s.backend.Get(ctx, string(id))
	if err != nil {
		return Inspected{}, err
	}
	return s.inspected(id, item, &memory{ctx: ctx, reserve: s.reserve})
}

// InspectMany inspects the items under several ids and calls visit with each one that is
// there, in any order. It keeps few of them in memory at a time. Errors are those of
// Inspect and of visit; an item that is absent is no error.
func (s *Store) InspectMany(ctx context.Context, ids []ID, visit func(Inspected) error) error {
	s.counts.calls.Inc()
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	return indexedSessions{s}.read(ctx, keys, func(key string, item backend.Item) error {
		return s.visitWithin(ctx, ID(key), item, s.inspector(visit))
	})
}

// inspector returns a visitor of all items that are there under ids.
func (s *Store) inspector(visit func(Inspected) error) visitor {
	return func(id ID, item backend.Item, m *memory) error {
		inspected, err := s.inspected(id, item, m)
		switch {
		case errors.Is(err, backend.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return visit(inspected)
	}
}

// inspected returns what an item is, or [backend.ErrNotFound] if it is no session.
func (s *Store) inspected(id ID, item backend.Item, m *memory) (Inspected, error) {
	session, err := s.sessionWithin(id, item, m)
	unreadable, is := errors.AsType[*UnreadableError](err)
	if err != nil && !is {
		return Inspected{}, err
	}
	inspected := Inspected{
		Ref: session.Ref, Attributes: session.Attributes, Size: len(item.Image), Flags: item.Flags,
		Compressed: isCompressed(item), Encrypted: isSealed(item), Server: s.serverOf(id, item),
	}
	if written := item.Version.Credible(); written != 0 {
		inspected.Written = written.Time()
	}
	if is {
		inspected.Unreadable = unreadable
		inspected.First = bytes.Clone(item.Image[:min(FirstBytes, len(item.Image))])
		inspected.Ref = Ref{ID: id, Version: versionOfUnreadable(item), ExpiresIn: reported(item.ExpiresIn)}
	}
	return inspected, nil
}

// serverOf names the server that has an item; it is "" if the backend has only one.
func (s *Store) serverOf(id ID, item backend.Item) string {
	pool, ok := backend.PoolOf(s.backend)
	if !ok {
		return ""
	}
	return backend.PlaceOf(pool, string(id), item)
}

// versionShown returns the version that [Store.Inspect] shows of an item.
func (s *Store) versionShown(id ID, item backend.Item) string {
	defer s.large.enter(item)()
	o, err := s.openPart(id, bytesOwned(item), nil, &memory{})
	if err != nil {
		return versionOfUnreadable(item)
	}
	return version(o.image)
}

// bytesOwned returns an item whose image may be taken over.
func bytesOwned(item backend.Item) backend.Item {
	item.Image = bytes.Clone(item.Image)
	return item
}

// versionOfUnreadable is a digest of the flags and the bytes of an item that cannot be
// read.
func versionOfUnreadable(item backend.Item) string {
	sum := sha256.New()
	sum.Write([]byte{byte(item.Flags), byte(item.Flags >> 8), byte(item.Flags >> 16), byte(item.Flags >> 24)})
	sum.Write(item.Image)
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
