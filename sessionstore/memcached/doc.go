// Package memcached keeps items on one or several memcached servers, where
// Perl programs find them under the same keys. [Backend] implements
// [backend.Pool].
//
// Package selector says which server has a key, by the rule of the other
// programs on the pool. Package watch follows the changes on the servers.
// Package protocol reads what the server answers, as far as several packages
// need it. Package connect makes the connections, also over TLS.
//
// # Circuit breaker
//
// Each server has a circuit breaker. It opens when a connection is refused, or
// when a probe, a meta no-op on a new connection, is not answered. A call that
// times out, and a connection that is lost, start a probe in the background. A
// server that has answered anyone within the last second is not down, whatever
// fails: the next probe decides.
//
// While the breaker is open, calls fail at once, and a probe a second checks
// whether the server has recovered. No call waits for a probe. The log says when
// a circuit breaker opens and when it closes.
//
// Only the server's own time counts against the timeout. Waiting for a
// connection in use to become free takes as long as the caller has; connecting
// and the wait for the answer have a timeout each. An idle connection that is
// silent says nothing about the server: a read is repeated on a new one.
//
// # Dead servers
//
// With [Fail] the sessions on a dead server are unavailable.
//
// With [Rehash] the pool has failover. A server that accepts no connections is
// marked down for 20 to 29 seconds, and its keys go to the next server of the
// failover chain that Cache::Memcached 1.30 computes from the key. Sessions on
// the dead server are absent. When it returns, with its old items or empty, the
// sessions move back, and old items do not overwrite what was stored meanwhile.
// failover.go has the rules, and their limits with Perl programs on the pool.
//
// # Failures
//
// What a Store over this package promises when a server fails; failure_test.go
// has a test for each row. "Unavailable" is [backend.UnavailableError], which is
// never taken for an absent session. "Indeterminate" means that a change may
// have been made or not.
//
//	server           reads                   changes                   afterwards
//	stopped          unavailable, at once    unavailable, nothing was  used again within a second
//	                                         sent
//	hung             unavailable; calls      as reads; indeterminate   used again within a second;
//	                 wait for 2 timeouts,    if sent before it hung    carries out what it was sent
//	                 then fail at once
//	slow             as usual if in time     the store looks for the
//	                                         outcome and returns it
//	full (-M)        as usual                unavailable, the old
//	                                         session stays; deletions
//	                                         succeed
//	restarted empty  absent                  absent, or created again  closed connections cost no error
//	partitioned      unavailable; as hung    as hung                   used again within a second
//	one of several   its sessions are unavailable, and so is what needs them (GetMany, Find,
//	                 DeleteAll); others as usual
//
// # Connections
//
// Each server has a bounded pool of connections. Storing and deleting go through
// gomemcache, which no other package imports. The commands that it lacks go over
// the same connections: the meta get, which returns value, flags, CAS number and
// remaining time at once, and stats. gomemcache knows no context; therefore each
// connection has a client of its own, and is closed when a call is given up. A deadline
// of the connection bounds each exchange. A
// timeout also closes the idle connections to that server, which may be silent,
// too: a firewall forgets all of them.
//
// When several calls read from a server at the same time, they share exchanges: the
// commands of all reads that wait leave in one write, and the answers are matched by
// key and opaque. At most two such exchanges run at a time. A read that is given up
// returns at once, and its answer is skipped. Reads of proxies, of servers that do not
// repeat the opaque, with failover, and those that a trace records have exchanges of
// their own.
//
// A server that restarts closes its idle connections. This costs the caller no
// error: see [Backend]. A connection to a host name is used for a minute; then
// the name is resolved again.
//
// A server that refuses to tell its settings, as managed ones do, has an unknown
// item limit. Then a write that is too large is known only by its answer, and
// memcached 1.6 has removed the item that was there before.
//
// # Answers belong to their questions
//
// Every read asks the server for the key, too, and compares it: an item never
// goes to a call that asked for another one, whatever a server or a proxy before
// it sends. Before and after each command, a connection that holds anything that
// was not asked for is closed, and the command counts as one whose connection
// was lost. Answers to stores and deletions name no key. There one case is left:
// an answer too many that arrives after the check before the command, while the
// true answer arrives after the check behind it, is taken for the true answer.
//
// The package needs memcached 1.6.10 or newer, for the meta commands, and
// compare-and-swap. [Backend.CheckServers] refuses other servers, and proxies. A
// server that does not accept the connection, or whose certificate is not accepted, is
// refused as well, also without CheckServers: it is not down. The
// tests run with 1.6.18 and with 1.6.38.
package memcached
