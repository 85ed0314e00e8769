package replication

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
)

// simpleRules are rules for items whose image is text. A session whose text begins
// with "new" is a newer login than any deletion; one that ends with "+" is signed.
type simpleRules struct{ Rules }

func (simpleRules) IsSession(key string) bool          { return !strings.Contains(key, ":") }
func (simpleRules) IsLookupKey(item backend.Item) bool { return item.Flags == 0 && !item.Deleted }
func (simpleRules) IsVersioned(_ string, item backend.Item) bool {
	return item.Deleted || item.Flags&1 != 0
}

func (simpleRules) Outlives(_ string, session, _ backend.Item) bool {
	return strings.HasPrefix(string(session.Image), "new")
}

func (simpleRules) Ignored(_ string, a, b backend.Item) (same bool, right int) {
	x, xSigned := strings.CutSuffix(string(a.Image), "+")
	y, ySigned := strings.CutSuffix(string(b.Image), "+")
	switch {
	case x != y:
		return false, -1
	case xSigned == ySigned:
		return true, -1
	case xSigned:
		return true, 1
	default:
		return true, 0
	}
}

// server is a model of what a server keeps: exact says that it keeps versions as CAS
// numbers.
type keeper struct {
	exact bool
	item  backend.Item
	found bool
	count uint64
}

func (k *keeper) store(item backend.Item) {
	k.count++
	item.CAS = k.count
	versionable := item.Deleted || item.Flags&1 != 0
	switch {
	case item.Version == 0:
	case k.exact:
		item.CAS = uint64(item.Version)
	case versionable:
		item.Version = (item.Version + backend.VersionGrain - 1) / backend.VersionGrain * backend.VersionGrain
	default:
		item.Version = 0
	}
	k.item, k.found = item, true
}

// world is a model of a key on both sides, and of what a replicator knows.
type world struct {
	sides    [2]keeper
	twoWay   bool
	known    bool
	was      [2]uint64
	reported [2]time.Time
	kind     [2]backend.ItemChange
	deletion *backend.Item
	loss     [2]loss
	evicting [2]bool
	compared time.Time
	started  time.Time
}

func (w *world) question() question {
	q := question{key: "c0ffee", twoWay: w.twoWay, known: w.known, compared: w.compared, now: time.Now(), rules: simpleRules{}}
	for i, k := range w.sides {
		q.sides[i] = sight{
			item: k.item, found: k.found, reported: w.reported[i], kind: w.kind[i],
			changed: w.known && k.found && k.item.CAS != w.was[i], loss: w.loss[i], evicting: w.evicting[i], started: w.started,
		}
	}
	return q
}

// step decides and does what was decided.
func (w *world) step() decision {
	q := w.question()
	d := decide(q)
	if d.verdict == inquire {
		q.asked, q.deletion = true, w.deletion
		d = decide(q)
	}
	switch d.verdict {
	case write:
		for side, needed := range d.sides {
			if needed {
				w.sides[side].store(d.target)
			}
		}
	case remove:
		w.sides[d.side].item, w.sides[d.side].found = backend.Item{}, false
	case equal, settle, inquire:
	}
	if d.verdict != settle && d.verdict != inquire {
		w.known = w.sides[0].found || w.sides[1].found
		w.was = [2]uint64{w.sides[0].item.CAS, w.sides[1].item.CAS}
		w.reported = [2]time.Time{}
		w.loss = [2]loss{}
	}
	return d
}

func drawItem(t *rapid.T, now time.Time, name string) backend.Item {
	item := backend.Item{
		Image:     []byte(rapid.SampledFrom([]string{"a", "a+", "b", "new"}).Draw(t, name+" image")),
		Flags:     rapid.SampledFrom([]uint32{1, 1, 1, 0, 3}).Draw(t, name+" flags"),
		ExpiresIn: rapid.SampledFrom([]time.Duration{0, 100 * time.Second, 101 * time.Second, 200 * time.Second}).Draw(t, name+" life"),
	}
	if rapid.IntRange(0, 3).Draw(t, name+" deleted") == 0 {
		item = backend.Tombstone(item.ExpiresIn)
	}
	if rapid.Bool().Draw(t, name+" versioned") {
		ms := rapid.IntRange(-60, 60).Draw(t, name+" ms")
		item.Version = backend.VersionAt(now.Add(time.Duration(ms)*time.Millisecond)) | backend.Version(rapid.IntRange(0, 2).Draw(t, name+" node"))
	}
	return item
}

