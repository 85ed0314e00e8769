package backend

import (
	"context"
	"time"
)

// Replica is a [Pool] that can be made equal to another one. Unlike the methods of
// Pool, its methods concern all keys behind the key prefix, reserved keys and keys
// that are no session too. They take a server by its index in [Pool.Servers]; a key
// belongs on [Pool.ServerOf] of it.
//
// What a server does not do is an [*UnavailableError].
type Replica interface {
	Pool

	// ScanHeads calls visit with what the server knows of every live item without
	// its value. It leaves out the heartbeats of change streams and keys that are not
	// valid. Otherwise it is like [Pool.Scan].
	ScanHeads(ctx context.Context, server int, visit func(Head) error) error

	// Fetch reads several items of a server in few exchanges, and calls visit once
	// for each one that is there, in any order. A deleted one is there as its
	// tombstone. It reads an item where it is, also if the key belongs on another
	// server. When it returns nil, an item that was not visited is not there.
	// Otherwise nothing is known of it: an [*UnavailableError], or [ErrInvalidKey].
	Fetch(ctx context.Context, server int, keys []string, visit func(key string, item Item)) error

	// FetchHeads is like Fetch without the values.
	FetchHeads(ctx context.Context, server int, keys []string, visit func(Head)) error

	// Put writes several items to a server in few exchanges, each item by itself.
	// The result has one error for each write, in the same order, as [Backend.Add],
	// [Backend.CompareAndSwap] and [Backend.Delete] return it. A write whose answer
	// was lost has an indeterminate outcome ([IsUnknown]). A server that has no
	// memory for an item ([ErrNoMemory]) may have removed the one that was there.
	//
	// Put sets the Item.CAS of each write that was made to the number that the item
	// has now; to 0 if the item was removed or the server does not tell.
	Put(ctx context.Context, server int, writes []Write) []error

	// Describe asks a server what it is and since when it runs.
	Describe(ctx context.Context, server int) (ServerInfo, error)
}

// Write is a conditional write of [Replica.Put]. With a CAS number the item replaces
// the one that was read with it; without one it is added, if there is none. The item
// keeps its Version, if the server can keep one.
type Write struct {
	Key  string
	Item Item
	// Remove removes the item that was read with Item.CAS. The change stream of
	// every server reports it.
	Remove bool
}

// Head is what a server knows of an item without its value.
type Head struct {
	Key string
	CAS uint64
	// Version is 0 if the item has none, or if the server keeps it in the flags and
	// does not tell these in a scan.
	Version Version
	// FlagsKnown says that Flags and Version are known. They are after
	// [Replica.FetchHeads]; memcached before 1.6.24 does not tell the flags in a scan.
	FlagsKnown bool
	Flags      uint32 // as [Item.Flags]
	// Deleted says that the item is a tombstone. A scan does not tell it: there a
	// tombstone is an item without an image.
	Deleted   bool
	ExpiresIn time.Duration // as [Item.ExpiresIn], in a scan give or take a second
	// Size is that of the image in bytes. In a scan it includes the key and what else
	// the server keeps with an item.
	Size int64
}

// ServerInfo is what a server is.
type ServerInfo struct {
	Release string    // as the server names it, such as 1.6.18
	Started time.Time // by the clock of this process, give or take two seconds
	// Run differs between two runs of the server: one that has another Run than
	// before was restarted, and has lost its items. It is "" if the server does not say.
	Run string
	// Versions says how exactly the server keeps versions: as the CAS number, or
	// at a grain of some milliseconds in the client flags.
	VersionsInCAS bool
	// WorkerLogBuffer and WatcherLogBuffer are the sizes in bytes of the buffers of
	// its change stream; 0 if it does not say.
	WorkerLogBuffer, WatcherLogBuffer int64
	Items, Evictions, Flushes         int64 // as its statistics count them
	// ItemLimit is the size in bytes of the largest item, with its key; 0 if the
	// server does not say.
	ItemLimit int64
}

// ItemChange says what happened to an item.
type ItemChange int

// What can happen to an item.
const (
	Stored  ItemChange = iota // by any command, also one that failed and has removed it
	Removed                   // by a client: deleted, as far as the server reports it, or stored with a time to live that is over
	Evicted                   // the server had no room for it
)
