package replication_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
)

// mark returns the mark of the first server of a side.
func (p *pair) mark(side int) backend.ReplicaMark {
	p.t.Helper()
	m, err := backend.ReadReplicaMark(p.t.Context(), p.pools[side], 0)
	if err != nil {
		return backend.ReplicaMark{}
	}
	return m
}

// The marks say what the servers are, and that one is not equal as long as it lacks
// something.
func TestMarks(t *testing.T) {
	t.Parallel()
	for _, twoWay := range []bool{false, true} {
		p := onePair(t)
		p.options.TwoWay = twoWay
		want := [2]backend.ReplicaRole{backend.ReplicaSource, backend.ReplicaCopy}
		if twoWay {
			want = [2]backend.ReplicaRole{backend.ReplicaTwoWay, backend.ReplicaTwoWay}
		}
		r := p.start()
		for side, role := range want {
			p.eventually(func() bool { m := p.mark(side); return m.Equal && m.Role == role })
		}
		before := p.mark(from)
		p.eventually(func() bool { return p.mark(from).Proves(before) })
		r.stop()
		for side := range want {
			assert.Zero(t, p.mark(side), "a replicator that ends gives its marks back")
		}
	}
}

// A server that comes back, empty or with old data, is never said to be equal before
// it is. What the marks say is compared with what is there: each time the mark of the
// server says equal, all that was stored before is there.
func TestMarksTellTheTruth(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(p *pair, side int){
		"restarted": func(p *pair, side int) { p.servers[side][0].Restart() },
		"frozen": func(p *pair, side int) {
			p.servers[side][0].Freeze()
			p.burst(1-side, 300, "meanwhile")
			time.Sleep(time.Second)
			p.servers[side][0].Thaw()
		},
	} {
		for side := range 2 {
			t.Run(fmt.Sprint(name, side), func(t *testing.T) {
				t.Parallel()
				p := onePair(t)
				p.options.TwoWay = true
				p.burst(1-side, 300, "before")
				p.start()
				p.waitSame()
				p.eventually(func() bool { return p.mark(side).Equal })
				away(p, side)
				// The mark of a server that hung may be one that was on its way.
				var base backend.ReplicaMark
				p.eventually(func() bool { base = p.mark(side); return base.Holder != "" })
				p.eventually(func() bool { return p.mark(side).Proves(base) })
				assert.Equal(t, p.count(1-side), p.count(side))
			})
		}
	}
}

// Of two replicators one is active. When it ends, or dies, the other one takes over
// within 3 s.
func TestTakeover(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{2, 2})
	one := p.start()
	two := p.replicate()
	p.eventually(func() bool { return two.State().StandsBy })
	for range 10 {
		key := newKey()
		p.put(from, key, versioned(t, "x"))
		p.eventually(func() bool { return p.has(to, key, "x") })
	}
	assert.False(t, two.State().Active)
	one.stop()
	ended := time.Now()
	p.eventually(func() bool { return two.State().Active })
	assert.Less(t, time.Since(ended), 3*time.Second)
	p.put(from, newKey(), versioned(t, "y"))
	p.waitSame()
	p.waitEqual(two)
}

// Two replicators that are active at once, because each has some of the marks, do no
// harm, and one of them yields.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{1, 1})
	p.options.TwoWay = true
	one := p.start()
	// Somebody else holds one of the two marks for a while.
	key, _ := backend.ReplicaMarkKey(p.pools[to], 0)
	require.NoError(t, p.pools[to].Delete(t.Context(), key))
	other := backend.Lease{Backend: p.pools[to], Key: key, Holder: "other", Life: backend.ReplicaMarkLife}
	p.eventually(func() bool {
		held, err := other.Hold(t.Context(), backend.ReplicaMark{Role: backend.ReplicaTwoWay, Number: 1}.Note())
		return err == nil && held
	})
	p.put(from, newKey(), versioned(t, "x"))
	p.put(to, newKey(), versioned(t, "x"))
	p.waitSame()
	p.waitEqual(one) // again, when the other one has gone
}

// The records of deletions are where the guard of the other pool looks for them, also
// if that pool has another number of servers: a Perl program cannot bring a deleted
// session back, on either side.
func TestDeletionsInOtherPools(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{1, 3})
	p.options.TwoWay = true
	sites := [2]site{p.site(from), p.site(to)}
	r := p.start()
	for i := range 6 {
		id := sites[i%2].login(t, "alice")
		p.eventually(func() bool {
			_, err := sites[1-i%2].Get(t.Context(), id)
			return err == nil
		})
		require.NoError(t, sites[i%2].Delete(t.Context(), id))
		other := 1 - i%2
		pool := p.pools[other]
		record := backend.KeyOn(pool, pool.ServerOf(string(id)), guard.RecordName(string(id)))
		p.eventually(func() bool {
			_, err := pool.Get(t.Context(), record)
			return err == nil && p.get(other, string(id)).Deleted
		})
		p.perlSet(other, string(id), "late", 600)
		p.eventually(func() bool { return p.get(from, string(id)).Deleted && p.get(to, string(id)).Deleted })
	}
	p.waitSame()
	p.waitEqual(r)
	for _, s := range sites {
		found, err := s.Find(t.Context(), "uid", "alice")
		require.NoError(t, err)
		assert.Empty(t, found)
	}
}

