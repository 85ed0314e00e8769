package replication

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"memcachedsoap/sessionstore/backend"
)

const (
	// shortestRest is the least time between two comparisons that were needed.
	shortestRest = 100 * time.Millisecond
	// maxHeads bounds the items of one round of a comparison. A comparison of more
	// items has several rounds, each with a part of the keys.
	maxHeads = 500_000
	// streamTime is how long the first comparison waits for the change streams.
	streamTime = 500 * time.Millisecond
	// waitBeat is how often a comparison looks whether its keys were looked at.
	waitBeat = 10 * time.Millisecond
)

// reconcile compares the sides when a comparison is needed, and on a timer, until ctx
// ends.
func (r *Replicator) reconcile(ctx context.Context) {
	r.awaitStreams(ctx)
	timer := time.NewTimer(r.options.Reconcile)
	defer timer.Stop()
	rest := shortestRest
	for {
		select {
		case <-r.owed:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		c := r.compare(ctx)
		if ctx.Err() != nil {
			return
		}
		r.noteComparison(ctx, c)
		timer.Reset(r.options.Reconcile)
		if c.complete {
			rest = shortestRest
		} else {
			rest = min(2*rest, r.options.Reconcile, 10*time.Second)
			timer.Reset(rest)
		}
		select {
		case <-time.After(shortestRest):
		case <-ctx.Done():
			return
		}
	}
}

// awaitStreams waits a moment for the change streams. A comparison that begins before
// they are connected does not count.
func (r *Replicator) awaitStreams(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, streamTime)
	defer cancel()
	for _, s := range r.servers() {
		for s.side.stream.Load() != nil {
			if _, connected := s.lag(); connected {
				break
			}
			select {
			case <-time.After(waitBeat):
				continue
			case <-ctx.Done():
			}
			break
		}
	}
}

// comparison is one comparison of all items.
type comparison struct {
	r        *Replicator
	began    time.Time
	took     time.Duration
	resyncs  map[*server]uint64 // when it began
	evicted  map[*server]int64  // when it began
	absences map[*server]uint64 // when it began

	mu       sync.Mutex
	heads    map[uint64]*heads // by hash of the key
	failed   map[*server]error // servers that could not be scanned
	trust    bool              // equal versions mean equal items, because not all items can be remembered
	items    int64
	found    int64          // keys that are looked at
	unstored int64          // items that could not be stored before it began
	left     map[route]bool // keys of them were not looked at
	complete bool

	stored    int64 // items of all servers when it began, by their statistics
	differing int64 // keys that must be looked at
	scanned   bool  // differing has all of them
	ended     bool
}

// heads are what the servers know of one key.
type heads struct {
	cas   [2]uint64
	end   [2]time.Duration
	exact [2]bool
	on    [2]uint16 // the servers that the key belongs to
	there [2]bool
	noted bool // it will be looked at
}

// compare compares the sides, and waits until what differs was looked at.
func (r *Replicator) compare(ctx context.Context) *comparison {
	c := &comparison{r: r, began: time.Now(), resyncs: make(map[*server]uint64), evicted: make(map[*server]int64), absences: make(map[*server]uint64), left: make(map[route]bool), failed: make(map[*server]error), unstored: r.counts.failed.Load()}
	defer func() { c.took = time.Since(c.began) }()
	var total int64
	for _, s := range r.servers() {
		s.mu.Lock()
		c.resyncs[s], c.evicted[s], c.absences[s] = s.resyncs, s.info.Evictions, s.absences
		total += s.info.Items
		s.mu.Unlock()
	}
	r.remembered.begin()
	c.trust = total/2 > int64(r.options.MaxRemembered)
	c.stored = total
	r.comparing.Store(c)
	defer c.noteEnd()
	rounds := uint64(total/2/maxHeads + 1)
	for round := range rounds {
		c.heads = make(map[uint64]*heads, min(total/2+1, maxHeads)/int64(rounds))
		c.scan(ctx, round, rounds)
		differs := c.differs()
		c.noteDiffering(len(c.heads), round == rounds-1)
		if differs {
			c.collect(ctx, round, rounds)
		}
	}
	c.heads = nil
	c.wait(ctx)
	if ctx.Err() == nil {
		c.end()
	}
	return c
}

// each calls visit for each server of both sides that did not fail yet, side by side.
func (c *comparison) each(visit func(side int, s *server) error) {
	var all errgroup.Group
	for side, sd := range c.r.sides {
		for _, s := range sd.servers {
			if c.failure(s) != nil {
				continue
			}
			all.Go(func() error {
				if err := visit(side, s); err != nil {
					c.mu.Lock()
					c.failed[s] = err
					c.mu.Unlock()
				}
				return nil
			})
		}
	}
	_ = all.Wait() // the failures are in failed
}

func (c *comparison) failure(s *server) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed[s]
}

