package standby_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/standby"
)

// inBubble runs a test with its own clock, on a pair whose servers are equal.
func inBubble(t *testing.T, o standby.Options, test func(t *testing.T, p *pair)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, o)
		p.settle()
		test(t, p)
	})
}

// While the servers are equal the origin is asked alone, in one round trip; of an absent
// item there is another one, to the mark.
func TestEqualServersAskTheOrigin(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.standby.calls.Store(0)
		p.requireRead("one", standby.Origin)
		before := p.origin.calls.Load()
		_, err := p.read()
		require.NoError(t, err)
		require.Equal(t, int64(1), p.origin.calls.Load()-before)
		before = p.origin.calls.Load()
		_, err = p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.Equal(t, int64(2), p.origin.calls.Load()-before)
		require.Zero(t, p.standby.calls.Load())
	})
}

// A slow read is answered by the standby after the time of the hedge, and the origin
// goes on.
func TestHedge(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.settle()
		p.origin.delay.Store(int64(100 * time.Millisecond))
		began := time.Now()
		p.requireRead("one", standby.Standby)
		require.Equal(t, 2*standby.DefaultHedge, time.Since(began), "of two reads")
		require.Equal(t, 2, p.metric("standby_hedges_total"))
		// The standby does not decide that there is nothing.
		began = time.Now()
		_, err := p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.GreaterOrEqual(t, time.Since(began), 200*time.Millisecond)
		require.NoError(t, p.change("two"), "what was read of the standby is replaced at the origin")
		item, err := p.origin.Backend.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "two", string(item.Image))
	})
}

// What this process has written lately is not read from the standby, which may not have
// it yet.
func TestOwnWriteIsReadBack(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.settle()
		p.origin.delay.Store(int64(100 * time.Millisecond))
		p.requireRead("one", standby.Standby)
		require.NoError(t, p.change("two"))
		p.requireRead("two", standby.Origin)
		p.replicate(p.origin, p.standby, key)
		p.settle()
		p.requireRead("two", standby.Standby)
	})
}

// Without proof that the standby is equal, it is not asked instead of a slow origin.
func TestNoHedgeWithoutProof(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.markOfStandby.equal.Store(false)
		p.settle()
		p.origin.delay.Store(int64(100 * time.Millisecond))
		p.requireRead("one", standby.Origin)
	})
}

// A caller who gives up does not wait for a slow origin.
func TestCallerGivesUp(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.origin.freeze()
		defer p.origin.thaw()
		p.standby.freeze()
		defer p.standby.thaw()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := p.Get(ctx, key)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 100*time.Millisecond, time.Since(began))
	})
}

// While the circuit breaker of the origin is open, the standby answers at once. It was
// equal, so that it also knows what is absent.
func TestOriginDown(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.origin.refuses.Store(true)
		began := time.Now()
		p.requireRead("one", standby.Standby)
		require.Zero(t, time.Since(began))
		_, err := p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
		p.settle()
		p.markOfStandby.equal.Store(false) // the replicator compares no more
		p.settle()
		p.requireRead("one", standby.Standby)
		_, err = p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

// A standby that was not equal when the origin was there last does not know what is
// absent.
func TestOriginDownAndStandbyIncomplete(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.standby.Backend.Add(t.Context(), key, session("one")))
		p.markOfStandby.equal.Store(false)
		p.settle()
		p.origin.refuses.Store(true)
		p.requireRead("one", standby.Standby)
		var down *backend.UnavailableError
		_, err := p.Get(t.Context(), "absent")
		require.ErrorAs(t, err, &down)
		_, err = p.GetMany(t.Context(), []string{key, "absent"}, 1<<20)
		require.ErrorAs(t, err, &down)
	})
}

// A failure that does not mean that the server is down may hide what was stored at this
// moment: absence counts only if the origin says so.
func TestOriginFails(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.standby.Backend.Add(t.Context(), key, session("one")))
		p.origin.fails.Store(true)
		p.requireRead("one", standby.Standby)
		_, err := p.Get(t.Context(), "absent")
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down)
	})
}

// A server that restarted empty is noticed by the first read that finds nothing, also
// between two looks at its mark.
func TestRestartEmpty(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.markOfOrigin.silent.Store(true)
		p.origin.lose()
		p.requireRead("one", standby.Both)
		_, err := p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound, "both say so")
		p.standby.refuses.Store(true)
		_, err = p.Get(t.Context(), "absent")
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down, "neither can tell")
		p.standby.refuses.Store(false)
		p.settle()
		require.NoError(t, p.change("two"))
		p.requireRead("two", standby.Both)
		item, err := p.origin.Backend.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "two", string(item.Image), "the origin is written to")
	})
}

