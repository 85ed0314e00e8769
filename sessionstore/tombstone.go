package sessionstore

import "time"

// A tombstone lives as long as the session would have: a program that renews what it
// remembers of sessions may write one until then. A writer who read the session before
// it was deleted has finished within the shortest. Of a session that never expires the
// tombstone must go one day.
const (
	shortestTombstone = time.Minute
	endlessTombstone  = 30 * 24 * time.Hour // of a session that never expires
)

// tombstoneLife is the time to live of the tombstone of a session that would
// have lived for another left; 0 means that it would never have expired.
func tombstoneLife(left time.Duration) time.Duration {
	if left == 0 {
		return endlessTombstone
	}
	return max(left, shortestTombstone)
}
