package memcached

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
)

// Whatever processes do, and whichever server leaves and comes back, one at a
// time: what was stored last is read, by all, and what was deleted is not.
// Only while a server is away may sessions be absent that it has.
func TestRehashModel(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 3)
	rapid.Check(t, func(rt *rapid.T) {
		p.t = rt
		key := homedAt(p.processes[0], rapid.IntRange(0, 2).Draw(rt, "home"))
		home := p.processes[0].choice.choose(key)
		truth, seen, gone, writes := "", "", -1, 0
		process := func(t *rapid.T) *Backend { return rapid.SampledFrom(p.processes).Draw(t, "process") }
		defer func() {
			if gone >= 0 {
				p.comeBack(gone)
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				writes++
				truth = "text " + strconv.Itoa(writes)
				seen = truth
				put(t, process(t), key, truth)
			},
			"delete": func(t *rapid.T) {
				err := process(t).Delete(context.Background(), key)
				if seen == "" {
					require.ErrorIs(t, err, sessionstore.ErrNotFound)
				} else {
					require.NoError(t, err)
				}
				truth, seen = "", ""
			},
			"leave": func(t *rapid.T) {
				if gone >= 0 {
					t.Skip("one at a time")
				}
				gone = rapid.IntRange(0, 2).Draw(t, "server")
				p.leave(gone)
				if gone == home {
					seen = ""
				}
			},
			"come back": func(t *rapid.T) {
				if gone < 0 {
					t.Skip("none is away")
				}
				p.comeBack(gone)
				gone, seen = -1, truth
			},
			"calm": func(*rapid.T) { p.calm() },
			"": func(t *rapid.T) {
				require.Equal(t, seen, show(t, process(t), key))
			},
		})
	})
}
