// Package changes lets more instances follow the changes on a pool of memcached
// servers than the servers take watchers. A server takes 20. Of the instances that
// share a pool, at most 16 watch the servers themselves; they are its relays. Each
// holds one of 16 leases in the pool. The others follow the changes through a relay,
// over HTTP; they find the address of one in the leases. Four places are left for
// operators, a replicator, and instances that only guard deletions.
//
// A [Peer] is one instance. It watches the servers while it holds a lease, else it
// follows through a relay. A relay that has gone, or is not connected to as many
// servers as another one, is replaced within seconds; meanwhile the change stream is
// not connected. A relay to which a server refuses its stream, because others have
// taken the places, releases its lease and follows through another relay.
//
// # The stream
//
// GET /changes of a relay is a stream of lines that does not end. The relay tells only
// [backend.KeyHash] of keys: the id of a session is worth the session. Therefore one
// that follows through a relay can drop entries of its near cache, but can neither
// index sessions nor guard deletions: the relays do that for all.
//
//	memcachedsoap-changes 1 STREAM POSITION POOL INDEX   the first line
//	c HASH              an item was changed as a Backend does
//	f HASH              an item was changed in another way
//	r SERVER            changes on a server may have been missed
//	g POSITION          changes on all servers were left out
//	s CLOCK COMPLETE STATE...   the state of the change stream of each server
//
// Lines c, f and r have positions: each has that of the one before plus 1, and g says
// that of the last one that was left out. A reader whose connection broke names the
// stream and the last position that it has seen, and goes on behind it; if the relay
// does not have these changes any more, or is another one, the reader must resync, as
// with memcached's own stream. A relay keeps the last [Options.History] changes, once
// for all readers: a reader that takes them too slowly gets the line g.
//
// The other paths answer one question:
//
//	/changes/clock                            the clock of the relay
//	/changes/barrier?stream=S&server=N        a position; the stream has caught up there
//	/changes/index?identity=I                 the epoch, see index.Indexer.Prove
//	/changes/index?identity=I&epoch=E         whether it still holds
//
// # Staleness
//
// Each 50 milliseconds a relay says up to which moment of its own clock it has passed
// on all changes of a server (STATE, in microseconds; - while the stream of the server
// is not connected). A reader must know that moment on its own clock, and never take
// it for a later one: the line may have waited for seconds on the way. It asks for the
// clock of the relay at T0 and is told C. When the clock of the relay showed C, it was
// T0 or later; so a moment S of the relay is T0 + S - C or later here. That is early
// by the time of the question at most, and does not depend on how long the line
// took. It holds while both clocks run equally fast, so the question is repeated, and
// one part in a thousand is taken off. A moment that lies in the future says that one
// of the two has stood still, and ends the connection.
//
// # Who may read
//
// The instances share a secret. A request proves that its sender has it, and the
// answer proves that the relay has it, without telling it: leases are no proof, since
// anyone who reaches memcached can write one. A caller with the role admin may read,
// too. A relay passes on what it has from memcached only: one that follows through
// another one answers 503, so relays never form a chain or a circle.
package changes
