package index

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
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
)

// maintain rebuilds the index when it is not complete, and renews the markers.
func (r *Indexer) maintain(ctx context.Context) {
	renew := time.NewTicker(markerRenews)
	defer renew.Stop()
	rest := shortestRest
	told := r.index.States()
	for {
		told = r.notify(told)
		select {
		case <-r.stale:
			told = r.notify(told)
		case <-renew.C:
			if r.epoch() != "" {
				r.renewMarkers(ctx)
			}
			continue
		case <-ctx.Done():
			return
		}
		for ctx.Err() == nil && r.epoch() == "" {
			started := time.Now()
			err := r.rebuild(ctx)
			pause := rest
			if err == nil {
				rest, pause = shortestRest, min(restFactor*time.Since(started), longestRest)
			} else {
				rest = min(2*rest, longestRest)
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

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

// rebuild enters every session on every server. It fails if a server cannot be
// scanned, or if the index was withdrawn meanwhile.
func (r *Indexer) rebuild(ctx context.Context) error {
	r.mu.Lock()
	before := r.state.withdrawals
	r.mu.Unlock()
	// The streams must be connected before the scan: what changes during the
	// scan comes by them.
	for i := range r.pool.Servers() {
		if err := r.pool.Barrier(ctx, i); err != nil {
			return err
		}
	}
	err := r.scanAll(ctx, func(ids []string) error {
		_, err := r.index.enterMissing(ctx, ids)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	epoch := rand.Text()
	if err := r.setMarkers(ctx, epoch); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	if s.withdrawals != before {
		return backend.Unavailable("the index was withdrawn while it was rebuilt", nil)
	}
	s.epoch = epoch
	now := time.Now()
	for i := range s.servers {
		if !s.servers[i].Complete {
			s.servers[i] = ServerState{Server: s.servers[i].Server, Complete: true, Since: now}
		}
	}
	r.index.counts.rebuilds.Inc()
	return nil
}

// scanAll scans all servers and calls visit with the ids of their sessions, some
// together, from several goroutines.
func (r *Indexer) scanAll(ctx context.Context, visit func(ids []string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []string, 2*rebuildWorkers)
	var scans errgroup.Group
	for i := range r.pool.Servers() {
		scans.Go(func() error {
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
			err := r.pool.Scan(ctx, i, func(key string) error {
				if !r.index.sessions.IsID(key) {
					return nil
				}
				if ids = append(ids, key); len(ids) < lookAtOnce {
					return nil
				}
				return pass()
			})
			if err == nil && len(ids) > 0 {
				err = pass()
			}
			return err
		})
	}
	group.Go(func() error {
		defer close(batches)
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

// search is a scan for the sessions of a principal, which several calls may
// share.
type search struct {
	ids  []string
	err  error
	done chan struct{}
}

// searches are the scans that calls wait for. One runs at a time, for all calls
// that were waiting when it began: a call must not share a scan that began
// before it.
type searches struct {
	mu      sync.Mutex
	waiting map[principal]*search
	running bool
}

// searchTime bounds one scan.
const searchTime = time.Minute

// search scans all servers for the sessions of a principal. With an error it
// returns the sessions that it has found.
func (r *Indexer) search(ctx context.Context, p principal) ([]string, error) {
	s := &r.searches
	s.mu.Lock()
	if err := backend.Interrupted(r.ctx); err != nil { //nolint:contextcheck // whether the Indexer is closed
		s.mu.Unlock()
		return nil, err
	}
	if s.waiting == nil {
		s.waiting = make(map[principal]*search)
	}
	mine := s.waiting[p]
	if mine == nil {
		mine = &search{done: make(chan struct{})}
		s.waiting[p] = mine
	}
	if !s.running {
		s.running = true
		r.ended.Go(r.searchAll)
	}
	s.mu.Unlock()
	select {
	case <-mine.done:
		return mine.ids, mine.err
	case <-ctx.Done():
		return nil, backend.Interrupted(ctx)
	}
}

// searchAll scans until no call is waiting.
func (r *Indexer) searchAll() {
	s := &r.searches
	for {
		s.mu.Lock()
		round := s.waiting
		s.waiting = nil
		if len(round) == 0 {
			s.running = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		r.searchRound(round)
	}
}

func (r *Indexer) searchRound(round map[principal]*search) {
	ctx, cancel := context.WithTimeout(r.ctx, searchTime)
	defer cancel()
	r.index.counts.scans.Inc()
	var mu sync.Mutex
	var failed error
	err := r.scanAll(ctx, func(ids []string) error {
		err := r.index.sessions.Look(ctx, ids, func(id string, session Session) {
			for _, p := range r.index.principals(session.Attributes) {
				if found := round[p]; found != nil {
					mu.Lock()
					if !slices.Contains(found.ids, id) {
						found.ids = append(found.ids, id)
					}
					mu.Unlock()
				}
			}
		})
		if err != nil { // the sessions on the other servers count
			mu.Lock()
			failed = err
			mu.Unlock()
		}
		return nil
	})
	if err == nil {
		err = failed
	}
	for _, found := range round {
		found.err = err
		close(found.done)
	}
}
