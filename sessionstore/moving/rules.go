package moving

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

// Rules know what the items are. They are those of the store that keeps its sessions in
// the [Backend]. Methods may be called from any goroutine.
type Rules interface {
	// KindOf says what lies under a key.
	KindOf(key string) Kind
	// RecordName returns the part of the key of a [Record] before the number by which
	// the record is on the server of its session.
	RecordName(key string) string
	// Wins says whether the item at the previous place of a key wins over the one at the
	// present place. Both are there.
	Wins(ctx context.Context, key string, previous, present backend.Item) (bool, error)
	// Merge returns a list that has the sessions of both.
	Merge(present, previous backend.Item) backend.Item
	// MergeRecords returns the record of the later one of two deletions of a session.
	MergeRecords(a, b backend.Item) backend.Item
}

// Kind is what lies under a key.
type Kind int

// What can lie under a key.
const (
	Session Kind = iota // a session, its tombstone, or a lookup key of it
	List                // the sessions of a principal
	Record              // the record of a deletion
	Own                 // what instances tell each other; it does not move
	Foreign             // of another program; it is moved only when it is asked for
)
