package guard

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// A recheck is followed by a pause restFactor times as long as it took, so
	// that streams with many gaps do not keep the servers busy.
	restFactor  = 10
	longestRest = 10 * time.Second
	// recheckTime bounds one scan.
	recheckTime = time.Minute
)

// recheck looks at all sessions of a server when changes on it were missed: its
// stream has connected or has left out changes, or too many changes were
// waiting. It asks for the records of a hundred sessions together.
func (g *Guard) recheck(ctx context.Context, server int) {
	missed := g.queues[server].missed
	for {
		select {
		case <-missed:
		case <-ctx.Done():
			return
		}
		started := time.Now()
		err := g.lookAtAll(ctx, server)
		rest := min(restFactor*time.Since(started), longestRest)
		if err != nil {
			g.failed(ctx, "", err)
			rest = longestRest
			if !errors.Is(err, backend.ErrNotScannable) {
				signal(missed)
			}
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return
		}
	}
}

// lookAtAll looks at all sessions of a server.
func (g *Guard) lookAtAll(ctx context.Context, server int) error {
	ctx, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	var ids []string
	look := func() {
		for _, id := range g.look(ctx, ids) {
			g.enqueue(id)
		}
		ids = ids[:0]
	}
	err := g.pool.Scan(ctx, server, func(key string) error {
		if !g.sessions.IsID(key) {
			return nil
		}
		if ids = append(ids, key); len(ids) == lookAtOnce {
			look()
		}
		return nil
	})
	if len(ids) > 0 {
		look()
	}
	return err
}