func drawWorld(t *rapid.T) *world {
	now := time.Now()
	w := &world{twoWay: rapid.Bool().Draw(t, "two-way"), started: now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "started")) * time.Hour)}
	w.known = rapid.Bool().Draw(t, "known")
	if rapid.Bool().Draw(t, "compared") {
		w.compared = now.Add(-time.Millisecond)
	}
	for i := range w.sides {
		name := strconv.Itoa(i)
		w.sides[i].exact = rapid.Bool().Draw(t, name+" exact")
		if rapid.IntRange(0, 3).Draw(t, name+" absent") > 0 {
			w.sides[i].store(drawItem(t, now, name))
		}
		w.was[i] = rapid.SampledFrom([]uint64{w.sides[i].item.CAS, 99}).Draw(t, name+" was")
		if rapid.Bool().Draw(t, name+" reported") {
			w.reported[i] = now.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, name+" report")) * time.Millisecond)
			w.kind[i] = rapid.SampledFrom([]backend.ItemChange{backend.Stored, backend.Removed, backend.Evicted}).Draw(t, name+" kind")
		}
		w.loss[i] = rapid.SampledFrom([]loss{kept, kept, restarted, flushed}).Draw(t, name+" loss")
		w.evicting[i] = rapid.IntRange(0, 3).Draw(t, name+" evicting") == 0
	}
	if rapid.Bool().Draw(t, "deletion") {
		w.deletion = &backend.Item{Image: []byte("1"), ExpiresIn: time.Hour}
	}
	return w
}

// Whatever there is, one decision makes both sides equal, and the next one finds
// nothing to do: there is no ping-pong.
func TestDecisionsConverge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		first := w.step()
		require.NotEqual(t, inquire, first.verdict)
		if first.verdict == settle {
			require.NotEqual(t, w.sides[0].found, w.sides[1].found, "what is on both sides is made equal")
			return
		}
		second := w.step()
		require.Contains(t, []verdict{equal, settle}, second.verdict, "%+v then %+v", first, second)
		if first.verdict != write {
			return
		}
		a, b := w.sides[0].item, w.sides[1].item
		require.True(t, w.sides[0].found && w.sides[1].found)
		require.True(t, backend.SameContent(a, b))
		require.Zero(t, compareEnds(a, b))
	})
}

// It does not matter which side is which.
func TestDecisionsAreSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.twoWay = true
		mirror := *w
		mirror.sides = [2]keeper{w.sides[1], w.sides[0]}
		mirror.was = [2]uint64{w.was[1], w.was[0]}
		mirror.reported = [2]time.Time{w.reported[1], w.reported[0]}
		mirror.kind = [2]backend.ItemChange{w.kind[1], w.kind[0]}
		mirror.loss = [2]loss{w.loss[1], w.loss[0]}
		mirror.evicting = [2]bool{w.evicting[1], w.evicting[0]}
		d, m := w.step(), mirror.step()
		require.Equal(t, d.verdict, m.verdict)
		require.True(t, backend.SameContent(d.target, m.target), "%q %q", d.target.Image, m.target.Image)
		if d.verdict == remove {
			require.Equal(t, d.side, 1-m.side)
		}
	})
}

// Of two versions the later one is on both sides afterwards, tombstone or not, also if
// one server keeps versions at a grain.
func TestLaterVersionWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.twoWay, w.known = true, false
		now := time.Now()
		apart := time.Duration(rapid.IntRange(20, 10_000).Draw(t, "apart")) * time.Millisecond
		for i, at := range []time.Time{now, now.Add(apart)} {
			item := drawItem(t, now, "new "+strconv.Itoa(i))
			item.Flags |= 1
			item.Version = backend.VersionAt(at)
			if !item.Deleted {
				item.Image = []byte(strconv.Itoa(i))
			}
			w.sides[i].store(item)
		}
		later := w.sides[1].item
		w.step()
		require.True(t, backend.SameContent(later, w.sides[0].item))
		require.True(t, backend.SameContent(later, w.sides[1].item))
	})
}

// Two way, nothing is removed unless its removal was reported; and what was removed
// and what was changed is the only thing that counts.
func TestAbsenceRemovesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.sides[0].found, w.sides[0].item = false, backend.Item{}
		if !w.sides[1].found {
			w.sides[1].store(drawItem(t, time.Now(), "here"))
		}
		q := w.question()
		d := w.step()
		switch {
		case d.verdict != remove:
			return
		case w.twoWay:
			require.False(t, q.sides[0].reported.IsZero())
			require.Equal(t, backend.Removed, q.sides[0].kind)
			require.False(t, q.sides[1].item.Deleted, "a tombstone stays")
		default:
			require.True(t, q.known || !q.sides[0].reported.IsZero())
			require.NotEqual(t, restarted, q.sides[0].loss)
		}
	})
}

func session(text string, v backend.Version) backend.Item {
	return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour, Version: v}
}

