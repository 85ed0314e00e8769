package replication_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// burst stores many sessions as fast as a server takes them, and returns their keys.
func (p *pair) burst(side, n int, value string) []string {
	p.t.Helper()
	var text strings.Builder
	keys := make([]string, n)
	session := image(p.t, value)
	for i := range keys {
		keys[i] = newKey()
		fmt.Fprintf(&text, "set %s 1 3600 %d noreply\r\n%s\r\n", keys[i], len(session), session)
	}
	p.send(side, text.String())
	return keys
}

// send sends commands without answers to the first server of a side, and waits until
// it has done them.
func (p *pair) send(side int, commands string) {
	p.t.Helper()
	var dialer net.Dialer
	nc, err := dialer.DialContext(p.t.Context(), "tcp", p.servers[side][0].Addr)
	require.NoError(p.t, err)
	defer nc.Close()
	require.NoError(p.t, nc.SetDeadline(time.Now().Add(long)))
	_, err = nc.Write([]byte(commands + "mn\r\n"))
	require.NoError(p.t, err)
	answer := make([]byte, 4)
	_, err = nc.Read(answer)
	require.NoError(p.t, err)
	require.Equal(p.t, "MN\r\n", string(answer))
}

// A burst that the change stream leaves out in part is copied all the same.
func TestBurstOverTheLogBuffers(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	r := p.start()
	for range 3 {
		p.burst(from, 8000, "x")
	}
	p.waitSame()
	p.waitEqual(r)
	p.logged("the log buffers of a server are small")
}

// A copy that comes back empty, or frozen with old data, becomes equal again.
func TestCopyIsAway(t *testing.T) {
	t.Parallel()
	for _, frozen := range []bool{false, true} {
		for _, twoWay := range []bool{false, true} {
			t.Run(fmt.Sprintf("frozen %v two-way %v", frozen, twoWay), func(t *testing.T) {
				t.Parallel()
				p := onePair(t)
				p.options.TwoWay = twoWay
				keys := p.burst(from, 500, "x")
				r := p.start()
				p.waitSame()
				if frozen {
					p.servers[to][0].Freeze()
				} else {
					p.servers[to][0].Kill()
				}
				p.eventually(func() bool { return !r.State().Equal })
				for i, key := range keys {
					if i%2 == 0 {
						p.put(from, key, versioned(t, "y"))
					} else {
						p.perlf(from, key, "mn")
						require.NoError(t, p.remove(from, key))
					}
				}
				p.burst(from, 500, "z")
				if frozen {
					p.servers[to][0].Thaw()
				} else {
					p.servers[to][0].Restart()
				}
				p.waitSame()
				p.waitEqual(r)
			})
		}
	}
}

// remove removes an item in a way that every server reports.
func (p *pair) remove(side int, key string) error {
	item, err := p.pools[side].Get(p.t.Context(), key)
	if err != nil {
		return err
	}
	return p.pools[side].Put(p.t.Context(), p.pools[side].ServerOf(key), []backend.Write{{Key: key, Item: item, Remove: true}})[0]
}

// A source that was restarted gets its items back from the copy. What was stored at
// the source meanwhile stays.
func TestSourceIsRestarted(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprintf("replicator too %v", again), func(t *testing.T) {
			t.Parallel()
			p := onePair(t)
			keys := p.burst(from, 1000, "x")
			lookup := "900150983cd24fb0d6963f7d28e17f72"
			p.put(from, lookup, backend.Item{Image: []byte(keys[0]), ExpiresIn: life})
			r := p.start()
			p.waitSame()
			if again {
				r.stop()
			}
			p.servers[from][0].Restart()
			p.put(from, keys[1], versioned(t, "newer"))
			if again {
				r = p.replicate()
			}
			p.eventually(func() bool { return p.has(from, keys[2], "x") })
			p.waitSame()
			p.waitEqual(r)
			assert.True(t, p.has(to, keys[1], "newer"))
			assert.Equal(t, keys[0], string(p.get(from, lookup).Image))
			assert.Equal(t, 1000, p.count(from))
			assert.NotZero(t, metricOf(t, r, "poured_back_total"))
		})
	}
}

// A pair is not said to be equal again before a source that was restarted has its
// items back.
func TestEmptySourceIsNotEqual(t *testing.T) {
	t.Parallel()
	for range 5 {
		p := onePair(t)
		p.burst(from, 200, "x")
		r := p.start()
		p.waitSame()
		p.waitEqual(r)
		p.servers[from][0].Restart()
		p.eventually(func() bool { return !r.State().Equal })
		p.waitEqual(r)
		require.Equal(t, 200, p.count(from))
		r.stop()
	}
}

// count returns how many sessions a side has.
func (p *pair) count(side int) (n int) {
	p.t.Helper()
	items, err := p.items(side)
	require.NoError(p.t, err)
	for key, item := range items {
		if _, err := sessionstore.ParseID(key); err == nil && item.Flags&1 != 0 {
			n++
		}
	}
	return n
}

