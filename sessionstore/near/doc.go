// Package near puts a near cache before the origin, the memcached pool that
// holds the truth. A cache entry is a copy of an item; it is in this process or
// on a memcached server nearby, so reading it costs less than asking the origin.
//
// A [Backend] answers a read from the near cache (a hit) or asks the origin and
// keeps the answer (a miss). It sends every write to the origin and updates the
// entry afterwards. When another instance or a Perl program writes, the change
// stream of the origin ([backend.Stream]) reports it, usually a few milliseconds
// later, and the Backend drops the entry. These rules bound how old an entry is:
//
//   - The near cache is used only while the change stream is connected and its
//     lag is at most 250 milliseconds. Otherwise a read bypasses the near cache.
//     So a read that begins 250 milliseconds after a change that the change
//     stream reports does not return the item before, but for the few
//     milliseconds that [backend.Stream] is inexact. When the server leaves
//     out changes, it is 250 milliseconds more.
//   - An answer of the origin is kept only if no change of the item was reported
//     since the origin was asked. Otherwise the answer may be older than the
//     change, and the fill is rejected.
//   - Whatever the origin answers replaces or drops an entry that says something
//     else, before the caller has the answer. So no read returns what is older
//     than an answer that was returned before the read began. The CAS numbers of
//     two answers tell which is older.
//   - When changes may have been missed, all entries are invalidated.
//   - The change stream also reports the writes of this process. A Backend
//     expects one event for each of its writes and ignores it (own-write
//     suppression): the entry has the new item already. If the event comes before
//     the answer to the write, it drops the old entry.
//   - The change stream does not report everything: a touch by others and a flush
//     of a server are missing, and before memcached 1.6.20 a deletion by others
//     is missing, too. Therefore an entry is used for a few seconds only, its TTL
//     ([Options.TTL]).
//
// A near cache in this process shows its entries without a copy ([backend.Looker]), with
// a place beside each where readers keep what they have made of it ([backend.Note]).
//
// Reserved keys ([backend.IsReserved]) pass through: they have no entries.
//
// Reads that miss the same key at the same time are coalesced: the origin is
// asked once.
//
// The keys of all entries begin with the generation, a random text that no other
// process knows. To invalidate all entries the Backend takes a new generation. It
// also does so when a change of the near cache fails, because the server of the
// near cache may still carry out that change.
package near
