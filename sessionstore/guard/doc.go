// Package guard keeps a deleted session deleted.
//
// A tombstone takes the place of a deleted session, and a store never writes
// over it. A program that does not know tombstones does: it has read the session
// before, and stores it again with a plain set. So each deletion is also written
// down beside the session, in a record on the same server (record.go). A [Guard]
// follows the change stream of the pool. When a program stores a session that
// has a record, the Guard puts the tombstone back, unless the session is a newer
// login (login.go).
//
// The Guard of each instance of the service sees the same changes. The first one
// puts the tombstone back by compare-and-swap; the others find it there. An
// instance that follows the changes for no other purpose follows them only while
// it holds one of two leases (lease.go), because a server accepts few watchers.
//
// When changes were missed, because no instance followed or the stream had a gap,
// the Guard looks at all sessions of the server (recheck.go).
// A server that has lost its memory has lost its records, too.
package guard
