// Package memcached keeps items on one or several memcached servers, where
// Perl programs find them under the same keys.
//
// # Choice
//
// Every key belongs to one server, its home, by the rule that the other
// programs on the pool have ([Hash]): that of Cache::Memcached 1.30 with
// weights, of Cache::Memcached::Fast with fractions of weights or its own
// ketama, of libmemcached's weighted ketama, or libmemcached's modula. Points
// on a ring are computed once. A key prefix is sent, and hashed on demand.
//
// # Dead servers
//
// When three calls in a row have failed for the network, because a server
// refuses connections, says nothing or closes them, it is left alone: calls
// fail at once, and one a second tries whether it is back. So a server that
// hangs costs a handful of timeouts, and then one a second, whatever the load.
//
// With [Fail] the sessions of a dead server are unavailable meanwhile.
//
// With [Rehash] a server that takes no connections is dead for 20 to 29 seconds
// after any failure to connect, and its keys go to the next server of the chain that
// Cache::Memcached 1.30 computes from the key, over 20 tries. Sessions that
// are on the dead server are absent meanwhile. When it comes back, with its
// old items or empty, these rules hold:
//
//   - Whoever notices that it is back writes a marking item to it. What has a
//     smaller number for compare-and-swap was stored before and is in doubt.
//     All processes read the mark, once a second at most, also those that
//     noticed nothing or were started later.
//   - When the home of a key has nothing or something in doubt, and for a
//     minute after a new mark, the next three servers of the chain are asked.
//     What one of them has was stored while the home was dead: it takes the
//     place of what is in doubt, by compare-and-swap and with the time that
//     it has left, and is then deleted there.
//   - A tombstone of a session is believed over anything older, and moves like
//     a session. One is left, for 30 days, also where a session is deleted that
//     nobody sees because a server before its home is dead. A deletion at home
//     is one on the next three servers, too.
//   - Something in doubt is not believed of a server that is not the home.
//
// Perl programs follow the same chain but none of these rules. What they
// store is found, by these rules, where they stored it. The limits are theirs:
// they read what the server brings back until one of our calls has dealt with
// that session; for the up to 29 seconds in which processes disagree about a
// server two of them may write one session in two places, and the copy at home
// stays; what they leave on another server in one outage is taken for what was
// stored in the next, if they alone have used the session between; and a
// deletion by them while a server is dead leaves no tombstone. With two
// outages at a time, of the home and then of the server in its place, changes
// made between may be lost, but not deletions.
//
// # Failures
//
// What a Store over this package promises when a server fails; failure_test.go
// has a test for each row. "Unavailable" is [backend.UnavailableError],
// which is never taken for an absent session.
//
//	server           reads                    changes                    afterwards
//	stopped          unavailable, at once     unavailable, nothing sent  used again within a second
//	hung             unavailable; three       as reads; unknown if sent  used again within a second;
//	                 calls wait               before it hung             what it was sent is done then
//	slow             as usual within the      looked for; then the truth
//	                 timeout
//	full (-M)        as usual                 unavailable, the old
//	                                          session stays; deletions
//	                                          are done
//	restarted empty  absent                   absent, or made anew       closed connections cost no error
//	partitioned      unavailable; three       as hung                    used again within a second
//	                 calls wait
//	one of several   unavailable for its sessions, and for what needs them (GetMany, Find,
//	                 DeleteAll); others as usual
//
// # Changes
//
// A [Watch] tells of every change on the servers, also those by Perl programs,
// about a millisecond after it was made, from memcached's own "watch" stream. It
// says how old its news are, and when some may have been missed. At most 20
// can watch one server.
//
// # Connections
//
// Each server has a bounded pool of connections. Storing, touching and
// deleting go through gomemcache, which is imported nowhere else. Over the
// same connections go the commands that it lacks: the meta get, which returns
// value, flags, compare-and-swap number and remaining time at once, and stats.
// gomemcache knows no context either; therefore each connection carries a
// client of its own, and is closed under it when a call is given up. An answer
// that does not come closes the idle connections to that server as well.
//
// A connection that the server has closed while it was idle, as after a
// restart of the server, costs the caller no error: see [Backend]. A connection
// to a host name is used for a minute; then the name is looked up again.
//
// It needs memcached 1.6 (the meta commands; tested with 1.6.18).
package memcached
