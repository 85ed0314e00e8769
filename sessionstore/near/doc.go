// Package near keeps copies of sessions close to those who read them: in this
// process or on memcached servers nearby, before the principal pool that holds
// the truth.
//
// A [Backend] stands before the principal. Reading looks at the copies first,
// and keeps what it had to ask the principal for; changing goes to the
// principal, and the copy follows. What other nodes and Perl programs change
// at the principal is told by its change stream ([Stream], such as
// memcached.Watch), about a millisecond later, and the copy is dropped. These
// rules keep copies from being older than the stream:
//
//   - Copies are used only while the stream is followed and its news are fresh.
//     Otherwise the principal is asked.
//   - What the principal has answered is kept only if no change was told since
//     it was asked: the answer may be older than the change.
//   - When changes may have been missed all copies are dropped.
//   - A change by this process is told of by the stream, too. It is expected,
//     once for each time that an item was stored, and drops nothing.
//   - The stream does not tell of everything: not of a touch by others, and, on
//     memcached before 1.6.20, not of a deletion by others. Therefore a copy is
//     used for a few seconds only.
//
// Many who miss the same session at the same time ask the principal once.
//
// Copies on servers nearby have keys of this process alone. When a change of
// theirs fails, they are all abandoned: the failure may be carried out later.
package near
