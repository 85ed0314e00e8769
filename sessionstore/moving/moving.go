package moving

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// Options say what a [Backend] needs beside its pools.
type Options struct {
	// Rules know what lies under a key.
	Rules Rules
	// Decide decides between two copies of an item.
	Decide Decide
	// Same says whether a server of the present pool and one of the previous pool,
	// each by its index, are the same server with the same key prefix. nil means that
	// no two are.
	Same func(present, previous int) bool
	// Phase says when the move begins; nil means with [Backend.Begin].
	Phase *Phase
	// Failed is notified of a change at the previous place that could not be moved.
	// The error is for the log only. It may be called from any goroutine; may be nil.
	Failed func(ctx context.Context, key string, err error)
}

// Backend is the present pool, with what is still at its previous place. See
// [backend.Backend] and [backend.Pool] for what its methods do.
type Backend struct {
	present, previous backend.Pool
	rules             Rules
	rightOf           Decide
	failed            func(ctx context.Context, key string, err error)
	clock             *backend.Clock

	names  []string // of all servers: those of the present pool, then the others
	others []int    // the servers of the previous pool among them that are no present ones
	union  []int    // by server of the previous pool: its index in names
	shared []int    // by server of the previous pool: the same server of the present one, or -1

	phase    *Phase
	begun    atomic.Bool
	follower atomic.Pointer[backend.Follower]
	changed  *changes
	closing  context.Context //nolint:containedctx // ends what the Backend does by itself
	cancel   context.CancelFunc
	ended    sync.WaitGroup
	counts   counts
}

var (
	_ backend.Pool               = (*Backend)(nil)
	_ backend.Mover              = (*Backend)(nil)
	_ backend.AvailabilityTeller = (*Backend)(nil)
	_ backend.HealthChecker      = (*Backend)(nil)
	_ metric.Source              = (*Backend)(nil)
)

// New makes a Backend that uses the previous places until [Backend.Begin] is called.
// It owns both pools from now on.
func New(present, previous backend.Pool, o Options) *Backend {
	b := &Backend{
		present: present, previous: previous, rules: o.Rules, rightOf: o.Decide, failed: o.Failed, clock: backend.NewClock(),
		names: slices.Clone(present.Servers()), changed: newChanges(),
	}
	if b.phase = o.Phase; b.phase == nil {
		b.phase = new(Phase)
	}
	b.closing, b.cancel = context.WithCancel(context.Background())
	for p, name := range previous.Servers() {
		shared := -1
		for i := range present.Servers() {
			if o.Same != nil && o.Same(i, p) {
				shared = i
			}
		}
		b.shared = append(b.shared, shared)
		if shared >= 0 {
			b.union = append(b.union, shared)
			continue
		}
		b.union = append(b.union, len(b.names))
		b.others = append(b.others, p)
		for slices.Contains(b.names, name) { // with another key prefix
			name += " (previous)"
		}
		b.names = append(b.names, name)
	}
	b.phase.whenBegun(b.begin)
	return b
}

// Begin is [Phase.Begin] of the phase of the Backend.
func (b *Backend) Begin() { b.phase.Begin() }

func (b *Backend) begin() {
	b.begun.Store(true)
	if f := b.follower.Load(); f != nil && b.closing.Err() == nil {
		for server := range b.names {
			f.ResyncRequired(server) // keys have other servers now
		}
	}
}

// Begun says whether [Backend.Begin] was called.
func (b *Backend) Begun() bool { return b.begun.Load() }

// Moves returns true: keys move from one server to another one.
func (*Backend) Moves() bool { return true }

// Servers returns the names of the servers of the present pool, and behind them those
// that only the previous one has.
func (b *Backend) Servers() []string { return slices.Clone(b.names) }

// ServerOf returns the server of a key: that of the previous pool before
// [Backend.Begin], then that of the present one.
func (b *Backend) ServerOf(key string) int {
	if b.begun.Load() {
		return b.present.ServerOf(key)
	}
	return b.union[b.previous.ServerOf(key)]
}

// stays says whether a key has the same place in both pools.
func (b *Backend) stays(key string) bool {
	return b.shared[b.previous.ServerOf(key)] == b.present.ServerOf(key)
}

// places returns the pool whose places are used now, and the other one.
func (b *Backend) places() (here, there backend.Pool) { //nolint:ireturn // two of two
	if b.begun.Load() {
		return b.present, b.previous
	}
	return b.previous, b.present
}

// current returns the pool whose places are used now.
func (b *Backend) current() backend.Pool { //nolint:ireturn // one of two
	here, _ := b.places()
	return here
}

// These bits mark the CAS number of an item that was read at the present place of a key
// that has another previous one: of a number that is a version, and of one that the server
// has counted. An item moves from the previous place to the present one, so that its
// number grows, and [backend.OlderCAS] stays right.
const (
	presentVersion = 1 << 62
	presentCounted = uint64(backend.LeastVersion) >> 1
)

// marked marks an item that was read at the present place.
func marked(item backend.Item) backend.Item {
	switch {
	case item.CAS >= uint64(backend.LeastVersion):
		item.CAS |= presentVersion
	case item.CAS != 0:
		item.CAS |= presentCounted
	}
	return item
}

// unmarked returns an item as it was read, and whether that was at the present place.
func unmarked(item backend.Item) (_ backend.Item, present bool) {
	mark := presentCounted
	if item.CAS >= uint64(backend.LeastVersion) {
		mark = presentVersion
	}
	present = item.CAS&mark != 0
	item.CAS &^= mark
	return item, present
}

// previously makes the error of a call to the previous place. A session that is nowhere
// else may be there.
func previously(err error) error {
	down, ok := errors.AsType[*backend.UnavailableError](err)
	if !ok {
		return err
	}
	said := *down
	said.Reason = "the previous place of the session cannot be asked: " + down.Reason
	said.Err = err
	return &said
}

// Close closes both pools.
func (b *Backend) Close() error {
	b.cancel()
	b.ended.Wait()
	return errors.Join(b.present.Close(), b.previous.Close())
}
