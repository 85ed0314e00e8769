package standby

import (
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
	if backend.SameContent(origin.item, standby.item) && (backend.CompareVersions(origin.item, standby.item) == 0 || ours == 0 || theirs == 0) {
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
	order := backend.CompareVersions(standby, origin)
	switch {
	case ours != 0 && theirs != 0 && order != 0:
		return order > 0
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
		return backend.CompareContents(standby, origin) > 0
	}
}
