package changes

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

// Options are the settings of a [Peer].
type Options struct {
	// Open opens the pool once more, to watch its servers.
	Open func() (backend.Pool, error)
	// URL is the address of this instance for the others, without a path.
	URL string
	// Keys are the secrets that the instances share.
	Keys *Keys
	// Trust says how to connect to relays with TLS.
	Trust *Trust
	// Relays is how many instances watch the servers, and MaxReaders how many may
	// follow through this one. 0 means [MaxRelays] and 128.
	Relays, MaxReaders int
	// History is how many changes a relay keeps for readers that are behind; 0 means
	// 16384.
	History int
	Logger  *slog.Logger // nil logs nothing

	takeTime time.Duration // 0 means takeTime
}

func (o Options) withDefaults() Options {
	o.Relays = cmp.Or(o.Relays, MaxRelays)
	o.MaxReaders = cmp.Or(o.MaxReaders, 128)
	o.History = cmp.Or(o.History, 16<<10)
	o.takeTime = cmp.Or(o.takeTime, takeTime)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// Followers are notified of changes. Their functions may be called from several
// goroutines at the same time and must return quickly.
type Followers struct {
	// Watching is notified while this instance watches the servers itself.
	Watching backend.Follower
	// Changed and ResyncRequired are notified while it follows through a relay:
	// Changed has the [backend.KeyHash] of a key. See [backend.Follower]. At times
	// both ways report the same change.
	Changed        func(hash string, foreign bool)
	ResyncRequired func(server int)
	// Watches is told whether this instance watches the servers itself from now on,
	// before Watching is notified first and after it was notified last. May be nil.
	Watches func(itself bool)
	// Index proves for readers that the index is complete. Nil means that this
	// instance keeps none.
	Index Index
}

// Index is the index of a relay: an [index.Indexer].
type Index interface {
	index.Prover
	// Identity is the same for all instances that keep the same index.
	Identity() string
}

// Peer is a pool whose changes this instance follows together with others. It is the
// [backend.Stream] of the pool, the [index.Prover] of an instance that follows through
// a relay, and the handler of the requests of readers. Methods may be called from any
// goroutine.
type Peer struct {
	backend.Pool // does everything that this package does not redefine

	options   Options
	followers Followers
	identity  string
	samples   []string // a key of each server
	started   time.Time
	client    *client
	questions chan struct{} // has a token for each one that is being answered
	readers   chan struct{} // has a token for each instance that follows through this one
	places    *places
	direct    atomic.Pointer[direct]
	reader    *reader
	known     []atomic.Int64               // up to when the changes of each server were known at least; 0: never
	complete  atomic.Pointer[completeness] // nil if the relay's index is not complete
	counts    counts

	hurry   chan struct{} // the reader needs another relay
	leaving atomic.Bool
	sharing sync.Once
	cancel  context.CancelFunc
	ended   sync.WaitGroup
}

var (
	_ backend.Pool               = (*Peer)(nil)
	_ backend.Stream             = (*Peer)(nil)
	_ backend.AvailabilityTeller = (*Peer)(nil)
	_ backend.HealthChecker      = (*Peer)(nil)
	_ index.Prover               = (*Peer)(nil)
	_ http.Handler               = (*Peer)(nil)
)

// New makes a Peer, which owns the pool from now on. It follows nothing until
// [Peer.Share] is called.
func New(pool backend.Pool, o Options) *Peer {
	o = o.withDefaults()
	p := &Peer{
		Pool: pool, options: o, started: time.Now(), identity: identityOf(pool), client: newClient(o.Keys, o.Trust),
		questions: make(chan struct{}, maxQuestions), readers: make(chan struct{}, o.MaxReaders),
		places: newPlaces(pool, o.Relays), hurry: make(chan struct{}, 1),
		known: make([]atomic.Int64, len(pool.Servers())), cancel: func() {},
	}
	for server := range pool.Servers() {
		p.samples = append(p.samples, backend.KeyOn(pool, server, leaseKeys))
	}
	p.reader = newReader(p)
	return p
}

// placements is how many keys are tried to compare where two instances keep them.
const placements = 1000

// identityOf returns a text that is the same for all instances that keep each key on
// the same server, and name the servers alike.
func identityOf(pool backend.Pool) string {
	text := fmt.Appendf(nil, "1 %q", pool.Servers())
	for i := range placements {
		text = fmt.Appendln(text, pool.ServerOf(leaseKeys+strconv.Itoa(i)))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Follow refuses: what a relay tells is not enough for every [backend.Follower]. See
// [Peer.Share].
func (p *Peer) Follow(backend.Follower) (backend.Stream, error) { //nolint:ireturn // as backend.Pool has it
	return nil, backend.ErrNotFollowable
}

// Share follows the changes from now on, until the Peer is closed: it watches the
// servers or follows through a relay. It may be called once.
func (p *Peer) Share(f Followers) {
	p.sharing.Do(func() {
		if f.Watches == nil {
			f.Watches = func(bool) {}
		}
		p.followers = f
		var ctx context.Context
		ctx, p.cancel = context.WithCancel(context.Background())
		f.Watches(false)
		p.ended.Go(func() { p.manage(ctx) })
	})
}

// Leave ends the streams of the readers, which follow through another relay then, and
// gives the place of this instance to another one. It goes on following the changes
// itself.
func (p *Peer) Leave() {
	p.leaving.Store(true)
	if d := p.direct.Load(); d != nil {
		d.hub.close()
	}
	p.lookNow()
}

// Close stops following and closes the pool. When it returns, no follower is notified
// any more.
func (p *Peer) Close() error {
	p.Leave()
	p.cancel()
	p.ended.Wait()
	p.client.close()
	return p.Pool.Close()
}

// Health returns the states of the servers of the pool.
func (p *Peer) Health(ctx context.Context) []backend.Health { return backend.HealthOf(ctx, p.Pool) }

// Available says whether the pool can store an item under key.
func (p *Peer) Available(key string) bool { return backend.Available(p.Pool, key) }

// State returns the state of what is known of the server that has the key, in the way
// that knows more. See [backend.Stream].
func (p *Peer) State(key string) (lag time.Duration, connected bool) {
	return p.stateOf(p.ServerOf(key))
}

func (p *Peer) stateOf(server int) (lag time.Duration, connected bool) {
	now := p.now()
	lag = math.MaxInt64
	if known := p.known[server].Load(); known != 0 {
		lag = now - time.Duration(known)
	}
	if d := p.direct.Load(); d != nil {
		own, ok := d.stream.State(p.samples[server])
		lag, connected = min(lag, own), ok
	}
	if s := p.reader.session.Load(); s != nil && !connected {
		connected = s.connected[server].Load()
	}
	return lag, connected
}

// now returns the time since the start.
func (p *Peer) now() time.Duration { return time.Since(p.started) }

// learn notes that all changes of a server up to a moment were reported.
func (p *Peer) learn(server int, until time.Duration) {
	for {
		known := p.known[server].Load()
		if int64(until) <= known || p.known[server].CompareAndSwap(known, int64(until)) {
			return
		}
	}
}

// Barrier waits until the change stream has caught up with this moment, in the way in
// which this instance follows it. See [backend.Pool]; through a relay, the function
// [Followers.Changed] is called.
func (p *Peer) Barrier(ctx context.Context, server int) error {
	if server < 0 || server >= len(p.samples) {
		return fmt.Errorf("changes: there is no server %d", server)
	}
	if d := p.direct.Load(); d != nil {
		return d.pool.Barrier(ctx, server)
	}
	if s := p.reader.session.Load(); s != nil {
		return s.barrier(ctx, server)
	}
	return backend.Unavailable("the change stream of a memcached server is not connected", errNoRelay)
}

// completeness is what a relay has said of its index last: that it was complete.
type completeness struct {
	identity string
	at       time.Duration
}

// completeFor is how long an index counts as complete, for people, that a relay has said
// to be so: another relay is found in that time.
const completeFor = 2 * time.Second

// Complete says whether a relay has said that its index is complete. The Peer is an
// [index.Prover].
func (p *Peer) Complete(identity string) bool {
	c := p.complete.Load()
	return c != nil && c.identity == identity && p.now()-c.at < completeFor
}

// Prove asks the relay whether its index is complete.
func (p *Peer) Prove(ctx context.Context, identity string) (epoch string) {
	if s := p.reader.session.Load(); s != nil && s.hello.index == identity {
		epoch, _ = s.ask(ctx, indexPath, "identity", identity) // else it is not proved
	}
	return epoch
}

// Confirm asks the relay whether its index is still complete.
func (p *Peer) Confirm(ctx context.Context, identity, epoch string) bool {
	s := p.reader.session.Load()
	if s == nil {
		return false
	}
	answer, err := s.ask(ctx, indexPath, "identity", identity, "epoch", epoch)
	return err == nil && answer == confirmed
}

// indexIdentity returns the identity of the index of this instance.
func (p *Peer) indexIdentity() string {
	if p.followers.Index == nil {
		return nothing
	}
	return p.followers.Index.Identity()
}
