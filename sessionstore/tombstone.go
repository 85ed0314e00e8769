package sessionstore

import "time"

// TombstoneFlags are memcached's client flags of a tombstone: those of a
// session, and a bit above those of all clients.
const TombstoneFlags = storableFlag | 1<<30

// How long a tombstone stands: as long as the session would have lived, within
// these bounds. A writer who read the session before it was deleted has
// finished within the shortest; the longest is what memcached takes as counted
// from now.
const (
	shortestTombstone = time.Minute
	longestTombstone  = 30 * 24 * time.Hour
)

// Tombstone makes the item that stands for a deleted session: an empty one,
// which Cache::Memcached 1.30 cannot thaw and therefore takes for absent.
func Tombstone(expiresIn time.Duration) Item {
	return Item{Flags: TombstoneFlags, ExpiresIn: expiresIn}
}

// IsTombstone says whether the item stands for a deleted session.
func (i Item) IsTombstone() bool { return i.Flags == TombstoneFlags && len(i.Image) == 0 }

// tombstoneLife is how long the tombstone of a session stands that would have
// lived for another left; 0 is for ever.
func tombstoneLife(left time.Duration) time.Duration {
	if left == 0 {
		return longestTombstone
	}
	return min(max(left, shortestTombstone), longestTombstone)
}
