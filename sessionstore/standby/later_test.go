package standby_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/standby"
)

// Of two different copies the later one counts.
func TestLater(t *testing.T) {
	now := backend.VersionAt(time.Now())
	item := func(text string, v backend.Version) backend.Item {
		return backend.Item{Image: []byte(text), Flags: 1, ExpiresIn: time.Hour, Version: v}
	}
	tombstone := func(v backend.Version) backend.Item {
		t := backend.Tombstone(time.Hour)
		t.Version = v
		return t
	}
	const hour = backend.Version(time.Hour/time.Microsecond) << 8
	const ours, theirs = standby.Origin, standby.Standby
	for name, test := range map[string]struct {
		origin, standby  backend.Item
		want, afterwards standby.Side // also if the origin has returned
	}{
		"later version":                        {item("a", now+1), item("b", now), ours, ours},
		"earlier version":                      {item("a", now), item("b", now+1), theirs, theirs},
		"same version, tombstone":              {tombstone(now), item("b", now), ours, ours},
		"same version, their tombstone":        {item("a", now), tombstone(now), theirs, theirs},
		"later login":                          {tombstone(now), item("b", now+1), theirs, theirs},
		"later log-out":                        {item("a", now), tombstone(now + 1), theirs, theirs},
		"a tombstone without version":          {tombstone(0), item("b", now), ours, ours},
		"their tombstone without version":      {item("a", now), tombstone(0), theirs, theirs},
		"tombstone against Perl's session":     {item("a", 0), tombstone(now), theirs, theirs},
		"none has a version":                   {item("a", 0), item("b", 0), ours, theirs},
		"Perl wrote to the origin":             {item("a", 0), item("b", now-hour), ours, ours},
		"Perl wrote before the outage":         {item("a", 0), item("b", now+hour), ours, theirs},
		"Perl wrote to the standby long ago":   {item("a", now+hour), item("b", 0), ours, ours},
		"Perl wrote to the standby since then": {item("a", now-hour), item("b", 0), theirs, theirs},
		"a clock that is wrong":                {item("a", now+72*hour), item("b", now), ours, theirs},
		"same content":                         {item("a", now), item("a", now), ours, ours},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
				t.Helper()
				shift := backend.VersionAt(time.Now()) - now // the clock of the bubble
				for _, side := range []struct {
					pool *pool
					item backend.Item
				}{{p.origin, test.origin}, {p.standby, test.standby}} {
					if side.item.Version != 0 {
						side.item.Version += shift
					}
					require.NoError(t, side.pool.Backend.Add(t.Context(), key, side.item))
				}
				requireSide := func(want standby.Side) {
					t.Helper()
					item, err := p.Get(t.Context(), key)
					require.NoError(t, err)
					require.Equal(t, want == theirs, item.Server != 0)
					items, err := p.GetMany(t.Context(), []string{key}, 100)
					require.NoError(t, err)
					require.Equal(t, item, items[key])
				}
				p.markOfOrigin.equal.Store(false)
				p.settle()
				requireSide(test.want)
				p.origin.freeze()
				p.settle()
				p.origin.thaw()
				p.settle()
				require.Equal(t, "returned", p.state(standby.Origin))
				requireSide(test.afterwards)
			})
		})
	}
}

// Of the same content the later end counts: a Perl program has extended it.
func TestLaterEnd(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		item := session("one")
		require.NoError(t, p.origin.Backend.Add(t.Context(), key, item))
		p.markOfOrigin.equal.Store(false)
		p.settle()
		for _, life := range []time.Duration{2 * time.Hour, 0} {
			item.ExpiresIn = life
			_ = p.standby.Backend.Delete(t.Context(), key)
			require.NoError(t, p.standby.Backend.Add(t.Context(), key, item))
			got, err := p.Get(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, life, got.ExpiresIn)
			require.Zero(t, got.Server)
		}
	})
}