// Both sides lose everything: what is stored afterwards is copied.
func TestBothSidesAreRestarted(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.TwoWay = true
	p.burst(from, 100, "x")
	r := p.start()
	p.waitSame()
	for side := range p.servers {
		p.servers[side][0].Kill()
	}
	for side := range p.servers {
		p.servers[side][0].Restart()
	}
	p.burst(from, 100, "y")
	p.burst(to, 100, "z")
	p.waitSame()
	p.waitEqual(r)
	assert.Equal(t, 200, p.count(from))
}

// What a Perl program deletes at the source is removed from the copy. A server before
// 1.6.20 does not report it: a comparison finds it.
func TestPerlDeletes(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.Reconcile = 300 * time.Millisecond
	keys := p.burst(from, 100, "x")
	p.start()
	p.waitSame()
	for _, key := range keys[:50] {
		p.perlf(from, key, "delete %s", key)
	}
	p.waitSame()
	assert.Equal(t, 50, p.count(to))
}

// A touch by a Perl program is no change that a server reports: a comparison finds it.
func TestPerlTouches(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.Reconcile = 300 * time.Millisecond
	p.options.TwoWay = true
	keys := p.burst(from, 20, "x")
	p.start()
	p.waitSame()
	for i, key := range keys {
		p.perlf(i%2, key, "touch %s 7200", key)
	}
	p.waitSame()
	for _, key := range keys {
		p.eventually(func() bool {
			return p.get(from, key).ExpiresIn > 2*life-time.Minute && p.get(to, key).ExpiresIn > 2*life-time.Minute
		})
	}
}

// What the source removes all at once stays on the copy, and the operator learns of it.
func TestSourceIsFlushed(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.Reconcile = 300 * time.Millisecond
	p.burst(from, 100, "x")
	r := p.start()
	p.waitSame()
	p.perlf(from, "x", "flush_all")
	p.logged("all items of a server were removed (flush_all)")
	before := metricOf(t, r, "complete_comparisons_total")
	p.eventually(func() bool { return metricOf(t, r, "complete_comparisons_total") > before+1 })
	assert.Equal(t, 100, p.count(to))
	assert.Zero(t, p.count(from))
	p.put(from, newKey(), versioned(t, "new"))
	p.eventually(func() bool { return p.count(to) == 101 })
}

// What the source evicts stays on the copy, and is not copied back.
func TestSourceEvicts(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{0, 1})
	p.servers[from] = append(p.servers[from], p.startServer("-m", "2"))
	p.connect()
	p.options.Reconcile = 300 * time.Millisecond
	r := p.start()
	large := strings.Repeat("x", 4000)
	for range 20 {
		p.burst(from, 100, large)
	}
	p.logged("server evicts items")
	p.eventually(func() bool { return p.count(to) > p.count(from)+100 })
	p.waitEqual(r)
	before, copied := metricOf(t, r, "complete_comparisons_total"), metricOf(t, r, "copied_total")
	p.eventually(func() bool { return metricOf(t, r, "complete_comparisons_total") > before+2 })
	assert.Less(t, metricOf(t, r, "copied_total")-copied, 100.0, "they are not copied again and again")
	assert.Zero(t, metricOf(t, r, "removed_total"))
	assert.Zero(t, metricOf(t, r, "poured_back_total"))
}

// An item that is too large for the other side is named and counted, and the others
// are copied.
func TestItemIsTooLarge(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{0, 1})
	p.servers[from] = append(p.servers[from], p.startServer("-I", "2m"))
	p.connect()
	p.options.Reconcile = 200 * time.Millisecond
	large := newKey()
	p.put(from, large, versioned(t, strings.Repeat("x", 1_500_000)))
	p.burst(from, 100, "x")
	r := p.start()
	p.eventually(func() bool { return p.count(to) == 100 })
	p.logged(sessionstore.ID(large).Fingerprint())
	require.NotContains(t, p.log.String(), large)
	before := metricOf(t, r, "complete_comparisons_total")
	p.eventually(func() bool { return metricOf(t, r, "complete_comparisons_total") > before+2 })
	assert.Less(t, metricOf(t, r, "too_large_total"), 3.0, "it is not tried again and again")
	p.put(from, large, versioned(t, "small"))
	p.waitSame()
}

// A side that refuses watchers is compared only, and its servers never count as equal.
func TestServerRefusesWatchers(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{0, 1})
	p.servers[from] = append(p.servers[from], p.startServer("-W"))
	p.connect()
	p.options.Reconcile = 200 * time.Millisecond
	p.options.TwoWay = true
	r := p.replicate()
	p.put(from, newKey(), versioned(t, "x"))
	p.put(to, newKey(), versioned(t, "x"))
	p.waitSame()
	p.logged("it is compared only")
	assert.False(t, r.State().Equal)
}

// A server that was away is compared when it is back, also if its changes are not
// followed.
func TestServerThatIsNotFollowedIsAway(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{1, 0})
	p.servers[to] = append(p.servers[to], p.startServer("-W"))
	p.connect()
	p.options.Reconcile = time.Hour
	r := p.replicate()
	p.burst(from, 100, "x")
	p.waitSame()
	p.servers[to][0].Freeze()
	p.eventually(func() bool { return !r.State().Servers[to].Reached })
	p.burst(from, 100, "y") // reported while the other server is away
	p.servers[to][0].Thaw()
	p.waitSame()
	assert.Equal(t, 200, p.count(to))
}
