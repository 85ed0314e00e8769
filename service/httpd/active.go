package httpd

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// activeConns is the set of connections on which a request is being read or
// answered, and of those whose first request has not arrived.
type activeConns struct {
	own atomic.Int64 // how many are of this package: they know themselves whether they are in the set

	mu    sync.Mutex
	conns map[net.Conn]struct{} // the others
}

// update takes over the new state of a connection.
func (a *activeConns) update(c net.Conn, state http.ConnState) {
	active := state == http.StateNew || state == http.StateActive
	if own := ownConn(c); own != nil {
		if was := own.active.Swap(active); active && !was {
			a.own.Add(1)
		} else if was && !active {
			a.own.Add(-1)
		}
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if active {
		a.conns[c] = struct{}{}
	} else {
		delete(a.conns, c)
	}
}

func (a *activeConns) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.conns) == 0 && a.own.Load() == 0
}

// wait returns when the set is empty or the context ends.
func (a *activeConns) wait(ctx context.Context) {
	const interval = 2 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for !a.empty() && ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
