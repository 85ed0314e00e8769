// Package memcached keeps items on one or several memcached servers, where
// Perl programs find them under the same keys.
//
// Every key belongs to one server, chosen as Cache::Memcached 1.30 does for
// servers of equal weight. While that server is away its sessions are
// unavailable: nothing is looked up or stored elsewhere, because what comes
// back with the server would be older than what was stored meanwhile.
//
// Each server has a bounded pool of connections. Storing, touching and
// deleting go through gomemcache, which is imported nowhere else. Over the
// same connections go the commands that it lacks: the meta get, which returns
// value, flags, compare-and-swap number and remaining time at once, and stats.
// gomemcache knows no context either; therefore each connection carries a
// client of its own, and is closed under it when a call is given up.
//
// A connection that the server has closed while it was idle, as after a
// restart of the server, costs the caller no error: see [Backend].
//
// It needs memcached 1.6 (the meta commands; tested with 1.6.18).
package memcached
