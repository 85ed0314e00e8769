package replication_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// What one side has is copied when a replicator starts, and each change afterwards.
func TestCopy(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][2]int{"one server": {1, 1}, "several": {3, 3}, "another number": {2, 3}} {
		for _, twoWay := range []bool{false, true} {
			t.Run(name+strconv.FormatBool(twoWay), func(t *testing.T) {
				t.Parallel()
				p := newPair(t, numbers)
				p.options.TwoWay = twoWay
				keys := make([]string, 300)
				for i := range keys {
					keys[i] = newKey()
					if i%4 == 1 {
						keys[i] = string(sessionstore.TypedID("saml", sessionstore.NewID()))
					}
					if i%2 == 0 {
						p.put(from, keys[i], versioned(t, "one"))
					} else {
						p.perlSet(from, keys[i], "one", 600)
					}
				}
				r := p.start()
				p.waitSame()
				for i, key := range keys {
					switch i % 3 {
					case 0:
						p.put(from, key, versioned(t, "two"))
					case 1:
						p.perlSet(from, key, "two", 1200)
					default:
						tombstone := backend.Tombstone(life)
						tombstone.Version = clock.After(0)
						p.put(from, key, tombstone)
					}
				}
				p.waitSame()
				if twoWay {
					for i, key := range keys {
						if i%3 != 2 {
							p.put(to, key, versioned(t, "three"))
						}
					}
					p.waitSame()
				}
				require.Zero(t, metricOf(t, r, "failed_total"))
			})
		}
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	p := onePair(t)
	p.start()
	for range 20 {
		key := newKey()
		began := time.Now()
		p.put(from, key, versioned(t, "x"))
		p.eventually(func() bool { return p.has(to, key, "x") })
		t.Log(time.Since(began))
	}
}
