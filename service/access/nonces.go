package access

import (
	"hash/maphash"
	"sync"
	"time"
)

// The window in which the time at which a message was made must be. Clocks differ, and
// messages wait.
const (
	maxAge   = 5 * time.Minute // WS-Security UsernameToken Profile 1.0 section 3.1 recommends it
	maxAhead = time.Minute
)

// maxNonces bounds the nonces that are remembered, for up to maxAge+maxAhead each: about
// 2,900 calls with one each second, and 30 MB.
const maxNonces = 1 << 20

// nonces remembers each nonce for as long as a message with it would be accepted, so
// that a message is accepted once. The zero value is ready.
type nonces struct {
	mu    sync.Mutex
	seed  maphash.Seed
	since int64              // the minutes before are forgotten, and their messages refused
	sets  map[int64]nonceSet // by the minute in which the message was made
	count int
}

// nonceSet has the hashes of nonces. Their seed is a secret of this process, so that
// nobody can choose two with the same hash; by chance one in 10^13 has the hash of
// another one.
type nonceSet map[uint64]struct{}

// isCurrent reports whether a message that was made at this time is accepted.
func isCurrent(created, now time.Time) bool {
	return !created.Before(now.Add(-maxAge)) && !created.After(now.Add(maxAhead))
}

// add remembers the nonce of a caller and returns 0, or says why it is refused: it is
// remembered already, its message is too old, or there are too many.
func (n *nonces) add(caller string, nonce []byte, created, now time.Time) Refusal {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	minute := minuteOf(created)
	if minute < n.since || !isCurrent(created, now) {
		return Expired
	}
	hash := n.hash(caller, nonce)
	for _, set := range n.sets {
		if _, known := set[hash]; known {
			return Replayed
		}
	}
	if n.count >= maxNonces {
		return TooManyNonces
	}
	set := n.sets[minute]
	if set == nil {
		set = nonceSet{}
		n.sets[minute] = set
	}
	set[hash] = struct{}{}
	n.count++
	return 0
}

// forget forgets the nonces of messages that are too old. If the clock is set back, such
// messages stay refused, and for two minutes all others at most. The caller holds the
// lock.
func (n *nonces) forget(now time.Time) {
	if n.sets == nil {
		n.sets, n.seed = map[int64]nonceSet{}, maphash.MakeSeed()
	}
	n.since = min(n.since, minuteOf(now.Add(maxAhead))+1)
	oldest := minuteOf(now.Add(-maxAge))
	if oldest <= n.since {
		return
	}
	n.since = oldest
	for minute, set := range n.sets {
		if minute < oldest {
			n.count -= len(set)
			delete(n.sets, minute)
		}
	}
}

func (n *nonces) hash(caller string, nonce []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(n.seed)
	_, _ = h.WriteString(caller) // has no NUL
	_ = h.WriteByte(0)
	_, _ = h.Write(nonce)
	return h.Sum64()
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }
