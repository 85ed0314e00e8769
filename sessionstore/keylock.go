package sessionstore

import (
	"context"
	"sync"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/span"
)

// keyLocks is a lock for each session that is being changed: within the process,
// writers to one session wait for each other. They would only make each other
// retry. Its zero value is ready for use; a session that nobody changes costs
// nothing.
type keyLocks struct {
	mu    sync.Mutex
	locks map[ID]*keyLock
}

type keyLock struct {
	token chan struct{} // holds one while the lock is free
	users int           // who has or wants the lock
}

// lock returns when the caller has the lock of id, to be freed with unlock, or
// with an error when the context ends first.
func (k *keyLocks) lock(ctx context.Context, id ID) (unlock func(), err error) {
	k.mu.Lock()
	l := k.locks[id]
	if l == nil {
		l = &keyLock{token: make(chan struct{}, 1)}
		l.token <- struct{}{}
		if k.locks == nil {
			k.locks = make(map[ID]*keyLock)
		}
		k.locks[id] = l
	}
	l.users++
	k.mu.Unlock()
	if !l.take(ctx) {
		k.leave(id, l)
		return nil, backend.Interrupted(ctx)
	}
	return func() {
		l.token <- struct{}{}
		k.leave(id, l)
	}, nil
}

// take takes the lock, unless the context ends first.
func (l *keyLock) take(ctx context.Context) bool {
	select {
	case <-l.token:
		return true
	default:
	}
	waiting := span.Wait(ctx, span.Lock)
	defer waiting.End()
	select {
	case <-l.token:
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *keyLocks) leave(id ID, l *keyLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(k.locks, id)
	}
}
