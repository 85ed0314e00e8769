package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"memcachedsoap/service/admission"
)

// tuneGarbageCollector gives Go's runtime its memory limit, unless GOMEMLIMIT is set:
// near the limit it collects garbage more often. Below it, a small heap grows to five
// times its live size before the next collection, unless GOGC is set. With the
// sessions in memcached the live heap is a few megabytes, and Go's default, twice its
// size, costs an eighth of the CPU time: the throughput, compared with a server
// without XML and Storable, rises from 0.80 to 0.85. stop ends what it has begun.
func (c *serveCommand) tuneGarbageCollector() (stop func()) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(c.memoryLimit())
	}
	if _, set := os.LookupEnv("GOGC"); set || len(c.Servers) == 0 {
		return func() {}
	}
	return tuneGrowth(freeGrowth+c.sessionMemory(), func(percent int) { debug.SetGCPercent(percent) })
}

// memoryBudget returns the memory that all requests in flight may take: that of
// --memory-budget, or the default.
func (c *serveCommand) memoryBudget() int64 {
	if c.MemoryBudget > 0 {
		return int64(c.MemoryBudget)
	}
	available, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil { // the machine does not say how much it has
		return admission.DefaultMemory
	}
	return int64(min(available/4, admission.DefaultMemory))
}

// memoryLimit returns the limit for the memory of Go's runtime: the budget without a
// tenth for what the runtime does not count, and the sessions in this process.
func (c *serveCommand) memoryLimit() int64 {
	return c.memoryBudget()/10*9 + c.sessionMemory()/4*5 // the tables of the sessions take a quarter
}

// sessionMemory returns how many bytes of sessions are in this process at most.
func (c *serveCommand) sessionMemory() int64 {
	if len(c.Servers) == 0 {
		return int64(c.MemoryLimit)
	}
	if len(c.Local) == 0 {
		return 0
	}
	size, _, _ := nearCacheSize(c.Local[0]) // Validate has checked it
	return int64(size)
}

// admission returns the bounds of the requests in flight.
func (c *serveCommand) admission() *admission.Controller {
	// One request may take what the limits of a request allow.
	const (
		perBody    = 16 // bytes, for a byte of a body
		perElement = 320
	)
	return admission.New(admission.Options{
		Memory: c.memoryBudget(), Requests: c.MaxInFlight,
		Request: max(admission.DefaultRequest, perBody*int64(c.MaxBody), perElement*int64(c.MaxElements)),
	})
}

// giveBackMemory gives memory back to the operating system when a load has ended, until
// stop is called.
func giveBackMemory(ctx context.Context, admitted *admission.Controller) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { admitted.GiveBack(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}
