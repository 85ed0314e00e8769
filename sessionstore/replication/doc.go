// Package replication keeps two pools equal: one is the copy of the other, or each
// is the copy of the other (two way).
//
// It copies state, not operations. A change that the change stream of a server
// reports only means that a key must be looked at (waiting.go). Workers read the item
// on both sides, decide which one is right (decide.go), and make the other one equal
// by conditional writes (work.go). Changes that are reported twice, out of order or
// not at all do no harm: a comparison of all items finds what the streams have missed
// (compare.go). One is made at the start, after each gap of a stream, after each
// absence of a server, and on a timer.
//
// What is under a key, and which of two items is right if their versions do not tell,
// is the knowledge of [Rules], which package sessionstore has.
//
// The replicator that is active holds a lease on each server of both pools, in which
// it says whether the server is equal ([backend.ReplicaMark], lead.go). Another
// replicator of the same pools stands by. Two that are active at once do no harm.
package replication
