package standby

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// found is what a side has under a key.
type found struct {
	item backend.Item
	ok   bool
}

// later returns what counts of what both sides have under a key. An item without a
// version is none of a session, or was stored by a program that has no versions.
func (b *Backend) later(key string, origin, standby found) found {
	if !origin.ok || !standby.ok {
		if standby.ok {
			return standby
		}
		return origin
	}
	ours, theirs := origin.item.Version.Credible(), standby.item.Version.Credible()
	if backend.SameContent(origin.item, standby.item) && (mayBeSame(origin.item, standby.item) || ours == 0 || theirs == 0) {
		if longer(standby.item.ExpiresIn, origin.item.ExpiresIn) {
			origin.item.ExpiresIn = standby.item.ExpiresIn
		}
		return origin
	}
	if b.standbyIsLater(key, origin.item, standby.item) {
		return standby
	}
	return origin
}

// longer says whether a time to live is longer than another.
func longer(a, b time.Duration) bool { return b != 0 && (a == 0 || a > b) }

// standbyIsLater compares two different items. Where versions do not tell, a tombstone
// is the later one. Nothing tells when an item without a version was stored:
//
//   - That of the origin counts as the latest. On a server that has returned it is only
//     as old as the last proof that the server was equal.
//   - That of the standby is as old as the last such proof: until then the replicator
//     would have given it a version.
func (b *Backend) standbyIsLater(key string, origin, standby backend.Item) bool {
	ours, theirs := origin.Version.Credible(), standby.Version.Credible()
	switch {
	case ours != 0 && theirs != 0 && !mayBeSame(origin, standby):
		return theirs > ours
	case origin.Deleted != standby.Deleted:
		return standby.Deleted
	case ours == 0 && theirs == 0:
		return b.originOf(key).state() == Returned
	case ours == 0:
		m := b.originOf(key)
		return m.state() == Returned && theirs > m.lastEqual()
	case theirs == 0:
		return ours < b.standbyOf(key).lastEqual()
	default:
		return bytes.Compare(digest(standby), digest(origin)) > 0
	}
}

// grain is twice the grain at which a server keeps a version that it cannot keep as the
// CAS number. It rounds up.
const grain = backend.Version(20 * time.Millisecond / time.Microsecond << 8)

// mayBeSame says whether two items have the same version, or if only one of them has an
// exact one, whether the other one may be the same rounded up.
func mayBeSame(a, b backend.Item) bool {
	if isExact(a) == isExact(b) {
		return a.Version == b.Version
	}
	exact, rounded := a.Version, b.Version
	if isExact(b) {
		exact, rounded = b.Version, a.Version
	}
	return exact <= rounded && rounded-exact < grain
}

// isExact says whether a server keeps the version of an item as its CAS number.
func isExact(item backend.Item) bool { return uint64(item.Version) == item.CAS }

// digest is the same for two items with the same content.
func digest(item backend.Item) []byte {
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint32(nil, item.Flags), item.Image...))
	return sum[:]
}