func tombstone(v backend.Version) backend.Item {
	item := backend.Tombstone(time.Hour)
	item.Version = v
	return item
}

// meet returns what both sides have after they have met once.
func (w *world) meet(t *testing.T, a, b backend.Item) string {
	t.Helper()
	for i, item := range []backend.Item{a, b} {
		if item.Image != nil || item.Deleted {
			w.sides[i].store(item)
		}
	}
	w.step()
	require.True(t, backend.SameContent(w.sides[0].item, w.sides[1].item))
	if w.sides[0].item.Deleted {
		return "tombstone"
	}
	return string(w.sides[0].item.Image)
}

func TestWinners(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(ms int) backend.Version { return backend.VersionAt(now.Add(time.Duration(ms) * time.Millisecond)) }
	record := &backend.Item{Image: []byte("1"), ExpiresIn: time.Hour}
	for name, c := range map[string]struct {
		w    world
		a, b backend.Item
		want string
	}{
		"tie: the tombstone":                          {world{twoWay: true}, session("x", at(0)), tombstone(at(0)), "tombstone"},
		"tie: the greater digest":                     {world{twoWay: true}, session("x", at(0)), session("y", at(0)), greater("x", "y")},
		"tie in one tick":                             {world{twoWay: true, sides: [2]keeper{{exact: true}, {}}}, session("x", at(0)&^0xff), tombstone(at(0)), "tombstone"},
		"Perl after a version":                        {world{twoWay: true, reported: [2]time.Time{now.Add(time.Second), {}}}, session("perl", 0), session("y", at(0)), "perl"},
		"Perl before a version":                       {world{twoWay: true, reported: [2]time.Time{now.Add(-time.Second), {}}}, session("perl", 0), session("y", at(0)), "y"},
		"Perl, found by the first comparison":         {world{twoWay: true}, session("perl", 0), session("y", at(0)), "y"},
		"Perl, found by a later comparison":           {world{twoWay: true, compared: now}, session("perl", 0), session("y", at(-50)), "perl"},
		"Perl alone has changed":                      {world{twoWay: true, known: true, was: [2]uint64{99, 1}}, session("perl", 0), session("y", at(100)), "perl"},
		"Perl writes over a tombstone":                {world{twoWay: true, deletion: record, reported: [2]time.Time{now.Add(time.Second), {}}}, session("perl", 0), tombstone(at(0)), "tombstone"},
		"Perl writes a login over a tombstone":        {world{twoWay: true, deletion: record}, session("new", 0), tombstone(at(0)), "new"},
		"Perl stores a deleted session":               {world{twoWay: true, deletion: record}, session("perl", 0), backend.Item{}, "tombstone"},
		"Perl stores a deleted session at the source": {world{deletion: record}, session("perl", 0), backend.Item{}, "tombstone"},
		"Perl at the source, tombstone on the copy":   {world{deletion: record}, session("perl", 0), tombstone(at(0)), "tombstone"},
		"an old tombstone":                            {world{twoWay: true}, session("y", at(100)), tombstone(0), "tombstone"},
		"an old tombstone and a login":                {world{twoWay: true, deletion: record}, session("new", at(100)), tombstone(0), "new"},
		"the source":                                  {world{}, session("x", at(0)), session("y", at(100)), "x"},
		"the signature of an old daemon":              {world{twoWay: true}, session("x+", at(100)), session("x", at(0)), "x"},
		"a signature at the source":                   {world{}, session("x+", at(100)), session("x", at(0)), "x"},
		"a newer session with a signature":            {world{twoWay: true}, session("y+", at(100)), session("x", at(0)), "y+"},
	} {
		assert.Equal(t, c.want, c.w.meet(t, c.a, c.b), name)
	}
}

func greater(x, y string) string {
	if backend.CompareContents(session(x, 0), session(y, 0)) > 0 {
		return x
	}
	return y
}

// Sessions without a version get one on both sides, when one of them is copied.
func TestCopiesAreVersioned(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := world{twoWay: true, sides: [2]keeper{{exact: exact}, {exact: exact}}, reported: [2]time.Time{time.Now(), {}}}
		require.Equal(t, "perl", w.meet(t, session("perl", 0), backend.Item{}))
		require.NotZero(t, w.sides[0].item.Version)
		require.Equal(t, w.sides[0].item.Version, w.sides[1].item.Version)
	}
	w := world{twoWay: true}
	w.sides[0].store(backend.Item{Image: []byte("id"), ExpiresIn: time.Hour})
	w.step()
	require.Zero(t, w.sides[1].item.Version, "a lookup key has none")
}

