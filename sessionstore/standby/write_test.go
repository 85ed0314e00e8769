package standby_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/standby"
)

// writes are all calls that change something, by name.
func (p *pair) writes() map[string]func() error {
	ctx := p.t.Context()
	return map[string]func() error{
		"Add":    func() error { return p.Add(ctx, "new", session("new")) },
		"Swap":   func() error { return p.change("changed") },
		"Touch":  func() error { _, err := p.Touch(ctx, key, 2*time.Hour); return err },
		"Append": func() error { _, _, err := p.Append(ctx, "log", session("line")); return err },
		"Delete": func() error { return p.Delete(ctx, "other") },
	}
}

// prepare stores what the writes need on both sides.
func (p *pair) prepare() {
	for _, k := range []string{key, "other", "log"} {
		require.NoError(p.t, p.Add(p.t.Context(), k, session("old")))
		p.replicate(p.origin, p.standby, k)
	}
}

// While a server is dead all writes go to the standby, and what was read there is
// replaced there.
func TestWritesToTheStandby(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.prepare()
		p.origin.refuses.Store(true)
		for name, write := range p.writes() {
			require.NoError(t, write(), name)
		}
		require.Equal(t, 5, p.metric("standby_writes_total"))
		p.requireRead("changed", standby.Standby)
		item, err := p.standby.Backend.Get(t.Context(), "log")
		require.NoError(t, err)
		require.Equal(t, "oldline", string(item.Image))
		_, err = p.Get(t.Context(), "other")
		require.ErrorIs(t, err, backend.ErrNotFound)
		p.settle()
		require.True(t, p.Available(key))
		require.NoError(t, p.Ping(t.Context()))
	})
}

// Nothing is written to the standby that may not be written to.
func TestNoWritesToTheStandby(t *testing.T) {
	for name, prepare := range map[string]func(p *pair){
		"no": func(*pair) {},
		"auto": func(p *pair) {
			role := backend.ReplicaCopy
			p.markOfStandby.role.Store(&role)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, standby.Options{Writes: standby.Writes(name)}, func(t *testing.T, p *pair) {
				t.Helper()
				prepare(p)
				p.settle()
				p.prepare()
				p.origin.refuses.Store(true)
				p.settle()
				for name, write := range p.writes() {
					var down *backend.UnavailableError
					require.ErrorAs(t, write(), &down, name)
					require.False(t, down.Unknown)
				}
				require.False(t, p.Available(key))
				require.Zero(t, p.metric("standby_writes_total"))
				p.requireRead("old", standby.Standby)
			})
		})
	}
}

// That a replicator copies both ways is remembered: it may have died with the origin.
func TestTwoWayIsRemembered(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.prepare()
		p.origin.refuses.Store(true)
		p.markOfStandby.silent.Store(true)
		time.Sleep(time.Hour / 2)
		require.NoError(t, p.change("new"))
		p.requireRead("new", standby.Standby)
	})
}

// While a server hangs, nothing is written to the standby before nobody can believe the
// server any more. What was sent to it is not repeated.
func TestWritesWhileTheOriginHangs(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.prepare()
		p.origin.freeze()
		p.markOfOrigin.silent.Store(true)
		for name, write := range p.writes() {
			var down *backend.UnavailableError
			require.ErrorAs(t, write(), &down, name)
		}
		require.Zero(t, p.metric("standby_writes_total"))
		p.settle()
		// The call that hangs is indeterminate: it stays at the origin.
		var down *backend.UnavailableError
		require.ErrorAs(t, p.Add(t.Context(), "indeterminate", session("x")), &down)
		require.True(t, down.Unknown)
		_, err := p.standby.Backend.Get(t.Context(), "indeterminate")
		require.ErrorIs(t, err, backend.ErrNotFound)
		p.origin.breaks.Store(true) // the circuit breaker opens
		for name, write := range p.writes() {
			require.NoError(t, write(), name)
		}
		p.origin.breaks.Store(false)
		p.origin.thaw()
		p.settle()
		p.requireRead("changed", standby.Both)
	})
}

// A change whose answer is lost is not made at the standby.
func TestIndeterminateWriteIsNotRepeated(t *testing.T) {
	inBubble(t, standby.Options{Writes: standby.WritesYes}, func(t *testing.T, p *pair) {
		t.Helper()
		p.prepare()
		p.origin.mute.Store(true)
		for name, write := range p.writes() {
			require.True(t, backend.IsUnknown(write()), name)
		}
		require.Zero(t, p.metric("standby_writes_total"))
	})
}

// What was read from one pool does not replace what the other one has, whatever the
// numbers are.
func TestNumbersOfTwoPools(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.prepare()
		ours, err := p.Get(t.Context(), key)
		require.NoError(t, err)
		p.origin.refuses.Store(true)
		theirs, err := p.Get(t.Context(), key)
		require.NoError(t, err)
		require.NotEqual(t, ours.Server, theirs.Server)

		swap := func(read backend.Item) error {
			return p.CompareAndSwap(t.Context(), key, session("wrong").InPlaceOf(read))
		}
		theirNumber := ours
		theirNumber.CAS = theirs.CAS
		require.ErrorIs(t, swap(theirNumber), backend.ErrConflict)
		p.requireRead("old", standby.Standby)
		p.origin.refuses.Store(false)
		p.settle()
		require.NoError(t, p.change("new"))
		require.ErrorIs(t, swap(theirs), backend.ErrConflict, "the origin was changed since")
		ourNumber := theirs
		ourNumber.CAS = ours.CAS + 1000
		require.ErrorIs(t, swap(ourNumber), backend.ErrConflict)
		p.requireRead("new", standby.Origin)
	})
}

