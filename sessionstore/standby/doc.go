// Package standby keeps sessions readable, and with a two-way replicator writable,
// while memcached servers of the origin are down: by a second pool, the standby, that
// a replicator keeps equal to the origin. [Backend] is a [backend.Pool] around the two.
//
// # What is known of a server
//
// The replicator leaves a mark on each server of both pools ([backend.ReplicaMark]).
// Twice a second the Backend reads the mark and an item of its own, its presence. A
// server that lost its items has lost the presence, too. So each server is in one
// [State]:
//
//	equal      the mark says so, and has been renewed since a time that is known
//	settled    it was equal, has been there since, and the mark says nothing
//	unknown    nothing is known yet, or it has lost its items
//	returned   it was away for so long that the other pool may have been changed
//	           instead, and came back with what it had
//	away       it does not answer
//
// A mark counts only for a few seconds after a read that it proves to be older than
// the last renewal. A server that hangs can therefore be believed for that time at
// most, by any process; nothing is written to the standby before it is over, unless
// the server refuses connections and so has no mark to believe.
//
// # Reads
//
//	origin      standby      answer
//	equal       not asked    that of the origin; of an absent item, after another look
//	                         at the mark
//	equal, and  equal        that of the standby if it has the item, and this process has
//	slow                     not written it lately, else that of the origin
//	other       answers      the later version; absent if both say so
//	other       fails        that of the origin if it has the item and has not returned.
//	                         It is absent if the origin is settled and the standby down
//	fails       answers      that of the standby if it has the item and has not returned.
//	                         It is absent if the origin is down, and the standby was
//	                         equal when the origin was there last
//	fails       does, too    unavailable
//
// # Writes
//
// Writes go to the origin. An item that was read from the standby replaces the older
// one on the origin, unless one of the two was changed since. While the circuit breaker
// of the origin's server is open, and only for calls that were certainly not sent,
// writes go to the standby if they may.
//
// The standby knows nothing of sessions. Items with versions are compared by these;
// those without, which are records, logs and what other programs have stored, are
// taken from the origin unless it has returned. The index trusts its logs only while
// the servers are equal: in every other state [Backend.Barrier] fails and
// [Backend.Scan] lists what both pools have.
package standby
