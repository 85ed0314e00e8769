package replication

import (
	"cmp"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// sight is what is seen of a key on one side, and what is known of it.
type sight struct {
	item  backend.Item
	found bool
	// reported is when the change stream reported the last change since the key was
	// looked at before, and kind is what it was; zero if it reported none.
	reported time.Time
	kind     backend.ItemChange
	// changed says that the item was changed since the sides were equal, as far as
	// question.known says that they were.
	changed  bool
	loss     loss // of all items of the server since the sides were equal
	evicting bool // the server has no room for all items
	started  time.Time
}

// question is what must be decided about a key.
type question struct {
	key    string
	sides  [2]sight
	twoWay bool
	// known says that the sides were equal before, and had the item.
	known bool
	// settled says that nothing was to be done about an item on one side, and it has
	// not changed since.
	settled  bool
	compared time.Time // when the last complete comparison began; zero if there was none
	now      time.Time
	// deletion is the record of the deletion of the session, if there is one, once it
	// was asked for.
	asked    bool
	deletion *backend.Item
	rules    Rules
}

// verdict is what must be done.
type verdict uint8

const (
	equal   verdict = iota // nothing
	write                  // make both sides like decision.target
	remove                 // remove what is on decision.side
	settle                 // nothing: the sides differ, and stay so
	inquire                // ask for the records of the deletion, and decide again
)

type decision struct {
	verdict  verdict
	target   backend.Item // its ExpiresIn is from now on
	sides    [2]bool      // to write to
	side     int          // to remove from
	conflict bool         // both sides have changed
	merged   bool         // target is made of both
	why      reason
}

// reason is for metrics.
type reason uint8

const (
	noReason    reason = iota
	evictedOnce        // the other side has evicted the item
	pouredBack         // the source was restarted
	restored           // the tombstone of a deleted session was put back
	unsigned           // attributes of the old daemons were removed
)

const (
	// sameEnd is how much the ends of two equal items may differ: times to live are
	// whole seconds.
	sameEnd = 2 * time.Second
	// startGrain is how exactly the start of a server is known.
	startGrain = 2 * time.Second
)

// decide says what must be done to make the sides equal. It depends on nothing but
// the question.
func decide(q question) decision {
	a, b := q.sides[0], q.sides[1]
	switch {
	case a.found && b.found:
		return q.both()
	case a.found:
		return q.one(0)
	case b.found:
		return q.one(1)
	default:
		return decision{}
	}
}

// both decides about an item that is on both sides.
func (q question) both() decision {
	a, b := q.sides[0].item, q.sides[1].item
	if backend.SameContent(a, b) {
		return q.same()
	}
	if q.needsDeletion(0) || q.needsDeletion(1) {
		return decision{verdict: inquire}
	}
	for side := range q.sides {
		if denied, d := q.denied(side); denied {
			return d
		}
	}
	if q.isSession(0) && q.isSession(1) {
		switch same, right := q.rules.Ignored(q.key, a, b); {
		case same && right < 0:
			return decision{}
		case same:
			d := q.winner(right)
			d.why = unsigned
			return d
		}
	}
	winner := 0
	if q.twoWay {
		winner = q.later()
	}
	d := q.winner(winner)
	d.conflict = q.twoWay && (!q.known || q.sides[0].changed && q.sides[1].changed)
	return d
}

// same decides about items that have the same content. Their versions and their ends
// may differ: the later version tells the end, because a Store gives each change of it
// a version. A touch by Perl programs has none: then the later end counts.
func (q question) same() decision {
	a, b := q.sides[0].item, q.sides[1].item
	x, y := a.Version.Credible(), b.Version.Credible()
	order := backend.CompareVersions(a, b)
	target := a
	switch {
	case x != 0 && y != 0 && order == 0:
		target.Version = min(x, y) // the other one is the same, rounded up
	case !q.twoWay:
		target.Version = cmp.Or(x, y)
	case x == 0 || y == 0:
		target.Version = max(x, y)
	case order < 0:
		target = b
	}
	if q.twoWay && (x == 0 || y == 0 || order == 0) && laterEnd(b, a) {
		target.ExpiresIn = b.ExpiresIn
	}
	return q.towards(target)
}

// winner makes both sides like one of them, whose version then is the later one.
func (q question) winner(side int) decision {
	target, loser := q.sides[side].item, q.sides[1-side].item
	if q.rules.IsVersioned(q.key, target) {
		target.Version = q.versionOf(side)
		if q.sides[1-side].found && backend.CompareVersions(exactly(target.Version), loser) <= 0 {
			target.Version = loser.Version + backend.VersionGrain
		}
		if target.Version.Credible() == 0 {
			target.Version = backend.VersionAt(q.now)
		}
	}
	return q.towards(target)
}

// exactly returns an item with a version that is exact.
func exactly(v backend.Version) backend.Item { return backend.Item{Version: v, CAS: uint64(v)} }

// versionOf returns the version of the item on a side, or the one that it gets.
func (q question) versionOf(side int) backend.Version {
	s := q.sides[side]
	switch v := s.item.Version.Credible(); {
	case v != 0:
		return v
	case !s.reported.IsZero():
		return backend.VersionAt(s.reported)
	case !q.compared.IsZero():
		return backend.VersionAt(q.compared.Add(time.Microsecond))
	default:
		return 0
	}
}

// towards writes to the sides that are not like target.
func (q question) towards(target backend.Item) decision {
	d := decision{target: target}
	for side, s := range q.sides {
		d.sides[side] = !s.found || !q.like(side, target)
		if d.sides[side] {
			d.verdict = write
		}
	}
	return d
}

// like says whether the item on a side needs no write to be like target. A source
// needs no version: it is right anyway.
func (q question) like(side int, target backend.Item) bool {
	item := q.sides[side].item
	unversioned := !q.rules.IsVersioned(q.key, target) || !q.twoWay && side == 0 && item.Version == 0
	return backend.SameContent(item, target) && endsTogether(item, target) &&
		(unversioned || backend.CompareVersions(item, exactly(target.Version)) == 0)
}

// one decides about an item that is on one side only.
func (q question) one(side int) decision {
	here, there := q.sides[side], q.sides[1-side]
	if here.item.ExpiresIn > 0 && here.item.ExpiresIn <= time.Second {
		return decision{} // it expires
	}
	reported := !there.reported.IsZero()
	gone := reported && there.kind == backend.Removed && there.loss == kept
	unchanged := q.known && !here.changed
	switch {
	case q.settled && !gone:
		return decision{verdict: settle}
	case reported && there.kind == backend.Evicted && !here.changed,
		unchanged && there.loss == kept && there.evicting && !gone:
		return decision{verdict: settle, why: evictedOnce}
	case !q.twoWay && side == 1:
		return q.onCopyOnly(gone)
	case q.twoWay && gone && !here.item.Deleted && q.removedLater(side):
		return decision{verdict: remove, side: side}
	case q.needsDeletion(side):
		return decision{verdict: inquire}
	}
	if denied, d := q.denied(side); denied {
		return d
	}
	return q.winner(side)
}

// onCopyOnly decides about an item that only the copy has. That the source does not
// have it says little by itself: the source may have lost it.
func (q question) onCopyOnly(gone bool) decision {
	copied, source := q.sides[1], q.sides[0]
	switch {
	case copied.item.Deleted && source.loss != restarted:
		return decision{verdict: settle} // it expires
	case gone:
		return decision{verdict: remove, side: 1}
	case source.loss == restarted:
	case source.loss == flushed:
		return decision{verdict: settle}
	case q.known && source.evicting:
		return decision{verdict: settle, why: evictedOnce}
	case q.known:
		return decision{verdict: remove, side: 1}
	case copied.item.Version.Credible() != 0:
		if !copied.item.Version.Time().Before(source.started.Add(startGrain)) {
			return decision{verdict: settle}
		}
	case !backend.IsReserved(q.key) && !q.rules.IsLookupKey(copied.item):
		return decision{verdict: settle}
	}
	d := q.winner(1)
	d.why = pouredBack
	return d
}

// removedLater says whether the removal on the other side is later than the item on
// a side.
func (q question) removedLater(side int) bool {
	here := q.sides[side]
	if q.known && !here.changed {
		return true
	}
	return q.versionOf(side) < backend.VersionAt(q.sides[1-side].reported)
}

// isSession says whether a side has a session that is no tombstone.
func (q question) isSession(side int) bool {
	s := q.sides[side]
	return s.found && !s.item.Deleted && q.rules.IsSession(q.key) && !q.rules.IsLookupKey(s.item)
}

// needsDeletion says whether it must be known whether the session on a side was
// deleted: a program without versions has stored it, or what it is compared with.
func (q question) needsDeletion(side int) bool {
	if q.asked || !q.isSession(side) {
		return false
	}
	other := q.sides[1-side]
	return q.sides[side].item.Version == 0 || other.found && other.item.Deleted && other.item.Version == 0
}

// denied decides about a session without a version that was deleted: the tombstone is
// put back unless the session is a newer login. A tombstone without a version beats
// other sessions, too.
func (q question) denied(side int) (denied bool, d decision) {
	here, there := q.sides[side], q.sides[1-side]
	unversionedTombstone := there.found && there.item.Deleted && there.item.Version == 0
	if !q.isSession(side) || here.item.Version != 0 && !unversionedTombstone {
		return false, decision{}
	}
	switch tombstone := there.found && there.item.Deleted; {
	case q.deletion != nil && q.rules.Outlives(q.key, here.item, *q.deletion):
		return tombstone, q.winner(side)
	case tombstone && (q.deletion != nil || unversionedTombstone):
		d = q.winner(1 - side)
	case q.deletion != nil:
		target := backend.Tombstone(q.deletion.ExpiresIn)
		target.Version = max(backend.VersionAt(q.now), there.item.Version+backend.VersionGrain)
		d = q.towards(target)
	default:
		return false, decision{}
	}
	d.why = restored
	return true, d
}

// later returns the side whose item is later.
func (q question) later() int {
	a, b := q.sides[0], q.sides[1]
	if q.known && a.changed != b.changed {
		if a.changed {
			return 0
		}
		return 1
	}
	order := backend.CompareVersions(a.item, b.item)
	if a.item.Version == 0 || b.item.Version == 0 {
		order = cmp.Compare(q.versionOf(0), q.versionOf(1))
	}
	if order == 0 && a.item.Version == 0 && b.item.Version == 0 {
		order = compareEnds(a.item, b.item)
	}
	if order == 0 {
		order = backend.CompareContents(a.item, b.item)
	}
	if order < 0 {
		return 1
	}
	return 0
}

// endsTogether says whether two items expire at the same time.
func endsTogether(a, b backend.Item) bool { return compareEnds(a, b) == 0 }

func laterEnd(a, b backend.Item) bool { return compareEnds(a, b) > 0 }

func compareEnds(a, b backend.Item) int {
	switch x, y := a.ExpiresIn, b.ExpiresIn; {
	case x == y, x != 0 && y != 0 && (x-y).Abs() <= sameEnd:
		return 0
	case x == 0, y != 0 && x > y:
		return 1
	default:
		return -1
	}
}
