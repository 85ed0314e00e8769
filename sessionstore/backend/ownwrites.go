package backend

import "sync"

// OwnWrites are the writes of this process whose event is still to come, by key.
// A follower of the changes that knows its own writes need not look at them
// again. The zero value is ready for use, from any goroutine.
type OwnWrites struct {
	mu     sync.Mutex
	counts map[string]int
}

// maxOwnWrites bounds the keys of [OwnWrites].
const maxOwnWrites = 10_000

// Add notes a write that begins. With too many, all are forgotten: then their
// events are looked at, which costs time only.
func (w *OwnWrites) Add(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil || len(w.counts) >= maxOwnWrites {
		w.counts = make(map[string]int)
	}
	w.counts[key]++
}

// Take takes a write back, because its event came or because it failed. It
// returns false if there is none.
func (w *OwnWrites) Take(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch n := w.counts[key]; n {
	case 0:
		return false
	case 1:
		delete(w.counts, key)
	default:
		w.counts[key] = n - 1
	}
	return true
}

// Clear forgets all writes, because their events may never come.
func (w *OwnWrites) Clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.counts)
}