// Old data that comes back undoes nothing: neither a change nor a deletion.
func TestOldDataComesBack(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		const deleted = "cd34"
		for _, k := range []string{key, deleted} {
			require.NoError(t, p.Add(t.Context(), k, session("old")))
			p.replicate(p.origin, p.standby, k)
		}
		p.origin.freeze()
		p.markOfOrigin.silent.Store(true) // its renewals hang, too
		p.settle()
		p.origin.breaks.Store(true)
		require.NoError(t, p.change("new"))
		item, err := p.Get(t.Context(), deleted)
		require.NoError(t, err)
		tombstone := backend.Tombstone(time.Hour)
		tombstone.Version = session("").Version
		require.NoError(t, p.CompareAndSwap(t.Context(), deleted, tombstone.InPlaceOf(item)))
		p.origin.breaks.Store(false)
		p.origin.thaw()
		for range 2 {
			p.requireRead("new", standby.Both)
			item, err = p.Get(t.Context(), deleted)
			require.NoError(t, err)
			require.True(t, item.Deleted)
			p.settle()
		}
		// The standby dies before the replicator has copied anything.
		p.standby.refuses.Store(true)
		p.requireUnavailable()
		p.standby.refuses.Store(false)
		require.NoError(t, p.change("newer"))
		p.replicate(p.standby, p.origin, deleted)
		p.markOfOrigin.silent.Store(false)
		p.settle()
		p.requireRead("newer", standby.Origin)
	})
}

// A mark that is not renewed is believed for some seconds at most: after that another
// process may have written to the standby.
func TestMarkIsNotBelievedForLong(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("old")))
		p.requireRead("old", standby.Origin)
		mark, _ := backend.ReplicaMarkKey(p.origin, 0)
		p.markOfOrigin.silent.Store(true)
		lasting, err := p.origin.Backend.Get(t.Context(), mark)
		require.NoError(t, err)
		lasting.ExpiresIn = time.Hour // as on a server whose clock stands still
		require.NoError(t, p.origin.Backend.CompareAndSwap(t.Context(), mark, lasting))
		time.Sleep(4 * time.Second)
		p.requireRead("old", standby.Both)
	})
}

// Without any mark both sides are asked, and the later version counts.
func TestWithoutMarks(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.markOfOrigin.silent.Store(true)
		p.markOfStandby.silent.Store(true)
		p.settle()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.requireRead("one", standby.Both)
		require.NoError(t, p.standby.Backend.Add(t.Context(), key, session("two")))
		p.requireRead("two", standby.Both)
		require.ErrorIs(t, p.Add(t.Context(), key, session("three")), backend.ErrExists)
		p.standby.refuses.Store(true)
		p.requireRead("one", standby.Origin)
		_, err := p.Get(t.Context(), "absent")
		require.ErrorIs(t, err, backend.ErrNotFound, "the origin was equal and has been there since")
	})
}

// With the standby down everything goes on, new sessions included.
func TestStandbyDown(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.standby.refuses.Store(true)
		p.markOfOrigin.equal.Store(false)
		p.settle()
		p.requireAbsent()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		require.NoError(t, p.change("two"))
		p.requireRead("two", standby.Origin)
		_, err := p.Touch(t.Context(), key, time.Hour)
		require.NoError(t, err)
		_, _, err = p.Append(t.Context(), "log", session("line"))
		require.NoError(t, err)
		require.NoError(t, p.Delete(t.Context(), key))
		p.requireAbsent()
		require.ErrorIs(t, p.Delete(t.Context(), key), backend.ErrNotFound)
	})
}

// With both down each call ends after one call of each pool, without waiting.
func TestBothDown(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.origin.refuses.Store(true)
		p.standby.refuses.Store(true)
		began := time.Now()
		calls := func() int64 { return p.origin.calls.Load() + p.standby.calls.Load() }
		for name, call := range map[string]func() error{
			"Get":     func() error { _, err := p.read(); return err },
			"GetMany": func() error { _, err := p.GetMany(t.Context(), []string{key}, 100); return err },
			"Add":     func() error { return p.Add(t.Context(), key, session("one")) },
			"Swap":    func() error { return p.CompareAndSwap(t.Context(), key, backend.Item{CAS: 1}) },
			"Touch":   func() error { _, err := p.Touch(t.Context(), key, time.Hour); return err },
			"Append":  func() error { _, _, err := p.Append(t.Context(), key, session("one")); return err },
			"Delete":  func() error { return p.Delete(t.Context(), key) },
			"Ping":    func() error { return p.Ping(t.Context()) },
		} {
			before := calls()
			err := call()
			var down *backend.UnavailableError
			require.ErrorAs(t, err, &down, name)
			require.False(t, down.Unknown, name)
			require.LessOrEqual(t, calls()-before, int64(2), name)
		}
		require.Zero(t, time.Since(began))
	})
}

// While a server hangs, reads that wait for it are bounded.
func TestHangingOriginGathersNoReads(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		require.NoError(t, p.Add(t.Context(), key, session("one")))
		p.replicate(p.origin, p.standby, key)
		p.settle()
		p.origin.freeze()
		before := p.origin.calls.Load()
		for range 1000 {
			go func() {
				_, err := p.read()
				assert.NoError(t, err)
			}()
			time.Sleep(time.Millisecond / 2)
		}
		require.LessOrEqual(t, p.origin.calls.Load()-before, int64(150))
		p.origin.thaw()
		p.settle()
		p.requireRead("one", standby.Origin)
	})
}

// A read that panics fails, and the process lives.
func TestPanicInARead(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.standby.panics.Store(true)
		p.markOfOrigin.equal.Store(false)
		p.settle()
		var down *backend.UnavailableError
		_, err := p.Get(t.Context(), "absent")
		require.ErrorAs(t, err, &down)
	})
}
