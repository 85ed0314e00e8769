package httpd

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// activeConns is the set of connections on which a request is being read or
// answered, and of those whose first request has not arrived.
type activeConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// update takes over the new state of a connection.
func (a *activeConns) update(conn net.Conn, state http.ConnState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch state {
	case http.StateNew, http.StateActive:
		a.conns[conn] = struct{}{}
	case http.StateIdle, http.StateClosed, http.StateHijacked:
		delete(a.conns, conn)
	}
}

func (a *activeConns) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.conns) == 0
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
