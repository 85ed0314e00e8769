package main

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// How far the heap grows before the next collection, in percent of what a collection looks
// at: the live heap and the stacks.
const (
	mostGrowth  = 400
	leastGrowth = 100 // Go's default
	// freeGrowth is the growth in bytes up to which mostGrowth holds.
	freeGrowth = 32 << 20
)

// growth chooses how far the heap may grow. A small heap may grow to five times its size:
// collections then take little time, and the memory is little, too. The heap and the stacks
// of thousands of connections are tens of megabytes, and five times that would be most of
// the memory of the process.
type growth struct {
	free int64             // bytes up to which mostGrowth holds
	set  func(percent int) // sets the growth

	mu      sync.Mutex
	stopped bool
	percent int
}

// tuneGrowth sets the growth after each collection, until stop is called.
func tuneGrowth(free int64, set func(percent int)) (stop func()) {
	g := &growth{free: free, set: set, percent: mostGrowth}
	set(mostGrowth)
	g.awaitCollection()
	return g.stop
}

func (g *growth) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
}

// awaitCollection lets the next collection adapt the growth.
func (g *growth) awaitCollection() {
	const large = 32 // bytes: a small object may share its memory with others that stay
	runtime.AddCleanup(new([large]byte), (*growth).collected, g)
}

// collected takes over what a collection has found.
func (g *growth) collected() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return
	}
	// Setting it stops the program for some microseconds.
	if percent := growthOf(seen(), g.free); percent*10 > g.percent*11 || percent*11 < g.percent*10 {
		g.percent = percent
		g.set(percent)
	}
	g.awaitCollection()
}

// seen returns how many bytes the last collection has looked at.
func seen() int64 {
	samples := [...]metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(samples[:])
	sum := uint64(0)
	for _, s := range samples {
		sum += s.Value.Uint64()
	}
	return int64(sum)
}

// growthOf returns the growth in percent for what a collection has looked at.
func growthOf(seen, free int64) int {
	return int(min(max(free*100/max(seen, 1), leastGrowth), mostGrowth))
}
