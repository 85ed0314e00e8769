package sessionstore

import (
	"time"
)

// How long a tombstone stands: as long as the session would have lived, within
// these bounds. A writer who read the session before it was deleted has
// finished within the shortest; the longest is what memcached takes as counted
// from now.
const (
	shortestTombstone = time.Minute
	longestTombstone  = 30 * 24 * time.Hour
)

// tombstoneLife is how long the tombstone of a session stands that would have
// lived for another left; 0 is for ever.
func tombstoneLife(left time.Duration) time.Duration {
	if left == 0 {
		return longestTombstone
	}
	return min(max(left, shortestTombstone), longestTombstone)
}
