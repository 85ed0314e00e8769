package main

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestGrowthOf(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for seen, percent := range map[int64]int{
		0: 400, 1 * mib: 400, 8 * mib: 400, 10 * mib: 320, 16 * mib: 200, 32 * mib: 100, 33 * mib: 100, 4096 * mib: 100,
	} {
		assert.Equal(t, percent, growthOf(seen, 32*mib), seen)
	}
}

// The growth follows the size of the heap from one collection to the next, until stop.
func TestTuneGrowth(t *testing.T) {
	t.Parallel()
	var percent atomic.Int64
	set := func(n int) { percent.Store(int64(n)) }
	const free = 256 << 20 // more than what other tests use
	stop := tuneGrowth(free, set)
	assert.EqualValues(t, mostGrowth, percent.Load())
	adapts := func(to int64) {
		t.Helper()
		assert.Eventually(t, func() bool {
			runtime.GC()
			return percent.Load() == to
		}, time.Minute, 10*time.Millisecond)
	}
	ballast := make([]byte, free)
	adapts(leastGrowth)
	runtime.KeepAlive(ballast)
	adapts(mostGrowth)
	stop()
	ballast = make([]byte, free)
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond) // the cleanup, if there is one, runs after the collection
	}
	runtime.KeepAlive(ballast)
	assert.EqualValues(t, mostGrowth, percent.Load())
}
