package moving

import (
	"encoding/binary"

	"memcachedsoap/sessionstore/backend"
)

// A frozen item is under way from its previous place to the present one. Its bytes begin
// with a header: frozenMark, the client flags and the version of the item. It has the
// flag of a Storable image, which its bytes are not, so that Perl programs take it for
// an absent item (Cache::Memcached 1.30 and Cache::Memcached::Fast 0.28 do).
const (
	frozenMark   = "\x00memcachedsoap frozen\n"
	frozenHeader = len(frozenMark) + 4 + 8
	frozenFlags  = 1
)

// freeze returns the frozen form of an item. Its version is a later one: where versions
// are CAS numbers, writers who have read the item must not succeed.
func (b *Backend) freeze(item backend.Item) backend.Item {
	frozen := item
	frozen.Image = append(make([]byte, 0, frozenHeader+len(item.Image)), frozenMark...)
	frozen.Image = binary.BigEndian.AppendUint32(frozen.Image, item.Flags)
	frozen.Image = binary.BigEndian.AppendUint64(frozen.Image, uint64(item.Version))
	frozen.Image = append(frozen.Image, item.Image...)
	frozen.Flags = frozenFlags
	if item.Version != 0 {
		frozen.Version = b.clock.After(item.Version)
	}
	return frozen
}

// isFrozen says whether an item is frozen.
func isFrozen(item backend.Item) bool {
	return !item.Deleted && item.Flags == frozenFlags && len(item.Image) >= frozenHeader &&
		string(item.Image[:len(frozenMark)]) == frozenMark
}

// thaw undoes freeze. An item that is not frozen is returned as it is.
func thaw(item backend.Item) backend.Item {
	if !isFrozen(item) {
		return item
	}
	header := item.Image[len(frozenMark):frozenHeader]
	item.Flags = binary.BigEndian.Uint32(header)
	item.Version = backend.Version(binary.BigEndian.Uint64(header[4:]))
	item.Image = item.Image[frozenHeader:]
	return item
}
