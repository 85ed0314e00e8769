package standby

import (
	"context"
	"crypto/rand"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Writes says when the standby is written to.
type Writes string

// The values of Writes.
const (
	// WritesAuto is WritesYes where a replicator copies both ways, as its mark on the
	// server of the standby says, or has said last.
	WritesAuto Writes = "auto"
	// WritesYes writes to the standby while a server of the origin is down.
	WritesYes Writes = "yes"
	// WritesNo never writes to the standby.
	WritesNo Writes = "no"
)

// Side is one of the two pools.
type Side string

// The sides.
const (
	Origin  Side = "origin"
	Standby Side = "standby"
	// Both is the side of an answer for which the two pools were compared.
	Both Side = "both"
)

// standbyServer is the [backend.Item.Server] of an item that was read from the standby.
// The servers of a pool without failover have no number.
const standbyServer = math.MaxInt16

// DefaultHedge is the default of [Options.Hedge].
const DefaultHedge = 20 * time.Millisecond

// Options adjusts a [Backend].
type Options struct {
	Writes Writes // "" means WritesAuto
	// Hedge is how long the origin may take to answer a read before the standby is
	// asked, too; 0 means DefaultHedge.
	Hedge time.Duration
	// Answered is notified of the side that has answered a call. It may be called from
	// any goroutine, and it may be nil.
	Answered func(ctx context.Context, side Side)
	// Changed is notified when the state of a server changes; it may be nil.
	Changed func(side Side, server string, state State)

	lookEvery time.Duration // at the mark of a server; 0 means lookEvery
}

// Backend is an origin with a standby. See [backend.Backend] and [backend.Pool] for
// what its methods do. Its servers are those of the origin.
type Backend struct {
	origin, standby   backend.Pool
	origins, standbys []*member
	alike             bool // both pools place keys alike
	options           Options
	recent            recent
	counts            counts

	closing context.Context //nolint:containedctx // ends what the Backend does by itself
	cancel  context.CancelFunc
	ended   sync.WaitGroup

	mu     sync.Mutex // guards closed, and that calls begin
	closed bool
	calls  sync.WaitGroup // reads that go on after their caller has an answer
}

var (
	_ backend.Pool               = (*Backend)(nil)
	_ backend.Placer             = (*Backend)(nil)
	_ backend.AvailabilityTeller = (*Backend)(nil)
	_ backend.HealthChecker      = (*Backend)(nil)
)

// New makes a Backend, which owns both pools from now on. The pools must not share a
// server, and neither may move keys to other servers when one is down.
func New(origin, standby backend.Pool, o Options) *Backend {
	if o.Hedge <= 0 {
		o.Hedge = DefaultHedge
	}
	if o.lookEvery <= 0 {
		o.lookEvery = lookEvery
	}
	presence := presences + strings.ToLower(rand.Text()[:8]) + ":"
	b := &Backend{
		origin: origin, standby: standby, options: o,
		origins: newMembers(origin, presence), standbys: newMembers(standby, presence),
	}
	b.alike = b.placesAlike()
	b.closing, b.cancel = context.WithCancel(context.Background())
	for _, m := range slices.Concat(b.origins, b.standbys) {
		b.ended.Go(func() { m.watch(b.closing, o.lookEvery) })
	}
	b.ended.Go(func() { b.report(b.closing) })
	return b
}

// presences begin the keys of presences.
const presences = backend.ReservedKeys + "standby:"

// comparedKeys is how many keys are tried to compare where two pools keep them.
const comparedKeys = 1000

// placesAlike says whether both pools have as many servers, and place keys alike.
func (b *Backend) placesAlike() bool {
	if len(b.origins) != len(b.standbys) {
		return false
	}
	for range comparedKeys {
		if key := rand.Text(); b.origin.ServerOf(key) != b.standby.ServerOf(key) {
			return false
		}
	}
	return true
}

// originOf and standbyOf return the server of a key.
func (b *Backend) originOf(key string) *member  { return b.origins[b.origin.ServerOf(key)] }
func (b *Backend) standbyOf(key string) *member { return b.standbys[b.standby.ServerOf(key)] }

// Servers returns the names of the servers of the origin.
func (b *Backend) Servers() []string { return b.origin.Servers() }

// ServerOf returns the server of the origin that has the key.
func (b *Backend) ServerOf(key string) int { return b.origin.ServerOf(key) }

// PlaceOf names the server of the origin or of the standby from which an item was read.
func (b *Backend) PlaceOf(key string, item backend.Item) string {
	if item.Server == standbyServer {
		item.Server = 0
		return backend.PlaceOf(b.standby, key, item) + " (standby)"
	}
	return backend.PlaceOf(b.origin, key, item)
}

// Elsewhere returns false: neither pool may keep an item on another of its servers.
func (*Backend) Elsewhere() bool { return false }

// Close ends the calls under way and closes both pools.
func (b *Backend) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.ended.Wait()
	errOrigin, errStandby := b.origin.Close(), b.standby.Close()
	b.calls.Wait()
	if errOrigin != nil {
		return errOrigin
	}
	return errStandby
}

// begin notes a read that may go on after its caller has an answer. It returns false
// if the Backend is closed.
func (b *Backend) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.calls.Add(1)
	}
	return !b.closed
}

// answered notes which side has answered a call.
func (b *Backend) answered(ctx context.Context, side Side) {
	switch side {
	case Origin:
		b.counts.origin.Inc()
	case Standby:
		b.counts.standby.Inc()
	case Both:
		b.counts.both.Inc()
	}
	if b.options.Answered != nil {
		b.options.Answered(ctx, side)
	}
}

// reportEvery is how often changes of states are looked for.
const reportEvery = lookEvery

// report notifies the operator of servers whose state has changed, until ctx ends.
func (b *Backend) report(ctx context.Context) {
	if b.options.Changed == nil {
		return
	}
	told := make(map[*member]State)
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		for side, members := range b.sides() {
			for _, m := range members {
				if state := m.state(); state != told[m] {
					told[m] = state
					b.options.Changed(side, m.name, state)
				}
			}
		}
	}
}

// sides calls yield with the servers of each side.
func (b *Backend) sides() func(yield func(Side, []*member) bool) {
	return func(yield func(Side, []*member) bool) {
		_ = yield(Origin, b.origins) && yield(Standby, b.standbys)
	}
}
