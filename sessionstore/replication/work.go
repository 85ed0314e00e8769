package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// workersPerRoute look at the keys of a route side by side.
	workersPerRoute = 2
	// lookAtOnce is how many keys are looked at together, fewer if their items are
	// large: a batch is to have batchBytes.
	lookAtOnce = 128
	batchBytes = 4 << 20
	// A look that fails is repeated after a pause that doubles between these.
	shortestPause = 20 * time.Millisecond
	longestPause  = time.Second
	// finishTime bounds what is in flight when the replicator ends.
	finishTime = 5 * time.Second
)

// work looks at the changes until ctx ends.
func (r *Replicator) work(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	started := make(map[route]bool)
	for {
		for to, q := range r.waiting.routes() {
			if started[to] {
				continue
			}
			started[to] = true
			for range workersPerRoute {
				all.Go(func() { r.serve(ctx, to, q) })
			}
		}
		select {
		case <-r.opened:
		case <-ctx.Done():
			return
		}
	}
}

// serve looks at the changes of a route.
func (r *Replicator) serve(ctx context.Context, to route, q *queue) {
	pause, size := shortestPause, lookAtOnce
	for {
		b := r.waiting.take(to, q, size)
		if len(b.changes) == 0 {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		l := r.traced(ctx, to, b.changes)
		r.waiting.finish(b, l.again)
		if l.bytes > batchBytes {
			size = max(size/2, 1)
		} else {
			size = min(size*2, lookAtOnce)
		}
		if l.err == nil {
			pause = shortestPause
			continue
		}
		r.counts.errors.Inc()
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
			return
		}
	}
}

// look is one look at the keys of a route.
type look struct {
	r      *Replicator
	ctx    context.Context //nolint:containedctx // of this look
	to     route
	server [2]*server
	doubts [2]uint64 // of the servers, before anything is read
	epoch  [2]uint16

	again []change // must be looked at again
	bytes int64    // that were read
	err   error    // a server did not do its part
}

// traced looks at some keys, with a span.
func (r *Replicator) traced(ctx context.Context, to route, changes []change) *look {
	ctx, recorded := r.options.Tracer.Begin(ctx, "replicate")
	defer recorded.End()
	l := r.lookAt(ctx, to, changes)
	if recorded.Recorded() {
		recorded.Items(len(changes), len(changes)-len(l.again))
		if l.err != nil {
			recorded.Fail("server unavailable")
		}
	}
	return l
}

// lookAt makes the items of some keys equal. What has begun is finished when ctx
// ends.
func (r *Replicator) lookAt(ctx context.Context, to route, changes []change) *look {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	l := &look{r: r, ctx: ctx, to: to}
	if to == spread {
		l.spreadDeletions(changes)
		return l
	}
	for side, index := range to {
		l.server[side] = r.sides[side].servers[index]
		l.doubts[side], _ = l.server[side].doubtsOf()
		l.epoch[side] = l.server[side].epoch()
	}
	var logs []change
	var others []change
	for _, c := range changes {
		if r.rules.IsLog(c.key) {
			logs = append(logs, c)
		} else {
			others = append(others, c)
		}
	}
	l.decideAll(others)
	if l.err == nil {
		l.decideAll(logs) // after the sessions that they name
	} else {
		l.again = append(l.again, logs...)
	}
	return l
}

// fail notes that a server did not do its part.
func (l *look) fail(err error, changes ...change) {
	l.err = errors.Join(l.err, err)
	l.again = append(l.again, changes...)
}

// fetch reads items on both sides.
func (l *look) fetch(keys [2][]string) (found [2]map[string]backend.Item, err error) {
	var both sync.WaitGroup
	var failed [2]error
	for side := range found {
		found[side] = make(map[string]backend.Item, len(keys[side]))
		if len(keys[side]) == 0 {
			continue
		}
		both.Go(func() {
			failed[side] = l.r.sides[side].pool.Fetch(l.ctx, l.to[side], keys[side], func(key string, item backend.Item) {
				found[side][key] = item
			})
		})
	}
	both.Wait()
	return found, errors.Join(failed[:]...)
}

