// Package near puts a near cache before the origin, the memcached pool that
// holds the truth. A cache entry is a copy of an item; it is in this process or
// on a memcached server nearby, so reading it costs less than asking the origin.
//
// A [Backend] answers a read from the near cache (a hit) or asks the origin and
// keeps the answer (a miss). It sends every write to the origin and updates the
// entry afterwards. When another instance or a Perl program writes, the change
// stream of the origin ([backend.Stream]) reports it about a millisecond later, and
// the Backend drops the entry. These rules make sure that an entry is not older than
// the last report of the change stream:
//
//   - The near cache is used only while the change stream is connected and its
//     lag is short. Otherwise a read bypasses the near cache.
//   - An answer of the origin is kept only if no change of the item was reported
//     since the origin was asked. Otherwise the answer may be older than the
//     change, and the fill is rejected.
//   - When changes may have been missed, all entries are invalidated.
//   - The change stream also reports the writes of this process. A Backend
//     expects one event for each of its writes and ignores it (own-write
//     suppression): the entry has the new item already.
//   - The change stream does not report everything: a touch by others is missing,
//     and before memcached 1.6.20 a deletion by others is missing, too. Therefore
//     an entry is used for a few seconds only, its TTL ([Options.TTL]).
//
// Reads that miss the same key at the same time are coalesced: the origin is
// asked once.
//
// The keys of all entries begin with the generation, a random text that no other
// process knows. To invalidate all entries the Backend takes a new generation. It
// also does so when a change of the near cache fails, because the server of the
// near cache may still carry out that change.
package near
