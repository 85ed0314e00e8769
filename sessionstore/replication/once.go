package replication

import (
	"context"
	"sync"
)

// Once compares the sides once, makes them equal, and returns what it has done. The
// error says why they are not equal. It holds no mark, and removes nothing.
func (r *Replicator) Once(ctx context.Context) (Result, error) {
	r.inspectAll(ctx)
	working, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { r.work(working) })
	for _, s := range r.servers() {
		parts.Go(func() { r.keep(working, s, false) })
	}
	c := r.compare(ctx)
	stop()
	parts.Wait()
	r.noteComparison(ctx, c)
	n := &r.counts
	result := Result{
		Compared: c.items, Copied: n.copied.Load(), Removed: n.removed.Load(), Merged: n.merged.Load(),
		Failed: n.failed.Load(), TooLarge: n.tooLarge.Load(),
	}
	return result, c.err()
}
