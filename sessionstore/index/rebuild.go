package index

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"memcachedsoap/sessionstore/backend"
)

const (
	// rebuildWorkers look at sessions side by side during a rebuild. Four are
	// enough to read 100,000 sessions in a few seconds, and leave the servers to
	// the calls.
	rebuildWorkers = 4
	// A rebuild that fails is repeated after a pause that doubles between these.
	// After a successful one the next waits restFactor times as long as it took,
	// so that streams with many gaps do not keep the servers busy.
	shortestRest = 100 * time.Millisecond
	longestRest  = 10 * time.Second
	restFactor   = 10
	// While calls come, each worker of a rebuild rests considerateRest times as
	// long as it works: together they work a tenth of the time.
	considerateRest = 10*rebuildWorkers - 1
)

// notify notifies the operator of the servers whose state is another one than
// what he was told, and returns the present states.
func (r *Indexer) notify(told []ServerState) []ServerState {
	now := r.index.States()
	for i := range now {
		if r.index.notify != nil && i < len(told) && now[i] != told[i] && (now[i].Complete || told[i].Complete) {
			r.index.notify(now[i])
		}
	}
	return now
}

// rebuild enters every session on every server; considerate, it leaves the servers
// to the calls. It fails if a server cannot be scanned, or if the index was
// withdrawn meanwhile.
func (r *Indexer) rebuild(ctx context.Context, considerate bool) error {
	before := r.withdrawals()
	// The streams must be connected before the scan: what changes during the
	// scan comes by them.
	if err := r.barriers(ctx); err != nil {
		return err
	}
	r.rebuilding.begin(r.items(ctx))
	defer r.rebuilding.end()
	err := r.scanAll(ctx, func(ids []string) error {
		started, calls := time.Now(), r.index.sessions.Calls()
		_, err := r.index.enterMissing(ctx, ids)
		r.rebuilding.add(len(ids))
		if err == nil && considerate && r.index.sessions.Calls() > calls {
			err = pause(ctx, considerateRest*time.Since(started))
		}
		return err
	})
	if err != nil {
		return err
	}
	draining, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	if err := r.drain(draining); err != nil {
		return err
	}
	epoch := rand.Text()
	if err := r.setMarkers(ctx, epoch); err != nil {
		return err
	}
	if err := r.trust(epoch, before); err != nil {
		return err
	}
	r.index.counts.rebuilds.Inc()
	return nil
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return backend.Interrupted(ctx)
	}
}

// scansAtOnce is how many servers are scanned side by side. A scan may hold 64 MiB
// of keys until they are visited; two go on if one of them hangs.
const scansAtOnce = 2

// scanAll scans all servers and calls visit with the ids of their sessions, in
// groups, from several goroutines. An error of one server does not keep it from
// scanning the others.
func (r *Indexer) scanAll(ctx context.Context, visit func(ids []string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []string, 2*rebuildWorkers)
	var scans errgroup.Group
	scans.SetLimit(scansAtOnce)
	group.Go(func() error {
		defer close(batches)
		for i := range r.pool.Servers() {
			scans.Go(func() error { return r.scan(ctx, i, batches) })
		}
		return scans.Wait()
	})
	for range rebuildWorkers {
		group.Go(func() error {
			for ids := range batches {
				if err := r.index.isolate(ctx, ids, visit); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait() //nolint:wrapcheck // an error of the pool or of the visitor
}

// scan scans one server and passes the ids of its sessions on, in groups.
func (r *Indexer) scan(ctx context.Context, server int, batches chan<- []string) error {
	var ids []string
	pass := func() error {
		select {
		case batches <- ids:
			ids = nil
			return nil
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
	}
	err := r.pool.Scan(ctx, server, func(key string) error {
		if !r.index.sessions.IsID(key) {
			return nil
		}
		if ids = append(ids, key); len(ids) < lookAtOnce {
			return nil
		}
		return pass()
	})
	if len(ids) > 0 { // also those of a scan that has failed
		if passErr := pass(); err == nil {
			err = passErr
		}
	}
	return err
}

// search is a scan for the sessions of a principal, which several calls may
// share.
type search struct {
	mu    sync.Mutex
	found map[string]int64 // when each session expires, by id
	err   error            // once it is done
	done  chan struct{}
}

func (s *search) add(id string, expiry int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[id] = expiry
}

// entries returns what was found up to now, in the order in which it expires: that
// of the logins, if all sessions live equally long.
func (s *search) entries() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := make([]entry, 0, len(s.found))
	for id, expiry := range s.found {
		entries = append(entries, entry{id: id, expiry: expiry})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(uint64(a.expiry)-1, uint64(b.expiry)-1), strings.Compare(a.id, b.id)) // 0 is never
	})
	return entries
}

// searches are the scans that calls wait for. One runs at a time, for all calls
// that were waiting when it began: a call must not share a scan that began
// before it.
type searches struct {
	mu      sync.Mutex
	waiting map[principal]*search
	running bool
}

const (
	// searchTime bounds one scan.
	searchTime = time.Minute
	// A call that has a deadline waits for its scan for three quarters of its
	// time: the rest is for what it does with the sessions that were found.
	searchShare = 4
)

// search scans all servers for the sessions of a principal. With an error it
// returns the sessions that it has found.
func (r *Indexer) search(ctx context.Context, p principal) ([]entry, error) {
	mine, err := r.join(p)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/searchShare))
		defer cancel()
	}
	select {
	case <-mine.done:
		return mine.entries(), mine.err
	case <-ctx.Done():
		return mine.entries(), backend.Unavailable("the scan of the memcached servers did not end in time", ctx.Err())
	}
}

// join adds a call to the next scan.
func (r *Indexer) join(p principal) (*search, error) {
	s := &r.searches
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := backend.Interrupted(r.ctx); err != nil {
		return nil, err
	}
	if s.waiting == nil {
		s.waiting = make(map[principal]*search)
	}
	mine := s.waiting[p]
	if mine == nil {
		mine = &search{found: make(map[string]int64), done: make(chan struct{})}
		s.waiting[p] = mine
	}
	if !s.running {
		s.running = true
		r.ended.Go(r.searchAll)
	}
	return mine, nil
}

// searchAll scans until no call is waiting.
func (r *Indexer) searchAll() {
	s := &r.searches
	for {
		s.mu.Lock()
		round := s.waiting
		s.waiting = nil
		s.running = len(round) > 0
		s.mu.Unlock()
		if len(round) == 0 {
			return
		}
		err := r.searchRound(round)
		for _, mine := range round {
			mine.err = err
			close(mine.done)
		}
	}
}

// searchRound scans once for all principals of a round.
func (r *Indexer) searchRound(round map[principal]*search) error {
	ctx, cancel := context.WithTimeout(r.ctx, searchTime)
	defer cancel()
	r.index.counts.scans.Inc()
	var failed atomic.Pointer[error]
	look := func(ids []string) error {
		err := r.index.sessions.Look(ctx, ids, func(id string, session Session) {
			for _, p := range r.index.principals(backend.TypeOf(id), session.Attributes) {
				if mine := round[p]; mine != nil {
					mine.add(id, backend.ExpiryOf(session.Life))
				}
			}
		})
		if err != nil {
			failed.Store(&err) // the sessions on the other servers count
		}
		return nil
	}
	err := r.scanAll(ctx, look)
	if err == nil && backend.Moves(r.pool) {
		err = r.scanAll(ctx, look) // what has moved between two scans
	}
	if first := failed.Load(); err == nil && first != nil {
		return *first
	}
	return err
}
