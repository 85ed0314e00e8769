package replication

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// log decides about a log. Logs are merged; but if only one side has changed a log
// since both were equal, then its log says all that the other one says, and more, or
// less because it was compacted.
func (l *look) log(q question) decision {
	a, b := q.sides[0], q.sides[1]
	if !a.found || !b.found {
		d := decide(q)
		if d.verdict == write {
			for side := range d.sides {
				if d.sides[side] && !q.sides[side].found {
					l.ensure(side, l.r.rules.LogSessions(d.target))
				}
			}
		}
		return d
	}
	if backend.SameContent(a.item, b.item) {
		return q.same()
	}
	if q.known && a.changed != b.changed && (q.twoWay || a.changed) {
		winner := 0
		if b.changed {
			winner = 1
		}
		if _, same, news := l.r.rules.MergeLogs(a.item, b.item); !same {
			l.ensure(1-winner, news[1-winner])
		}
		return q.winner(winner)
	}
	return l.merge(q)
}

// merge merges two logs. A log that finds the same as the other one stays as it is.
func (l *look) merge(q question) decision {
	a, b := q.sides[0].item, q.sides[1].item
	merged, same, news := l.r.rules.MergeLogs(a, b)
	merged.ExpiresIn = a.ExpiresIn
	if laterEnd(b, a) {
		merged.ExpiresIn = b.ExpiresIn
	}
	d := decision{verdict: equal, target: merged}
	for side, s := range q.sides {
		if !q.twoWay && side == 0 {
			continue
		}
		if same && endsTogether(s.item, merged) || backend.SameContent(s.item, merged) && endsTogether(s.item, merged) {
			continue
		}
		d.verdict, d.sides[side], d.merged = write, true, true
		l.ensure(side, news[side])
	}
	return d
}

// ensure makes sessions equal that the log of a side names from now on. Otherwise an
// instance that finds an entry before the session would remove the entry.
func (l *look) ensure(side int, ids []string) {
	routes := make(map[route][]change)
	for _, id := range ids {
		if p, known := l.r.remembered.get(l.r.remembered.hash(id)); known && p.cas[side] != 0 {
			continue
		}
		if unit, to, ok := l.r.routeOf(id); ok && l.r.rules.IsSession(id) {
			routes[to] = append(routes[to], change{key: unit, first: time.Now()})
		}
	}
	for to, changes := range routes {
		for len(changes) > 0 {
			n := min(len(changes), lookAtOnce)
			inner := l.r.lookAt(l.ctx, to, changes[:n])
			l.bytes += inner.bytes
			changes = changes[n:]
		}
	}
}

// deletionRecord decides about the record of a session's deletion. The later deletion
// counts on both sides, and a record is never removed.
func (q question) deletionRecord() decision {
	a, b := q.sides[0], q.sides[1]
	switch {
	case a.found && b.found:
		merged := q.rules.MergeDeletions(a.item, b.item)
		d := q.towards(merged)
		if !q.twoWay && d.sides[0] {
			d.sides[0] = false
			if !d.sides[1] {
				d.verdict = equal
			}
		}
		return d
	case a.found:
		return q.winner(0)
	case b.found && !q.twoWay && b.loss != restarted && a.loss != restarted:
		return decision{verdict: settle}
	case b.found:
		return q.winner(1)
	}
	return decision{}
}

// spreadDeletions makes records of deletions equal between pools that keep keys on
// different servers. A record is on the server of its session, and its name does not
// tell which one that is: each server of both pools gets it.
func (l *look) spreadDeletions(changes []change) {
	for _, c := range changes {
		if err := l.r.spread(l.ctx, c.key); err != nil {
			l.fail(err, c)
		}
	}
}

// place is where a record is.
type place struct {
	side  *side
	index int
	key   string
	item  backend.Item
	found bool
}

// spread makes all copies of one record equal.
func (r *Replicator) spread(ctx context.Context, name string) error {
	var places []*place
	var latest *backend.Item
	for i, sd := range r.sides {
		for index := range sd.servers {
			p := &place{side: sd, index: index, key: backend.KeyOn(sd.pool, index, name)}
			err := sd.pool.Fetch(ctx, index, []string{p.key}, func(_ string, item backend.Item) { p.item, p.found = item, true })
			if err != nil {
				return err
			}
			if p.found {
				item := p.item
				if latest != nil {
					item = r.rules.MergeDeletions(*latest, item)
				}
				latest = &item
			}
			if r.options.TwoWay || i == 1 {
				places = append(places, p)
			}
		}
	}
	if latest == nil {
		return nil
	}
	for _, p := range places {
		if p.found && backend.SameContent(p.item, *latest) && endsTogether(p.item, *latest) {
			continue
		}
		item := *latest
		item.CAS = p.item.CAS
		err := p.side.pool.Put(ctx, p.index, []backend.Write{{Key: p.key, Item: item}})[0]
		if err != nil {
			return err
		}
		r.counts.copied.Inc()
	}
	return nil
}