// scan reads the heads of all items.
func (c *comparison) scan(ctx context.Context, round, rounds uint64) {
	c.each(func(side int, s *server) error {
		s.mu.Lock()
		exact := s.info.VersionsInCAS
		s.mu.Unlock()
		var found placing
		defer func() { s.notePlacing(found) }()
		return s.side.pool.ScanHeads(ctx, s.index, func(h backend.Head) error {
			unit, to, ok := c.r.routeOf(h.Key)
			if ok && to != spread {
				found.add(to[side] == s.index)
			}
			if !ok || to != spread && to[side] != s.index {
				return nil
			}
			hash := c.r.remembered.hash(unit)
			if hash%rounds != round {
				return nil
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.items++
			if to == spread {
				c.heads[hash] = &heads{} // differs
				return nil
			}
			at := c.heads[hash]
			if at == nil {
				at = &heads{on: [2]uint16{uint16(to[0]), uint16(to[1])}}
				c.heads[hash] = at
			}
			at.there[side], at.cas[side], at.end[side] = true, h.CAS, h.ExpiresIn
			at.exact[side] = exact && backend.Version(h.CAS).Credible() != 0
			return nil
		})
	})
}

// differs leaves in heads what must be looked at, and says whether there is any.
func (c *comparison) differs() bool {
	for hash, at := range c.heads {
		if c.isEqual(hash, at) {
			delete(c.heads, hash)
		}
	}
	return len(c.heads) > 0
}

// isEqual says whether a key needs no look: nothing has changed since it was equal,
// or its other server cannot be asked.
func (c *comparison) isEqual(hash uint64, at *heads) bool {
	p, known := c.r.remembered.seen(hash)
	known = known && p.cas == at.cas && p.epoch == c.epochs(at.on) // a restarted server counts from 1 again
	switch {
	case at.there[0] && at.there[1]:
		near := at.end[0] == at.end[1] || at.end[0] != 0 && at.end[1] != 0 && (at.end[0]-at.end[1]).Abs() <= sameEnd+time.Second
		return near && (known || c.trust && at.exact[0] && at.exact[1] && at.cas[0] == at.cas[1])
	case at.there[0]:
		return known && p.settled || c.failure(c.r.sides[1].servers[at.on[1]]) != nil
	case at.there[1]:
		return known && p.settled || c.failure(c.r.sides[0].servers[at.on[0]]) != nil
	default: // on all servers
		return false
	}
}

// epochs returns how often a pair of servers has lost all items.
func (c *comparison) epochs(on [2]uint16) (epochs [2]uint16) {
	for side, index := range on {
		epochs[side] = c.r.sides[side].servers[index].epoch()
	}
	return epochs
}

// collect finds the keys of the heads that are left, and has them looked at. A scan
// ends early if too many keys wait for that; then another one finds the others.
func (c *comparison) collect(ctx context.Context, round, rounds uint64) {
	c.each(func(side int, s *server) error {
		for {
			err := c.collectOn(ctx, side, s, round, rounds)
			if !errors.Is(err, backend.ErrSlowVisitor) {
				return err
			}
		}
	})
}

func (c *comparison) collectOn(ctx context.Context, side int, s *server, round, rounds uint64) error {
	return s.side.pool.ScanHeads(ctx, s.index, func(h backend.Head) error {
		unit, to, ok := c.r.routeOf(h.Key)
		if !ok || to != spread && to[side] != s.index {
			return nil
		}
		hash := c.r.remembered.hash(unit)
		if hash%rounds != round || !c.note(hash) {
			return nil
		}
		return c.add(ctx, to, unit)
	})
}

// note says whether a key must be looked at, once.
func (c *comparison) note(hash uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.heads[hash]
	if at == nil || at.noted {
		return false
	}
	at.noted = true
	c.found++
	return true
}

// add has a key looked at. It waits while too many are waiting, unless they wait for a
// server that does not answer.
func (c *comparison) add(ctx context.Context, to route, key string) error {
	for {
		space := c.r.waiting.changed()
		if c.r.waiting.add(to, change{key: key, first: time.Now(), compared: true}) {
			return nil
		}
		select {
		case <-space:
		case <-time.After(waitBeat):
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
		if !c.r.reaches(to) {
			c.mu.Lock()
			c.left[to] = true
			c.mu.Unlock()
			return nil
		}
	}
}

// wait waits until all keys that differ were looked at, those excepted whose server
// does not answer.
func (c *comparison) wait(ctx context.Context) {
	for {
		left := false
		for to := range c.r.waiting.compared() {
			left = left || c.r.reaches(to)
		}
		if !left {
			return
		}
		select {
		case <-c.r.waiting.changed():
		case <-time.After(waitBeat):
		case <-ctx.Done():
			return
		}
	}
}

// end notes which servers are equal now: those that were compared with all servers
// that have some of their keys, and may not have changed without a report meanwhile.
func (c *comparison) end() {
	for to := range c.r.waiting.compared() {
		c.left[to] = true
	}
	c.complete = c.r.counts.failed.Load() == c.unstored
	all := c.complete
	for side, sd := range c.r.sides {
		for _, s := range sd.servers {
			whole := all && c.failed[s] == nil && c.peersScanned(s)
			for to := range c.left {
				whole = whole && to != spread && to[side] != s.index
			}
			c.complete = c.complete && whole
			c.conclude(s, whole)
		}
	}
	if c.complete {
		c.r.remembered.end()
		c.r.compared.Store(&c.began)
	}
}

// conclude notes that a server was compared, if it was. One that was compared with all
// its peers before and has not been away since then lacks nothing that a peer could
// have given that does not answer now.
func (c *comparison) conclude(s *server, whole bool) {
	away := slices.ContainsFunc(c.r.peers(s), func(peer *server) bool { return !peer.isReached() })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resyncs != c.resyncs[s] || s.absences != c.absences[s] {
		return
	}
	if whole {
		s.compared, s.evicted, s.whole = s.resyncs, c.evicted[s], s.absences
	} else if c.failed[s] == nil && away && s.whole == s.absences {
		s.compared = s.resyncs
	}
}

// peersScanned says whether all servers of the other side were scanned that have keys
// of a server.
func (c *comparison) peersScanned(s *server) bool {
	return !slices.ContainsFunc(c.r.peers(s), func(peer *server) bool { return c.failed[peer] != nil })
}

// err returns why the comparison is not complete.
func (c *comparison) err() error {
	if c.complete {
		return nil
	}
	var all []error
	for _, err := range c.failed {
		all = append(all, err)
	}
	return errors.Join(append(all, errIncomplete)...)
}

var errIncomplete = errors.New("replication: the comparison is not complete")
