package httpd

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// busyConns knows the connections on which a request is being read or
// answered, or may come as the first.
type busyConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// note follows the state of a connection.
func (b *busyConns) note(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch state {
	case http.StateNew, http.StateActive:
		b.conns[conn] = struct{}{}
	case http.StateIdle, http.StateClosed, http.StateHijacked:
		delete(b.conns, conn)
	}
}

func (b *busyConns) none() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.conns) == 0
}

// wait returns when none is left or the context has ended.
func (b *busyConns) wait(ctx context.Context) {
	const every = 2 * time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for !b.none() && ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
