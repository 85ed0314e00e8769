// Package chaos tests that "logged out" is true while servers and instances fail.
//
// Three instances of the service, with near caches, an index of users and the guard
// of deletions, share three memcached servers with Perl programs. For a minute users
// log in and out, and sessions change, while servers are killed, start again empty,
// hang, are flushed and evict items, while change streams have gaps, and while
// instances end and start again.
//
// After each deleteSessions that answered, and at the end, nobody can read a session of
// that user that was acknowledged before the call. There is an order of all other
// changes in which each answer is right.
//
// TestFailover does the same with a standby: two pools that a replicator keeps equal, of
// which a server is killed, comes back empty, and another one hangs and comes back with
// old data. No user is logged out, no change is lost that is older than the measured lag,
// and no log-out is undone.
//
// The test prints its seed. The same seed repeats the same failures, at about the same
// times:
//
//	go test ./scripts/test/chaos -run Chaos -seed 1
package chaos
