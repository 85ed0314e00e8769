package replication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Replicator replicates two pools. Its methods may be called from any goroutine.
type Replicator struct {
	options    Options
	rules      Rules
	log        *slog.Logger
	sides      [2]*side
	alike      bool // both pools have each key on the server with the same number
	yields     bool // which one of two replicators stands by
	counts     counts
	remembered *remembered
	waiting    *waiting
	owed       chan struct{} // a comparison is needed

	active       atomic.Bool
	standsBy     atomic.Bool
	since        time.Time // when it became active
	compared     atomic.Pointer[time.Time]
	saidEvicting atomic.Bool
	saidSigned   atomic.Bool
	following    bool

	saidIncomplete bool                       // of the last comparison
	comparing      atomic.Pointer[comparison] // that runs, or the last one
	opened         chan struct{}              // a route has a queue now
}

// New makes a Replicator. It does nothing before [Replicator.Run] or
// [Replicator.Once].
func New(o Options) *Replicator {
	if o.Reconcile <= 0 {
		o.Reconcile = defaultReconcile
	}
	if o.MaxWaiting <= 0 {
		o.MaxWaiting = defaultMaxWaiting
	}
	if o.MaxRemembered <= 0 {
		o.MaxRemembered = defaultMaxRemembered
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	holder := rand.Text()
	r := &Replicator{
		options: o, rules: o.Rules, log: o.Logger, yields: holder[0]%2 == 0,
		remembered: newRemembered(o.MaxRemembered), owed: make(chan struct{}, 1), opened: make(chan struct{}, 1),
	}
	r.waiting = newWaiting(o.MaxWaiting, func() { signal(r.opened) })
	roles := [2]backend.ReplicaRole{backend.ReplicaSource, backend.ReplicaCopy}
	if o.TwoWay {
		roles = [2]backend.ReplicaRole{backend.ReplicaTwoWay, backend.ReplicaTwoWay}
	}
	for i, pool := range []backend.Replica{o.From, o.To} {
		sd := &side{name: [2]string{"from", "to"}[i], pool: pool, role: roles[i]}
		for index := range pool.Servers() {
			sd.servers = append(sd.servers, newServer(sd, index, holder))
		}
		r.sides[i] = sd
	}
	r.alike = placedAlike(o.From, o.To)
	return r
}

// placements is how many keys are tried to compare where two pools keep them.
const placements = 1000

// placedAlike says whether two pools keep each key on the server with the same number.
func placedAlike(a, b backend.Pool) bool {
	for i := range placements {
		if key := strconv.Itoa(i); a.ServerOf(key) != b.ServerOf(key) {
			return false
		}
	}
	return len(a.Servers()) == len(b.Servers())
}

// servers returns the servers of both sides.
func (r *Replicator) servers() []*server {
	return append(append([]*server(nil), r.sides[0].servers...), r.sides[1].servers...)
}

// Run replicates until ctx ends. While another replicator of the same pools is
// active, it stands by. It returns nil when ctx has ended.
func (r *Replicator) Run(ctx context.Context) error {
	for r.standBy(ctx) {
		if err := r.lead(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lead replicates until ctx ends or another replicator is active.
func (r *Replicator) lead(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.begin()
	if err := r.follow(); err != nil {
		return err
	}
	r.log.InfoContext(ctx, "replicator active", "two_way", r.options.TwoWay)
	r.active.Store(true)
	r.inspectAll(ctx)
	var parts sync.WaitGroup
	for _, s := range r.servers() {
		parts.Go(func() { r.keep(ctx, s, true) })
	}
	parts.Go(func() { r.work(ctx) })
	parts.Go(func() { r.reconcile(ctx) })
	r.lookForOthers(ctx)
	r.active.Store(false)
	cancel()
	parts.Wait()
	r.release(ctx)
	return nil
}

// lookForOthers returns when ctx ends or this replicator must stand by.
func (r *Replicator) lookForOthers(ctx context.Context) {
	ticker := time.NewTicker(backend.ReplicaMarkRenewal)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if r.mustYield() {
				r.log.WarnContext(ctx, "another replicator of the same pools is active")
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// begin forgets what may not be true any more.
func (r *Replicator) begin() {
	r.since = time.Now()
	r.remembered.clear()
	r.waiting.clear()
	for _, s := range r.servers() {
		s.resync("it has not been compared yet")
	}
	signal(r.owed)
}

// follow follows the changes on both sides, once. A pool that cannot be followed is
// compared only.
func (r *Replicator) follow() error {
	if r.following {
		return nil
	}
	r.following = true
	for i, sd := range r.sides {
		stream, err := sd.pool.Follow(backend.Follower{
			Item:           func(key string, what backend.ItemChange) { r.changed(i, key, what) },
			ResyncRequired: func(index int) { r.resync(sd.servers[index], "its change stream has left out changes") },
		})
		switch {
		case errors.Is(err, backend.ErrNotFollowable):
			r.log.Warn("the changes in a pool cannot be followed: it is compared only", "pool", sd.name)
		case err != nil:
			return err
		default:
			sd.stream.Store(&stream)
		}
	}
	return nil
}

// resync notes that a server may have changed without a report: it must be compared.
func (r *Replicator) resync(s *server, reason string) {
	s.resync(reason)
	s.side.own.Clear() // their events may never come
	if r.active.Load() {
		signal(r.owed)
	}
}

// changed notes that a change stream has reported a change. It never blocks.
func (r *Replicator) changed(side int, key string, what backend.ItemChange) {
	if !r.active.Load() {
		return
	}
	unit, to, ok := r.routeOf(key)
	if !ok {
		return
	}
	if r.sides[side].own.Take(key) {
		return
	}
	if what != backend.Removed && !r.reaches(to) {
		return // the comparison after the server's return finds it, but no removal
	}
	now := time.Now()
	c := change{key: unit, first: now}
	c.reported[side], c.kind[side] = now, what
	if !r.waiting.add(to, c) {
		r.counts.overflows.Inc()
		for i, sd := range r.sides {
			if to == spread {
				break
			}
			r.resync(sd.servers[to[i]], "too many changes were waiting")
		}
	}
}

// reaches says whether all servers of a route answer.
func (r *Replicator) reaches(to route) bool {
	for side, sd := range r.sides {
		for _, s := range sd.servers {
			if (to == spread || to[side] == s.index) && !s.isReached() {
				return false
			}
		}
	}
	return true
}

// routeOf returns what must be looked at for a key, and which servers have it. It
// returns false for keys that are not copied.
func (r *Replicator) routeOf(key string) (unit string, to route, ok bool) {
	name, deletion := r.rules.DeletionName(key)
	switch {
	case deletion && !r.alike:
		return name, spread, true
	case deletion, r.rules.IsSession(key), r.rules.IsLog(key):
	case backend.IsReserved(key), !r.options.AllKeys:
		return "", route{}, false
	}
	return key, route{r.sides[0].pool.ServerOf(key), r.sides[1].pool.ServerOf(key)}, true
}

// State returns what the replicator is doing.
func (r *Replicator) State() State {
	st := State{Active: r.active.Load(), StandsBy: r.standsBy.Load(), Equal: true}
	if at := r.compared.Load(); at != nil {
		st.Compared = *at
	}
	for _, s := range r.servers() {
		one := r.state(s)
		st.Equal = st.Equal && one.Equal && st.Active
		st.Servers = append(st.Servers, one)
	}
	if st.Active {
		st.Waiting, st.Lag = r.waiting.oldest(nil)
	}
	return st
}

// fingerprint names a key in the log: it may be the id of a session.
func fingerprint(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:6])
}