// An item that only the standby has moves to the origin with the first change, unless
// another process has changed one of the two since.
func TestItemOfTheStandbyMoves(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.markOfOrigin.equal.Store(false)
		p.settle()
		read := func() backend.Item {
			require.NoError(t, p.standby.Backend.Add(t.Context(), key, session("old")))
			item, err := p.Get(t.Context(), key)
			require.NoError(t, err)
			return item
		}
		clean := func() {
			_ = p.origin.Backend.Delete(t.Context(), key)
			_ = p.standby.Backend.Delete(t.Context(), key)
		}
		item := read()
		require.NoError(t, p.CompareAndSwap(t.Context(), key, session("new").InPlaceOf(item)))
		require.ErrorIs(t, p.CompareAndSwap(t.Context(), key, session("twice").InPlaceOf(item)), backend.ErrConflict)
		p.requireRead("new", standby.Both)

		clean()
		item = read()
		changed, err := p.standby.Backend.Get(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, p.standby.Backend.CompareAndSwap(t.Context(), key, session("theirs").InPlaceOf(changed)))
		require.ErrorIs(t, p.CompareAndSwap(t.Context(), key, session("new").InPlaceOf(item)), backend.ErrConflict)
		p.requireRead("theirs", standby.Both)

		clean()
		item = read()
		require.NoError(t, p.origin.Backend.Add(t.Context(), key, session("ours")))
		require.ErrorIs(t, p.CompareAndSwap(t.Context(), key, session("new").InPlaceOf(item)), backend.ErrConflict)
		p.requireRead("ours", standby.Both)

		clean()
		item = read()
		require.NoError(t, p.standby.Backend.Delete(t.Context(), key))
		require.ErrorIs(t, p.CompareAndSwap(t.Context(), key, session("new").InPlaceOf(item)), backend.ErrNotFound)

		clean()
		item = read()
		gone := session("")
		gone.ExpiresIn = -time.Second
		require.NoError(t, p.CompareAndSwap(t.Context(), key, gone.InPlaceOf(item)))
		p.requireAbsent()
	})
}

// Touch extends what the standby has of a server that lost its items.
func TestTouchMovesTheItem(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.standby.Backend.Add(t.Context(), key, session("one")))
		p.markOfOrigin.silent.Store(true)
		p.origin.lose()
		item, err := p.Touch(t.Context(), key, 3*time.Hour)
		require.NoError(t, err)
		require.Equal(t, "one", string(item.Image))
		item, err = p.origin.Backend.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, 3*time.Hour, item.ExpiresIn)
		_, err = p.Touch(t.Context(), "absent", time.Hour)
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

// A log that the origin has lost goes on with the lines that the standby has.
func TestAppendGoesOn(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		const log = backend.ReservedKeys + "log"
		line := func(n int) backend.Item { return backend.Item{Image: fmt.Appendln(nil, n), ExpiresIn: time.Hour} }
		require.NoError(t, p.standby.Backend.Add(t.Context(), log, line(1)))
		p.origin.lose()
		p.markOfOrigin.silent.Store(true)
		p.settle()
		for n := 2; n < 4; n++ {
			_, size, err := p.Append(t.Context(), log, line(n))
			require.NoError(t, err)
			require.Equal(t, int64(2*n), size)
		}
		item, err := p.Get(t.Context(), log)
		require.NoError(t, err)
		require.Equal(t, "1\n2\n3\n", string(item.Image))
	})
}

// What is deleted is deleted on both sides, and so is what is removed by a swap.
func TestDeleteBoth(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		for _, equal := range []bool{true, false} {
			p.markOfOrigin.equal.Store(equal)
			p.settle()
			p.prepare()
			require.NoError(t, p.Delete(t.Context(), "other"))
			_, err := p.Get(t.Context(), "other")
			require.ErrorIs(t, err, backend.ErrNotFound)
			item, err := p.Get(t.Context(), key)
			require.NoError(t, err)
			item.ExpiresIn = -time.Second
			require.NoError(t, p.CompareAndSwap(t.Context(), key, item))
			require.NoError(t, p.Delete(t.Context(), "log"))
			require.ErrorIs(t, p.Delete(t.Context(), "log"), backend.ErrNotFound)
			for _, k := range []string{key, "other", "log"} {
				for _, side := range []*pool{p.origin, p.standby} {
					_, err = side.Backend.Get(t.Context(), k)
					require.ErrorIs(t, err, backend.ErrNotFound, k)
				}
			}
		}
	})
}

// A touch at a server that has come back does not put the item of the standby in the
// place of one that others have stored there meanwhile, whatever its version is.
func TestTouchReplacesWhatItHasCompared(t *testing.T) {
	for name, version := range map[string]backend.Version{"of a store": 1, "of a Perl program": 0} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
				t.Helper()
				p.prepare()
				p.origin.refuses.Store(true)
				p.settle()
				require.NoError(t, p.change("theirs"))
				p.markOfOrigin.silent.Store(true)
				p.origin.refuses.Store(false)
				p.settle()
				p.requireRead("theirs", standby.Both)
				newer := session("newer")
				newer.Version *= version
				meanwhile := func() {
					p.replicate(p.standby, p.origin, key) // as another process that touches it
					present, err := p.origin.Backend.Get(t.Context(), key)
					require.NoError(t, err)
					require.NoError(t, p.origin.Backend.CompareAndSwap(t.Context(), key, newer.InPlaceOf(present)))
				}
				p.origin.afterGet.Store(&meanwhile)
				item, err := p.Touch(t.Context(), key, 3*time.Hour)
				require.NoError(t, err)
				require.Equal(t, "newer", string(item.Image))
			})
		})
	}
}
