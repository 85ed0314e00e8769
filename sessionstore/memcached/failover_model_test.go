package memcached

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
)

// Processes write and delete sessions, and servers leave and return, one at a
// time. All processes read what was stored last, and nothing that was deleted.
// Only while a server is away, its sessions may be absent.
func TestFailoverModel(t *testing.T) {
	t.Parallel()
	p := newPool(t, 3, 3)
	rapid.Check(t, func(rt *rapid.T) {
		p.t = rt
		key := keyOf(p.processes[0], rapid.IntRange(0, 2).Draw(rt, "home"))
		home := p.processes[0].selector.Pick(key)
		truth, seen, gone, writes := "", "", -1, 0
		var buried []string
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
				deleteAsStore(t, process(t), key, seen != "")
				buried = append(buried, key)
				key = keyOf(p.processes[0], home)
				truth, seen = "", ""
			},
			"leave": func(t *rapid.T) {
				if gone >= 0 {
					return // one at a time
				}
				gone = rapid.IntRange(0, 2).Draw(t, "server")
				p.leave(gone)
				if gone == home {
					seen = ""
				}
			},
			"come back": func(*rapid.T) {
				if gone < 0 {
					return // none is away
				}
				p.comeBack(gone)
				gone, seen = -1, truth
			},
			"calm": func(*rapid.T) { p.calm() },
			"": func(t *rapid.T) {
				require.Equal(t, seen, show(t, process(t), key))
				for _, deleted := range buried {
					require.Empty(t, show(t, process(t), deleted))
				}
			},
		})
	})
}

// deleteAsStore deletes as a sessionstore.Store does.
func deleteAsStore(t *rapid.T, b *Backend, key string, seen bool) {
	item, err := b.Get(context.Background(), key)
	if !seen {
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.ErrorIs(t, b.Delete(context.Background(), key), backend.ErrNotFound)
		return
	}
	require.NoError(t, err)
	tombstone := backend.Tombstone(time.Hour).InPlaceOf(item)
	require.NoError(t, b.CompareAndSwap(context.Background(), key, tombstone))
}
