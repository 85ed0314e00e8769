// Package moving keeps sessions while a pool gets another list of servers, another
// hash or another site. A [Backend] is a [backend.Pool] around the present pool and
// the previous one. A key whose place is the same in both costs nothing more.
//
// # Two phases
//
// While an instance of the service has only the previous list, a session must stay
// where that instance looks for it: the Backend waits, uses the previous place, and
// looks at the present place for what is not there. [Backend.Begin] ends this phase. From then
// on the present place comes first, and what is only at the previous place is moved when
// it is asked for. Instances in both phases work at the same time: each looks at both
// places, in the order in which items move.
//
// # How an item moves
//
//  1. The item at the previous place is frozen by compare-and-swap: its bytes get a
//     header (frozen.go). A writer that has read it before cannot change it any more, and
//     reads it again. Perl programs take a frozen item for an absent one.
//  2. The item is added at the present place, with its time to live and its version.
//  3. The frozen item is removed, if it is still the same.
//
// Each step is conditional. Any instance that finds a frozen item goes on with the next
// step, so that an instance that dies, or an answer that is lost, leaves nothing behind.
// An item that was added at both places, or that a Perl program has stored again at the
// previous place, is decided by [Options.Decide]: the later version wins, and a deleted
// session comes back from neither place.
//
// The lists of the index are merged and never replaced. Records of deletions lie under a
// key that depends on the pool, so they are looked for under each key that they can
// have. Items by which instances agree with each other do not move.
//
// CAS numbers of the two places are told apart by a bit that servers do not use.
package moving
