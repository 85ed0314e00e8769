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
			d := p.dispute(200, ahead)
			r := p.start()
			p.waitSame()
			r.stop()
			for range 2 {
				d.changeAll()
			}
			p.start()
			p.waitSame()
			assert.Zero(t, d.wrong())
		})
	}
}

// disputed are sessions that both sides change.
type disputed struct {
	p      *pair
	clocks [2]skewed
	keys   []string
	last   map[string]backend.Item // the latest versions
	writes int
}

// dispute stores sessions, each on one side. The clock of the writers to the second
// side is ahead.
func (p *pair) dispute(n int, ahead time.Duration) *disputed {
	p.t.Helper()
	d := &disputed{p: p, clocks: [2]skewed{{}, {ahead}}, last: make(map[string]backend.Item)}
	for i := range n {
		d.keys = append(d.keys, newKey())
		d.change(i%2, d.keys[i])
	}
	return d
}

// changeAll changes, deletes or creates again each session once, on either side.
func (d *disputed) changeAll() {
	d.p.t.Helper()
	for _, key := range d.keys {
		d.change(random(2), key)
		time.Sleep(20 * time.Microsecond)
	}
}

func (d *disputed) change(side int, key string) {
	d.p.t.Helper()
	d.writes++
	item := versioned(d.p.t, fmt.Sprint(side, d.writes))
	if random(4) == 0 {
		item = backend.Tombstone(life)
	}
	// It follows what the writer has read.
	item.Version = d.clocks[side].after(d.p.get(side, key).Version)
	d.p.put(side, key, item)
	if item.Version > d.last[key].Version {
		d.last[key] = item
	}
}

// wrong returns how many copies are not the latest version.
func (d *disputed) wrong() (n int) {
	d.p.t.Helper()
	for _, key := range d.keys {
		for side := range 2 {
			if !backend.SameContent(d.last[key], d.p.get(side, key)) {
				n++
			}
		}
	}
	return n
}

// skewed is the clock of a host that is ahead.
type skewed struct{ ahead time.Duration }

func (c skewed) after(former backend.Version) backend.Version {
	// Servers that keep versions at a grain of 10 ms make later ones later.
	const grain = 25 * time.Millisecond
	return max(backend.VersionAt(time.Now().Add(c.ahead)), backend.VersionAt(former.Time().Add(grain)))
}

func random(n int) int { return rand.IntN(n) } //nolint:gosec // no secret
