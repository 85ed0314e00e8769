package index

import (
	"context"
	"sync"

	"memcachedsoap/sessionstore/backend"
)

// Progress says how far a rebuild of the index is.
type Progress struct {
	Running bool
	// Entered are the sessions that were entered, and Items the items that the servers
	// have by their statistics: with those that are no sessions. It is 0 if it is not
	// known.
	Entered, Items int64
}

// rebuilding is the progress of the rebuild that runs, or of the last one.
type rebuilding struct {
	mu sync.Mutex
	Progress
}

func (p *rebuilding) begin(items int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Progress = Progress{Running: true, Items: items}
}

func (p *rebuilding) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Entered += int64(n)
}

func (p *rebuilding) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Running = false
}

// Rebuild says how far the rebuild is that runs, or what the last one has done.
func (x *Index) Rebuild() Progress {
	r := x.indexer.Load()
	if r == nil {
		return Progress{}
	}
	r.rebuilding.mu.Lock()
	defer r.rebuilding.mu.Unlock()
	return r.rebuilding.Progress
}

// items returns how many items the servers have by their statistics, or 0 if the pool
// does not tell.
func (r *Indexer) items(ctx context.Context) int64 {
	pool, ok := r.pool.(interface {
		Describe(ctx context.Context, server int) (backend.ServerInfo, error)
	})
	if !ok {
		return 0
	}
	total := int64(0)
	for server := range r.pool.Servers() {
		info, err := pool.Describe(ctx, server)
		if err != nil {
			return 0
		}
		total += info.Items
	}
	return total
}
