package replication

import (
	"errors"
	"sync"

	"memcachedsoap/sessionstore/backend"
)

// removeConfirmed keeps the removals only of those items that are certainly absent on
// the other side because somebody has removed them there: the mark of this replicator
// is still on that server, so that it has not lost its items, and it may not have lost
// any since the removal was reported. If none was reported, the server must not have
// evicted an item since the last comparison.
func (l *look) removeConfirmed(steps []step) {
	var keeps [2]func() (marked, noneEvicted bool)
	for side := range keeps {
		keeps[side] = sync.OnceValues(func() (marked, noneEvicted bool) { return l.keepsItems(side) })
	}
	for i := range steps {
		st := &steps[i]
		if st.skipped || st.decision.verdict != remove {
			continue
		}
		absent := 1 - st.decision.side
		marked, noneEvicted := keeps[absent]()
		there := st.question.sides[absent]
		doubts, last := l.server[absent].doubtsOf()
		reported := there.kind == backend.Removed && there.reported.After(last)
		if !marked || doubts != l.doubts[absent] || !reported && !noneEvicted {
			st.skipped = true // a comparison follows
		}
	}
}

// keepsItems says whether the mark of this replicator is on the server of a side, and
// whether the server has evicted nothing since the last comparison.
func (l *look) keepsItems(side int) (marked, noneEvicted bool) {
	s := l.server[side]
	if !s.marks {
		return false, false
	}
	err := s.side.pool.Fetch(l.ctx, s.index, []string{s.lease.Key}, func(_ string, item backend.Item) {
		marked = s.lease.IsHeld(item)
	})
	if err != nil {
		return false, false
	}
	if !marked {
		// If the server was restarted, the comparison under way must not count.
		_ = l.r.inspect(l.ctx, s) // it is inspected again
		return false, false
	}
	info, err := s.side.pool.Describe(l.ctx, s.index)
	s.mu.Lock()
	defer s.mu.Unlock()
	same := err == nil && info.Run == s.info.Run && info.Flushes == s.info.Flushes
	return same, same && info.Evictions == s.evicted
}

// carryOut does what was decided.
func (l *look) carryOut(steps []step) {
	var writes [2][]backend.Write
	var places [2][]int
	for i := range steps {
		st := &steps[i]
		if st.skipped {
			continue
		}
		d := st.decision
		switch d.verdict {
		case equal, settle:
			l.remember(st)
		case remove:
			item := st.question.sides[d.side].item
			writes[d.side] = append(writes[d.side], backend.Write{Key: st.change.key, Item: item, Remove: true})
			places[d.side] = append(places[d.side], i)
		case write:
			for side, needed := range d.sides {
				if needed {
					item := d.target
					item.CAS = st.question.sides[side].item.CAS
					writes[side] = append(writes[side], backend.Write{Key: st.change.key, Item: item})
					places[side] = append(places[side], i)
				}
			}
		case inquire: // was answered
		}
	}
	failures := make([]error, len(steps))
	var both sync.WaitGroup
	results := [2][]error{}
	for side := range writes {
		if len(writes[side]) > 0 {
			both.Go(func() { results[side] = l.put(side, writes[side]) })
		}
	}
	both.Wait()
	written := make([]bool, len(steps))
	for side := range results {
		for n, err := range results[side] {
			at := places[side][n]
			written[at] = true
			if err == nil {
				steps[at].written[side] = writes[side][n].Item.CAS
			}
			failures[at] = worse(failures[at], err)
		}
	}
	for i := range steps {
		if written[i] {
			l.conclude(&steps[i], failures[i])
		}
	}
}

// put writes to the server of a side. The change stream will report the writes; a
// write whose new CAS number is known need not be looked at for that.
func (l *look) put(side int, writes []backend.Write) []error {
	s := l.server[side]
	for _, w := range writes {
		if !w.Remove {
			s.side.own.Add(w.Key)
		}
	}
	results := s.side.pool.Put(l.ctx, s.index, writes)
	for i, err := range results {
		if w := writes[i]; !w.Remove && (err != nil || w.Item.CAS == 0) {
			s.side.own.Take(w.Key)
		}
	}
	return results
}

// worse returns the error of two that says more about what to do: a server that does
// not answer, then an item that cannot be stored, then a lost race.
func worse(a, b error) error {
	switch {
	case a == nil || b != nil && backend.LostRace(a):
		return b
	default:
		return a
	}
}

// conclude notes what has become of a write.
func (l *look) conclude(st *step, err error) {
	r, d := l.r, st.decision
	_, tooLarge := errors.AsType[*backend.TooLargeError](err)
	switch {
	case err == nil:
		r.counts.done(d)
		r.noteDone(l.ctx, st)
		l.rememberWritten(st)
	case backend.LostRace(err):
		r.counts.races.Inc()
		l.rememberCopied(st)
		l.again = append(l.again, st.change)
	case tooLarge:
		r.counts.tooLarge.Inc()
		r.log.WarnContext(l.ctx, "item is too large for the other side", "key", fingerprint(st.change.key),
			"from_server", l.server[0].name, "to_server", l.server[1].name, "error", err)
		st.decision.verdict = settle
		l.remember(st)
	case errors.Is(err, backend.ErrNoMemory), errors.Is(err, backend.ErrInvalidKey):
		r.counts.failed.Inc()
		r.log.WarnContext(l.ctx, "item cannot be copied", "key", fingerprint(st.change.key), "error", err)
	default:
		l.fail(err, st.change)
	}
}

// remember notes that the sides are equal, or differ and stay so.
func (l *look) remember(st *step) {
	p := pair{epoch: l.epoch, settled: st.decision.verdict == settle}
	found := false
	for side, s := range st.question.sides {
		if s.found {
			p.cas[side] = s.item.CAS
			found = true
		}
	}
	if st.decision.why == evictedOnce {
		l.r.counts.leftEvicted.Inc()
	}
	if !found {
		l.r.remembered.forget(st.hash)
		return
	}
	l.r.remembered.set(st.hash, p)
}

// rememberWritten notes that the sides are equal after a write, if the CAS numbers
// are known. If not, the next comparison looks at the key again.
func (l *look) rememberWritten(st *step) {
	d := st.decision
	if d.verdict == remove {
		l.r.remembered.forget(st.hash)
		return
	}
	p := pair{epoch: l.epoch}
	for side, s := range st.question.sides {
		p.cas[side] = s.item.CAS
		if d.sides[side] {
			if st.written[side] == 0 {
				return
			}
			p.cas[side] = st.written[side]
		}
	}
	l.r.remembered.set(st.hash, p)
}

// rememberCopied notes after a lost race that one side has a copy of what the other side
// had when it was read. The other side has changed since: its item is later, even if it
// has no version because a Perl program has stored it.
func (l *look) rememberCopied(st *step) {
	for side, cas := range st.written {
		source := st.question.sides[1-side]
		if cas == 0 || !source.found || !backend.SameContent(source.item, st.decision.target) {
			continue
		}
		p := pair{epoch: l.epoch}
		p.cas[side], p.cas[1-side] = cas, source.item.CAS
		l.r.remembered.set(st.hash, p)
	}
}
