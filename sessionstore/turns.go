package sessionstore

import (
	"context"
	"sync"

	"memcachedsoap/sessionstore/backend"
)

// turns lets those who change the same session wait for each other. Its zero
// value is ready for use. A session that nobody changes costs nothing.
type turns struct {
	mu    sync.Mutex
	queue map[ID]*turn
}

type turn struct {
	token   chan struct{} // holds one while it is nobody's turn
	waiting int           // who has or wants it
}

// wait returns when it is the caller's turn, to be ended with done, or with an
// error when the context ends first.
func (t *turns) wait(ctx context.Context, id ID) (done func(), err error) {
	t.mu.Lock()
	w := t.queue[id]
	if w == nil {
		w = &turn{token: make(chan struct{}, 1)}
		w.token <- struct{}{}
		if t.queue == nil {
			t.queue = make(map[ID]*turn)
		}
		t.queue[id] = w
	}
	w.waiting++
	t.mu.Unlock()
	select {
	case <-w.token:
		return func() {
			w.token <- struct{}{}
			t.leave(id, w)
		}, nil
	case <-ctx.Done():
		t.leave(id, w)
		return nil, backend.Interrupted(ctx)
	}
}

func (t *turns) leave(id ID, w *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.waiting--; w.waiting == 0 {
		delete(t.queue, id)
	}
}