// decideAll decides about keys, and does what was decided.
func (l *look) decideAll(changes []change) {
	if len(changes) == 0 {
		return
	}
	keys := make([]string, len(changes))
	steps := make([]step, len(changes))
	for i, c := range changes {
		keys[i] = c.key
		steps[i] = step{change: c, hash: l.r.remembered.hash(c.key)}
		// What is remembered must be older than what is read: only then an item that
		// differs from it has changed since.
		steps[i].before, steps[i].known = l.r.remembered.get(steps[i].hash)
	}
	found, err := l.fetch([2][]string{keys, keys})
	if err != nil {
		l.fail(err, changes...)
		return
	}
	for i := range steps {
		steps[i].question = l.question(&steps[i], found)
		steps[i].decision = l.decide(steps[i].question)
	}
	l.askDeletions(steps)
	l.removeConfirmed(steps)
	l.carryOut(steps)
}

// step is what is done about one key.
type step struct {
	change   change
	hash     uint64
	before   pair // what was remembered before the items were read
	known    bool // that something was
	question question
	decision decision
	written  [2]uint64 // the CAS numbers that the items have after the writes
	skipped  bool      // it is done, or was noted to be looked at again
}

// question puts together what is known of a key.
func (l *look) question(st *step, found [2]map[string]backend.Item) question {
	c, p, known := st.change, st.before, st.known
	q := question{key: c.key, twoWay: l.r.options.TwoWay, now: time.Now(), rules: l.r.rules}
	if at := l.r.compared.Load(); at != nil {
		q.compared = *at
	}
	q.known = known && !p.settled
	q.settled = known && p.settled
	for side, s := range l.server {
		item, ok := found[side][c.key]
		item.Version = item.Version.Credible()
		l.bytes += int64(len(item.Image))
		q.sides[side] = sight{item: item, found: ok, reported: c.reported[side], kind: c.kind[side], changed: known && ok && item.CAS != p.cas[side]}
		q.settled = q.settled && item.CAS == p.cas[side]
		if known {
			q.sides[side].loss = s.lostSince(p.epoch[side])
			q.settled = q.settled && q.sides[side].loss == kept
		}
		s.mu.Lock()
		q.sides[side].evicting, q.sides[side].started = s.info.Evictions > s.evicted, s.info.Started
		s.mu.Unlock()
	}
	return q
}

// decide decides about a key of any kind.
func (l *look) decide(q question) (d decision) {
	defer func() {
		if p := recover(); p != nil { // what one program has stored must not end the process
			l.r.counts.failed.Inc()
			l.r.log.ErrorContext(l.ctx, "looking at an item panicked", "key", fingerprint(q.key), "panic", p)
			d = decision{verdict: settle}
		}
	}()
	switch _, deletion := l.r.rules.DeletionName(q.key); {
	case deletion:
		return q.deletionRecord()
	case l.r.rules.IsLog(q.key):
		return l.log(q)
	}
	return decide(q)
}

// askDeletions reads the records of the deletions that decisions depend on, and
// decides again.
func (l *look) askDeletions(steps []step) {
	var keys [2][]string
	for i := range steps {
		if steps[i].decision.verdict != inquire {
			continue
		}
		name := l.r.rules.DeletionOf(steps[i].change.key)
		for side, sd := range l.r.sides {
			keys[side] = append(keys[side], backend.KeyOn(sd.pool, l.to[side], name))
		}
	}
	if len(keys[0]) == 0 {
		return
	}
	found, err := l.fetch(keys)
	n := 0
	for i := range steps {
		st := &steps[i]
		if st.decision.verdict != inquire {
			continue
		}
		if err != nil {
			st.skipped = true
			l.again = append(l.again, st.change)
			continue
		}
		st.question.asked = true
		for side := range keys {
			record, ok := found[side][keys[side][n]]
			switch {
			case ok && st.question.deletion != nil:
				record = l.r.rules.MergeDeletions(*st.question.deletion, record)
				fallthrough
			case ok:
				st.question.deletion = &record
			}
		}
		n++
		st.decision = l.decide(st.question)
	}
	l.err = errors.Join(l.err, err)
}
