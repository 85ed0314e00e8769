package guard

import "sync"

// ownWrites are the writes of this process whose event is still to come, by key.
// Its zero value is ready for use.
type ownWrites struct {
	mu     sync.Mutex
	counts map[string]int
}

// add notes a write. With too many, all are forgotten: then their events are
// looked at, which costs time only.
func (w *ownWrites) add(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil || len(w.counts) >= maxWaiting {
		w.counts = make(map[string]int)
	}
	w.counts[key]++
}

// forget takes a write back. It returns false if there is none.
func (w *ownWrites) forget(key string) bool {
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

func (w *ownWrites) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.counts)
}