// For equal content the later end counts: a touch by Perl has no version.
func TestLaterEnd(t *testing.T) {
	t.Parallel()
	v := backend.VersionAt(time.Now())
	for _, twoWay := range []bool{false, true} {
		for _, ends := range [][2]time.Duration{{time.Hour, time.Minute}, {time.Minute, time.Hour}, {0, time.Hour}, {time.Hour, 0}} {
			w := world{twoWay: twoWay}
			for i, end := range ends {
				item := session("x", v)
				item.ExpiresIn = end
				w.sides[i].store(item)
			}
			w.step()
			want := ends[0]
			if twoWay && compareEnds(backend.Item{ExpiresIn: ends[1]}, backend.Item{ExpiresIn: ends[0]}) > 0 {
				want = ends[1]
			}
			assert.Equal(t, want, w.sides[0].item.ExpiresIn)
			assert.Equal(t, want, w.sides[1].item.ExpiresIn)
		}
	}
}

// Of two changes of the life alone, which have versions, the later one counts, also
// if it makes the life shorter.
func TestShorterLife(t *testing.T) {
	t.Parallel()
	w := world{twoWay: true}
	w.sides[0].store(session("x", backend.VersionAt(time.Now())))
	shorter := session("x", backend.VersionAt(time.Now().Add(time.Second)))
	shorter.ExpiresIn = time.Minute
	w.sides[1].store(shorter)
	w.step()
	require.Equal(t, time.Minute, w.sides[0].item.ExpiresIn)
}

// What is on one side only.
func TestOneSideOnly(t *testing.T) {
	t.Parallel()
	now := time.Now()
	gone := func(kind backend.ItemChange) world {
		return world{known: true, was: [2]uint64{5, 1}, reported: [2]time.Time{now, {}}, kind: [2]backend.ItemChange{kind, 0}}
	}
	twoWay := func(w world) world { w.twoWay = true; return w }
	with := func(w world, change func(w *world)) world { change(&w); return w }
	old, recent := backend.VersionAt(now.Add(-time.Minute)), backend.VersionAt(now.Add(time.Minute))
	for name, c := range map[string]struct {
		w    world
		item backend.Item // of the copy, or the second side
		want verdict
	}{
		"removed at the source":                     {gone(backend.Removed), session("x", old), remove},
		"removed by replace":                        {gone(backend.Stored), session("x", old), remove},
		"evicted at the source":                     {gone(backend.Evicted), session("x", old), settle},
		"not there any more":                        {world{known: true, was: [2]uint64{5, 1}}, session("x", old), remove},
		"not there, the source evicts":              {world{known: true, evicting: [2]bool{true, false}}, session("x", old), settle},
		"the source was restarted":                  {world{known: true, loss: [2]loss{restarted, kept}}, session("x", old), write},
		"the source was flushed":                    {world{known: true, loss: [2]loss{flushed, kept}}, session("x", old), settle},
		"the source has started since":              {world{started: now}, session("x", old), write},
		"nothing is known":                          {world{started: now.Add(-time.Hour)}, session("x", old), settle},
		"a tombstone on the copy":                   {world{known: true}, tombstone(old), settle},
		"a lookup key":                              {world{}, backend.Item{Image: []byte("id"), ExpiresIn: time.Hour}, write},
		"two-way, removed":                          {twoWay(gone(backend.Removed)), session("x", old), remove},
		"two-way, removed, and not known":           {twoWay(with(gone(backend.Removed), func(w *world) { w.known = false })), session("x", old), remove},
		"two-way, changed after the removal":        {twoWay(with(gone(backend.Removed), func(w *world) { w.was[1] = 7 })), session("x", recent), write},
		"two-way, evicted":                          {twoWay(gone(backend.Evicted)), session("x", old), settle},
		"two-way, not there":                        {twoWay(world{known: true, was: [2]uint64{5, 1}}), session("x", old), write},
		"two-way, flushed":                          {twoWay(world{known: true, loss: [2]loss{flushed, kept}}), session("x", old), write},
		"two-way, a tombstone that was removed":     {twoWay(gone(backend.Removed)), tombstone(old), write},
		"two-way, not there, and the server evicts": {twoWay(world{known: true, was: [2]uint64{5, 1}, evicting: [2]bool{true, false}}), session("x", old), settle},
		"two-way, stored, and not there any more":   {twoWay(gone(backend.Stored)), session("x", old), write},
		"it expires":                                {world{twoWay: true}, backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: backend.LastMoment}, equal},
	} {
		c.w.sides[1].store(c.item)
		if c.w.known && c.w.was[1] == 0 {
			c.w.was[1] = 1
		}
		assert.Equal(t, c.want, c.w.step().verdict, name)
	}
}
