package backend

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// VersionGrain is how much greater a [Version] is at most than the one that was stored,
// if the server cannot keep it as the CAS number and rounds it up.
const VersionGrain = Version(20*time.Millisecond/time.Microsecond) << versionNodeBits

// CompareVersions compares when two items were written, as [cmp.Compare] does. If only
// one of them has its exact version, they count as written at the same time if the
// version of the other one may be the same, rounded up. An item without a credible
// version is earlier than one that has one.
func CompareVersions(a, b Item) int {
	x, y := a.Version.Credible(), b.Version.Credible()
	if x != 0 && y != 0 && isExact(a) != isExact(b) {
		exact, rounded := x, y
		if isExact(b) {
			exact, rounded = y, x
		}
		if exact <= rounded && rounded-exact < VersionGrain {
			return 0
		}
	}
	return cmp.Compare(x, y)
}

// isExact says whether a server keeps the version of an item as its CAS number.
func isExact(item Item) bool { return uint64(item.Version) == item.CAS }

// CompareContents decides between two items that were written at the same time, always
// alike: the greater one wins. A tombstone is greater than a session; else the digests
// of flags and image decide.
func CompareContents(a, b Item) int {
	switch {
	case a.Deleted == b.Deleted:
		x, y := digest(a), digest(b)
		return bytes.Compare(x[:], y[:])
	case a.Deleted:
		return 1
	default:
		return -1
	}
}

func digest(item Item) [sha256.Size]byte {
	return sha256.Sum256(append(binary.BigEndian.AppendUint32(nil, item.Flags), item.Image...))
}
