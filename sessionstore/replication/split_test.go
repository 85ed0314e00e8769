package replication_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/backend"
)

// While the replicator is away both sides change the same sessions. When it comes
// back, without its memory, each copy is the later version.
func TestSplit(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"same clock": 0, "2 s": 2 * time.Second, "2 h": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, [2]int{2, 2})
			p.options.TwoWay = true
			keys := make([]string, 200)
			clocks := [2]skewed{{}, {ahead}}
			last := make(map[string]backend.Item)
			writes := 0
			store := func(side, i int) {
				key := keys[i]
				writes++
				item := versioned(t, fmt.Sprint(side, i, writes))
				if random(4) == 0 {
					item = backend.Tombstone(life)
				}
				// It follows what the writer has read.
				item.Version = clocks[side].after(p.get(side, key).Version)
				p.put(side, key, item)
				if item.Version > last[key].Version {
					last[key] = item
				}
			}
			for i := range keys {
				keys[i] = newKey()
				store(i%2, i)
			}
			r := p.start()
			p.waitSame()
			r.stop()
			for range 2 {
				for i := range keys {
					store(random(2), i)
					time.Sleep(20 * time.Microsecond)
				}
			}
			p.start()
			p.waitSame()
			wrong := 0
			for _, key := range keys {
				for side := range 2 {
					if !backend.SameContent(last[key], p.get(side, key)) {
						wrong++
					}
				}
			}
			assert.Zero(t, wrong)
		})
	}
}

// skewed is the clock of a host that is ahead.
type skewed struct{ ahead time.Duration }

func (c skewed) after(former backend.Version) backend.Version {
	// Servers that keep versions at a grain of 10 ms make later ones later.
	const grain = 25 * time.Millisecond
	return max(backend.VersionAt(time.Now().Add(c.ahead)), backend.VersionAt(former.Time().Add(grain)))
}

func random(n int) int { return rand.IntN(n) } //nolint:gosec // no secret