// Lookup keys are copied with their time to live; keys of other programs only if asked
// for, and what belongs to processes never.
func TestWhichKeysAreCopied(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		p := onePair(t)
		p.options.AllKeys = all
		p.start()
		id := sessionstore.NewID()
		lookup := "900150983cd24fb0d6963f7d28e17f72"
		for key, item := range map[string]backend.Item{
			lookup:                             {Image: []byte(id), ExpiresIn: 20 * time.Minute},
			"foreign":                          {Image: []byte("f"), Flags: 7, ExpiresIn: 40 * 24 * time.Hour},
			"never":                            {Image: []byte("n")},
			backend.ReservedKeys + "guard:0:0": {Image: []byte("own"), ExpiresIn: life},
			backend.ReservedKeys + "server":    {Image: []byte("token"), ExpiresIn: life},
			string(id):                         versioned(t, "last"),
		} {
			p.put(from, key, item)
		}
		p.eventually(func() bool { return p.has(to, string(id), "last") && string(p.get(to, lookup).Image) == string(id) })
		assert.InDelta(t, 20*time.Minute, p.get(to, lookup).ExpiresIn, float64(10*time.Second))
		if all {
			p.eventually(func() bool { return len(p.get(to, "foreign").Image) > 0 && len(p.get(to, "never").Image) > 0 })
			assert.InDelta(t, 40*24*time.Hour, p.get(to, "foreign").ExpiresIn, float64(10*time.Second))
			assert.Equal(t, uint32(7), p.get(to, "foreign").Flags)
			assert.Zero(t, p.get(to, "never").ExpiresIn)
		} else {
			assert.Empty(t, p.get(to, "foreign").Image)
		}
		for _, key := range []string{"guard:0:0", "server"} {
			assert.Empty(t, p.get(to, backend.ReservedKeys+key).Image, key)
		}
	}
}

// A stand-in of client_memcached.pl: it copies what its list names with its signature
// in it and without a time to live. The replicator notices it, and sets its copies
// right.
func TestOldDaemon(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.options.TwoWay = true
	before := newKey()
	p.perlSet(from, before, "x", 600)
	p.daemon(before)
	r := p.start()
	p.waitSame()
	for _, key := range []string{before, newKey(), newKey()} {
		p.perlSet(from, key, "x", 600)
		p.eventually(func() bool { return p.has(to, key, "x") })
		p.daemon(key)
		p.eventually(func() bool { return p.has(to, key, "x") && p.has(from, key, "x") })
		p.eventually(func() bool { return p.get(to, key).ExpiresIn > 0 && p.get(from, key).ExpiresIn > 0 })
	}
	p.waitSame()
	p.logged("stop the old replication daemons")
	assert.NotZero(t, metricOf(t, r, "unsigned_total"))
}

// daemon copies a session as client_memcached.pl does.
func (p *pair) daemon(key string) {
	p.t.Helper()
	text := signedImage(p.t, "x")
	p.perlf(to, key, "set %s 1 0 %d\r\n%s", key, len(text), text)
}

// A replicator that is stopped at any moment leaves nothing behind that the next one
// does not make equal.
func TestStoppedAtRandom(t *testing.T) {
	t.Parallel()
	p := newPair(t, [2]int{2, 1})
	p.options.TwoWay = true
	for i := range 8 {
		r := p.replicate()
		for j := range 100 {
			p.put(j%2, newKey(), versioned(t, fmt.Sprint(i, j)))
			if j == i*13 {
				go r.stop()
			}
		}
		r.stop()
	}
	p.waitEqual(p.replicate())
	p.waitSame()
	assert.Equal(t, 800, p.count(from))
}

// A side that is away makes the other one no less equal: it has all that it had. What
// it says is still believed, also if its change stream breaks meanwhile.
func TestOtherSideIsAway(t *testing.T) {
	t.Parallel()
	for _, twoWay := range []bool{false, true} {
		t.Run(strconv.FormatBool(twoWay), func(t *testing.T) {
			t.Parallel()
			p := onePair(t)
			p.options.TwoWay = twoWay
			r := p.start()
			p.servers[to][0].Kill()
			p.eventually(func() bool { return !r.State().Servers[to].Reached })
			for range 100 {
				p.put(from, newKey(), versioned(t, "x"))
			}
			p.eventually(func() bool { m := p.mark(from); return m.Equal })
			base := p.mark(from)
			p.eventually(func() bool { return p.mark(from).Proves(base) })
			require.False(t, r.State().Equal)
			p.servers[to][0].Restart()
			p.waitSame()
			p.waitEqual(r)
		})
	}
}
