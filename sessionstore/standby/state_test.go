package standby_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/standby"
)

// tierOf returns the tier of a side in metrics.
func tierOf(side standby.Side) string {
	if side == standby.Origin {
		return "principal"
	}
	return string(side)
}

// state returns the state of the server of a side, as metrics have it.
func (p *pair) state(side standby.Side) string {
	for _, m := range p.Metrics() {
		if m.Name == "standby_state" && m.Tier == tierOf(side) && m.Value == 1 {
			return m.Reason
		}
	}
	return ""
}

func TestStates(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(p *pair)
		want standby.State
	}{
		"equal":             {func(*pair) {}, standby.Equal},
		"mark says copying": {func(p *pair) { p.markOfOrigin.equal.Store(false) }, standby.Settled},
		"mark is gone":      {func(p *pair) { p.markOfOrigin.silent.Store(true) }, standby.Settled},
		"restarted empty": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.lose()
		}, standby.Unknown},
		"restarted empty and equal again": {func(p *pair) { p.origin.lose() }, standby.Equal},
		"restarted after it was away": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.refuses.Store(true)
			p.settle()
			p.origin.lose()
			p.origin.refuses.Store(false)
		}, standby.Unknown},
		"refuses": {func(p *pair) { p.origin.refuses.Store(true) }, standby.Away},
		"hangs":   {func(p *pair) { p.origin.freeze() }, standby.Away},
		"hung for a moment": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.freeze()
			time.Sleep(2 * time.Second)
			p.origin.thaw()
		}, standby.Settled},
		"hung": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.freeze()
			p.settle()
			p.origin.thaw()
		}, standby.Returned},
		"was cut off for a moment": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.refuses.Store(true)
			time.Sleep(time.Second)
			p.origin.refuses.Store(false)
		}, standby.Returned},
		"hung and equal again": {func(p *pair) {
			p.origin.freeze()
			p.settle()
			p.origin.thaw()
		}, standby.Equal},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
				t.Helper()
				test.do(p)
				p.settle()
				require.Equal(t, test.want.String(), p.state(standby.Origin))
				require.Equal(t, standby.Equal.String(), p.state(standby.Standby))
				if p.origin.Frozen() {
					p.origin.thaw()
				}
			})
		})
	}
}

// The operator is notified of each state of each server.
func TestChangedStates(t *testing.T) {
	var mu sync.Mutex
	var told []string
	inBubble(t, standby.Options{Changed: func(side standby.Side, server string, state standby.State) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, string(side)+" "+server+" "+state.String())
	}}, func(t *testing.T, p *pair) {
		t.Helper()
		p.origin.refuses.Store(true)
		p.settle()
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, []string{"origin memory away", "origin memory equal", "standby memory equal"}, slices.Sorted(slices.Values(told)))
	})
}

// keysOf scans a Backend.
func keysOf(p backend.Pool, own func(key string) bool) (keys []string, err error) {
	err = p.Scan(context.Background(), 0, func(key string) error {
		if own(key) {
			keys = append(keys, key)
		}
		return nil
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}

func isSession(key string) bool { return !backend.IsReserved(key) }

// A scan is complete or fails, whatever is down.
func TestScan(t *testing.T) {
	type keys = []string
	for name, test := range map[string]struct {
		do   func(p *pair)
		want keys // nil: it fails
	}{
		"equal":           {func(*pair) {}, keys{"both", "origin"}},
		"settled":         {func(p *pair) { p.markOfOrigin.silent.Store(true); p.settle() }, keys{"both", "origin", "standby"}},
		"restarted empty": {func(p *pair) { p.markOfOrigin.silent.Store(true); p.origin.lose() }, keys{"both", "standby"}},
		"origin down":     {func(p *pair) { p.origin.refuses.Store(true) }, keys{"both", "standby"}},
		"standby down":    {func(p *pair) { p.standby.refuses.Store(true) }, keys{"both", "origin"}},
		"standby down, no marks": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.standby.refuses.Store(true)
			p.settle()
		}, keys{"both", "origin"}},
		"restarted empty, standby down": {func(p *pair) {
			p.markOfOrigin.silent.Store(true)
			p.origin.lose()
			p.standby.refuses.Store(true)
		}, nil},
		"origin down, standby not equal": {func(p *pair) {
			p.markOfStandby.equal.Store(false)
			p.settle()
			p.origin.refuses.Store(true)
		}, nil},
		"origin fails": {func(p *pair) { p.origin.fails.Store(true) }, nil},
		"both down":    {func(p *pair) { p.origin.refuses.Store(true); p.standby.refuses.Store(true) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
				t.Helper()
				for key, pools := range map[string][]*pool{"both": {p.origin, p.standby}, "origin": {p.origin}, "standby": {p.standby}} {
					for _, side := range pools {
						require.NoError(t, side.Backend.Add(t.Context(), key, session(key)))
					}
				}
				test.do(p)
				got, err := keysOf(p, isSession)
				if test.want == nil {
					var down *backend.UnavailableError
					require.ErrorAs(t, err, &down)
					return
				}
				require.NoError(t, err)
				require.Equal(t, test.want, got)
				stop := errors.New("stop")
				require.ErrorIs(t, p.Scan(t.Context(), 0, func(string) error { return stop }), stop)
			})
		})
	}
}

// The change stream, which the near cache and the index follow, counts only while the
// server is equal.
func TestFollowOnlyWhileEqual(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		s, err := p.Follow(backend.Follower{Changed: func(string, bool) {}, ResyncRequired: func(int) {}})
		require.NoError(t, err)
		requireFollowed := func(want bool) {
			_, connected := s.State(key)
			require.Equal(t, want, connected)
			err := p.Barrier(t.Context(), 0)
			require.Equal(t, want, err == nil, err)
		}
		requireFollowed(true)
		p.markOfOrigin.equal.Store(false)
		p.settle()
		requireFollowed(false)
		p.markOfOrigin.equal.Store(true)
		p.settle()
		requireFollowed(true)
		p.origin.refuses.Store(true)
		p.settle()
		requireFollowed(false)
	})
}

// Health, statistics and metrics say which pool a server belongs to and what is known
// of it.
func TestWhatIsTold(t *testing.T) {
	inBubble(t, standby.Options{}, func(t *testing.T, p *pair) {
		t.Helper()
		p.origin.refuses.Store(true)
		p.settle()
		health := backend.HealthOf(t.Context(), p)
		require.Len(t, health, 2)
		require.Error(t, health[0].Err)
		require.Equal(t, "the standby answers for it", health[0].State)
		require.NoError(t, health[1].Err)
		require.Equal(t, "standby, equal", health[1].State)
		rows := p.Stats(t.Context())
		require.Len(t, rows, 2)
		for i, want := range []string{"origin", "standby"} {
			require.Equal(t, backend.Origin, rows[i].Tier, "the contract has no other word")
			require.Contains(t, rows[i].Stats, backend.Stat{Name: "pool", Value: want})
		}
		tiers := map[string]bool{}
		for _, m := range p.Metrics() {
			tiers[m.Tier] = true
		}
		require.Contains(t, slices.Collect(maps.Keys(tiers)), "standby")
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	b := standby.New(memory.New(memory.Options{}), memory.New(memory.Options{}), standby.Options{})
	require.NoError(t, b.Close())
	require.NoError(t, b.Close())
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrClosed)
	require.ErrorIs(t, b.Add(t.Context(), key, session("x")), backend.ErrClosed)
}
