package guard

import "sync"

// maxWaiting bounds the sessions of one server that wait for a look.
const maxWaiting = 10_000

// queue holds the ids of changed sessions, each once, in the order of their
// changes.
type queue struct {
	wake   chan struct{} // there are ids to take
	missed chan struct{} // there were changes whose ids are not here

	mu      sync.Mutex
	order   []string
	waiting map[string]struct{} // the same ids
}

func newQueue() *queue {
	return &queue{wake: make(chan struct{}, 1), missed: make(chan struct{}, 1), waiting: make(map[string]struct{})}
}

// add adds an id, or returns false if the queue is full.
func (q *queue) add(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.waiting[id]; known {
		return true
	}
	if len(q.order) >= maxWaiting {
		return false
	}
	q.waiting[id] = struct{}{}
	q.order = append(q.order, id)
	signal(q.wake)
	return true
}

// take takes the oldest ids, at most n. A change from now on is a new one.
func (q *queue) take(n int) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := q.order[:min(n, len(q.order))]
	q.order = q.order[len(ids):]
	for _, id := range ids {
		delete(q.waiting, id)
	}
	if len(q.order) > 0 {
		signal(q.wake) // another worker
	}
	return ids
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has been signalled already
	}
}
