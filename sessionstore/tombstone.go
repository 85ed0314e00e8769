package sessionstore

import "time"

// A tombstone lives as long as the session would have, within these bounds. A
// writer who read the session before it was deleted has finished within the
// shortest; the longest is what memcached counts from now on.
const (
	shortestTombstone = time.Minute
	longestTombstone  = 30 * 24 * time.Hour
)

// tombstoneLife is the time to live of the tombstone of a session that would
// have lived for another left; 0 means that it would never have expired.
func tombstoneLife(left time.Duration) time.Duration {
	if left == 0 {
		return longestTombstone
	}
	return min(max(left, shortestTombstone), longestTombstone)
}
