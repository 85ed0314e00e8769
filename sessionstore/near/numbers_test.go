package near_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/near"
)

// writeVersion changes the item at the origin, as an instance does that has this clock,
// or as a Perl program if the version is 0.
func (n *node) writeVersion(text string, v backend.Version) {
	n.t.Helper()
	item, err := n.origin.Get(n.t.Context(), key)
	require.NoError(n.t, err)
	item.Image, item.Version = []byte(text), v
	require.NoError(n.t, n.origin.CompareAndSwap(n.t.Context(), key, item))
	stored, err := n.origin.Get(n.t.Context(), key)
	require.NoError(n.t, err)
	require.Equal(n.t, v, stored.Version)
}

// An item has a version, then the small number that the server gives a write of Perl,
// then a version again, which is less than the first if its writer's clock is behind.
// Whichever answers are late, once the change stream has reported a write, and at once
// after an own write, no older item is shown.
func TestMixedNumbers(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]time.Duration{"later": 0, "of a clock behind": 2 * time.Hour} {
		for call, ask := range heldCalls() {
			t.Run(name+" "+call, func(t *testing.T) {
				t.Parallel()
				for _, own := range []bool{false, true} {
					for _, late := range []bool{false, true} {
						synctest.Test(t, func(t *testing.T) { checkMixedNumbers(t, ask, behind, own, late) })
					}
				}
			})
		}
	}
}

// checkMixedNumbers checks one order of events: behind is how far the clock of the last
// writer is behind, own says that this instance is that writer, and late that older
// answers come before the stream reports the writes.
func checkMixedNumbers(t *testing.T, ask func(*node), behind time.Duration, own, late bool) {
	t.Helper()
	first, second := backend.VersionAt(time.Now().Add(-time.Minute)), backend.VersionAt(time.Now().Add(-behind))
	n := newNode(t, near.Options{TTL: time.Hour})
	item := session("one")
	item.Version = first
	require.NoError(t, n.origin.Add(t.Context(), key, item))
	n.requireMiss("one", key)
	n.requireHit("one", key)

	n.InvalidateAll() // so that the call asks
	ofFirst := n.held(func() { ask(n) })
	n.stream.lag.Store(0)
	n.writeVersion("perl's", 0)
	if !late {
		n.Changed(key, true)
		n.requireMiss("perl's", key)
	}
	ofPerl := n.held(func() { n.Get(t.Context(), key) }) //nolint:errcheck // see the entry
	if own {
		item, err := n.origin.Get(t.Context(), key)
		require.NoError(t, err)
		item.Image, item.Version = []byte("two"), second
		require.NoError(t, n.CompareAndSwap(t.Context(), key, item))
	} else {
		n.writeVersion("two", second)
	}
	requireTwo := func() {
		t.Helper()
		text, _ := n.read(key)
		require.Equal(t, "two", text)
	}
	if late {
		if own {
			requireTwo()
		}
		ofPerl()
		ofFirst()
		if own {
			requireTwo()
		}
		n.Changed(key, true)
		n.Changed(key, false)
		requireTwo()
		requireTwo()
		return
	}
	n.Changed(key, false)
	requireTwo()
	for _, finish := range []func(){ofFirst, ofPerl} {
		finish()
		requireTwo()
		require.Equal(t, "two", asks()["Get"](n))
		requireTwo()
	}
}

// What the origin has answered last is shown, although the change stream has not
// reported it: a small number beside a version, or a version beside a small number, does
// not make an answer older than the entry.
func TestLastAnswerOfMixedNumbers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, second := range []time.Time{now, now.Add(-2 * time.Hour)} {
		for name, ask := range asks() {
			n := newNode(t, near.Options{TTL: time.Hour})
			item := session("one")
			item.Version = backend.VersionAt(now.Add(-time.Minute))
			require.NoError(t, n.origin.Add(t.Context(), key, item))
			n.requireMiss("one", key)
			n.requireHit("one", key)
			for _, write := range []struct {
				text    string
				version backend.Version
			}{{"perl's", 0}, {"two", backend.VersionAt(second)}, {"perl's again", 0}} {
				n.writeVersion(write.text, write.version)
				require.Equal(t, write.text, ask(n), name)
				text, _ := n.read(key)
				require.Equal(t, write.text, text, name)
			}
		}
	}
}
