package backend

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Pool is a [Backend] that knows its servers one by one: it can list the keys
// of a server and follow the changes on it. Methods take a server by its index
// in [Pool.Servers].
//
// To hold a complete copy or index of what a server has, call [Pool.Follow]
// first. After each call of ResyncRequired, scan that server ([Pool.Scan]) and
// apply what Changed reports meanwhile: every change is in the scan, in the
// stream, or in both.
type Pool interface {
	Backend

	// Servers returns the names of the servers, as configured and in that
	// order.
	Servers() []string

	// ServerOf returns the server that has the key. While a server is down, a
	// pool with failover may keep the key on another one.
	ServerOf(key string) int

	// Follow starts to follow the changes on all servers, until the Backend is
	// closed. It may be called once. A pool with failover returns
	// [ErrNotFollowable], since one change may be made on several servers.
	Follow(f Follower) (Stream, error)

	// Scan calls visit with every live key of a server, without the key
	// prefix. It leaves out keys of other programs, reserved keys and keys
	// that are not valid. A key that is there during the whole scan is visited at least
	// once; one that is added or removed meanwhile may be visited or not.
	//
	// When Scan returns nil the scan is complete. A scan that stops early for
	// any reason is an error, never a server with fewer keys: an
	// [*UnavailableError], which wraps [ErrNotScannable] if the server cannot
	// list its keys, or the error that visit returned. visit may take its
	// time, but a scan whose unvisited keys exceed a limit is given up
	// ([ErrSlowVisitor]), and so is one of a process that a busy machine did
	// not let read for half a second ([ErrScanStalled]).
	//
	// A server that is known to be down is an [*UnavailableError] at once. A
	// server runs one scan at a time; Scan waits for another one to end, for a
	// minute or two at most, and ctx bounds the time.
	Scan(ctx context.Context, server int, visit func(key string) error) error

	// Barrier waits until the change stream has caught up with this moment.
	// When it returns nil, then for every change that the server acknowledged
	// before the call, to any client, Follower.Changed has been called, or
	// Follower.ResyncRequired has been called after the change was made. This
	// holds for changes that the stream reports at all (see Follower).
	//
	// It takes a few milliseconds. A stream that is not connected, or that
	// disconnects meanwhile, is an [*UnavailableError] at once.
	Barrier(ctx context.Context, server int) error
}

// PoolOf returns the pool that a backend is or, with a near cache before it, has behind
// it, and whether there is one.
func PoolOf(b Backend) (Pool, bool) { //nolint:ireturn // whatever pool it is
	for {
		if p, ok := b.(Pool); ok {
			return p, true
		}
		wrapper, ok := b.(interface{ Unwrap() Backend })
		if !ok {
			return nil, false
		}
		b = wrapper.Unwrap()
	}
}

// Mover is a [Pool] whose keys may move from one of its servers to another one.
type Mover interface {
	// Moves says whether keys may move now. Then a key may move between the scans of
	// two servers so that neither visits it. A key moves once: of two scans of all
	// servers, one after the other, at least one visits it.
	Moves() bool
}

// Moves says whether the keys of a pool may move from one server to another one now.
func Moves(p Pool) bool {
	mover, ok := p.(Mover)
	return ok && mover.Moves()
}

// ReservedKeys is the beginning of keys that this project keeps for itself, such
// as those of the index and of heartbeats.
const ReservedKeys = "memcachedsoap:"

// IsReserved says whether a key is one of [ReservedKeys], and not that of a session
// ([TypedKey]).
func IsReserved(key string) bool {
	if !strings.HasPrefix(key, ReservedKeys) {
		return false
	}
	_, _, session := CutTypedKey(key)
	return !session
}

// maxKeyTries bounds how many keys are tried for a server.
const maxKeyTries = 10_000

// KeyOn returns the first key with a name and a number behind it that a pool keeps on
// a server. For a server that has next to no keys it is the first one of all.
func KeyOn(p Pool, server int, name string) string {
	for n := range maxKeyTries {
		if key := name + strconv.Itoa(n); p.ServerOf(key) == server {
			return key
		}
	}
	return name + "0"
}

// Follower is notified of changes. Only Removed, Item and Skip may be nil. Its
// functions may be called from several goroutines at the same time. They must return quickly:
// meanwhile the stream of that server waits, and a server leaves out changes
// for a stream that waits for long.
type Follower struct {
	// Changed is called for each change of an item by any client, under any key
	// that is not reserved ([IsReserved]): once each time the item is stored, and, as far as the server reports it, when it
	// is evicted or deleted. A change of the time to live alone is reported
	// only if a Backend made it. foreign says that the change was made in a
	// way in which a Backend does not store.
	Changed func(key string, foreign bool)
	// Removed is called when an item under a reserved key, which Changed leaves
	// out, was evicted or removed, or may have been.
	Removed func(key string)
	// Item is called for each change of an item under any key behind the prefix,
	// heartbeats of change streams excepted. A Follower with Item needs neither
	// Changed nor Removed: they are not called.
	Item func(key string, change ItemChange)
	// ResyncRequired is called when changes on a server may have been missed:
	// each time its stream connects, when the server says that it has left out
	// changes, and when all items were removed at once (flush_all). The stream reports all changes after it: a scan that begins
	// then misses nothing.
	ResyncRequired func(server int)
	// Skip says which servers need not be followed, because the caller follows them
	// by another pool. It may be nil.
	Skip func(server int) bool
}

// Stream is the state of the change streams of a [Pool]. Keys are without
// prefix. Methods may be called from any goroutine.
type Stream interface {
	// State returns the state of the stream of the server that has the key:
	// the staleness of what the Follower knows of that server, and whether the
	// stream is connected. Changes that are a few milliseconds older than lag
	// have been reported; when the server has left some out, ResyncRequired is
	// called at most a quarter of a second later. [Pool.Barrier] is exact. The
	// lag grows while the stream is disconnected, and is the greatest duration
	// before it was connected first.
	State(key string) (lag time.Duration, connected bool)
}

var (
	// ErrNotFollowable says that the changes of a pool cannot be followed.
	ErrNotFollowable = errors.New("backend: changes cannot be followed")

	// ErrNotScannable is the cause in the [*UnavailableError] of a scan on a
	// server that cannot list its keys: the operator must change its settings
	// or its version.
	ErrNotScannable = errors.New("backend: the server cannot list its keys")

	// ErrSlowVisitor is the cause in the [*UnavailableError] of a scan that was
	// given up because too many keys were waiting to be visited.
	ErrSlowVisitor = errors.New("backend: too many keys wait for the visitor of the scan")
	// ErrScanStalled is the cause in the [*UnavailableError] of a scan that this process
	// did not read in time, so that keys may be missing.
	ErrScanStalled = errors.New("backend: the scan was not read in time")
)
