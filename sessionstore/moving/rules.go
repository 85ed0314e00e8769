package moving

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

// Rules know what the items are. They are those by which a replicator copies the same
// items. Methods may be called from any goroutine.
type Rules interface {
	// IsSession says whether a session, its tombstone or the lookup key of a
	// principal is under a key.
	IsSession(key string) bool
	// IsLog says whether a key is that of the list of a principal's sessions.
	IsLog(key string) bool
	// MergeLogs returns a list that finds what one of two lists finds.
	MergeLogs(a, b backend.Item) (merged backend.Item, equal bool, news [2][]string)
	// DeletionOf returns the name of the record of a session's deletion: its key is
	// [backend.KeyOn] the server of the session, with this name.
	DeletionOf(id string) (name string)
	// DeletionName returns the name in the key of such a record, and whether it is one.
	DeletionName(key string) (name string, ok bool)
	// MergeDeletions returns the record of the later deletion.
	MergeDeletions(a, b backend.Item) backend.Item
}

// Decide returns what an item becomes of which two copies are there that differ. It may
// ask for the record of the session's deletion, which is nil if there is none.
type Decide func(key string, previous, present backend.Item, deletion func() (*backend.Item, error)) (backend.Item, error)

// kind is what lies under a key.
type kind int

const (
	session kind = iota // a session, its tombstone, or a lookup key
	list                // the sessions of a principal
	record              // the record of a deletion
	own                 // what instances tell each other; it does not move
	foreign             // of another program; it is moved only when it is asked for
)

func (b *Backend) kindOf(key string) kind { return kindOf(b.rules, key) }

func kindOf(rules Rules, key string) kind {
	switch _, isRecord := rules.DeletionName(key); {
	case rules.IsSession(key):
		return session
	case rules.IsLog(key):
		return list
	case isRecord:
		return record
	case backend.IsReserved(key):
		return own
	default:
		return foreign
	}
}

// deletion returns the record of a session's deletion, at either place; nil if there is
// none.
func (b *Backend) deletion(ctx context.Context, id string) (*backend.Item, error) {
	item, found, err := lookup(ctx, b, backend.KeyOn(b, b.ServerOf(id), b.rules.DeletionOf(id)))
	if !found {
		return nil, err
	}
	return &item, nil
}
