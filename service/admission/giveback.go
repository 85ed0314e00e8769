package admission

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// lookEvery is how often a controller looks whether memory can be given back.
const lookEvery = 10 * time.Second

// GiveBack gives memory that a load has left behind back to the operating system,
// until the context ends. Without it Go keeps much of the memory of a peak for minutes,
// because a service without requests collects no garbage.
func (c *Controller) GiveBack(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	least := held()
	for {
		select {
		case <-ticker.C:
			least = c.giveBack(least)
		case <-ctx.Done():
			return
		}
	}
}

// giveBack gives memory back if the process has much more than the least that it had,
// and no request needs it. It returns the new least.
func (c *Controller) giveBack(least uint64) uint64 {
	now := held()
	worthwhile := uint64(c.memory / 16)
	if now > least+worthwhile && c.InUse() < c.memory/16 {
		debug.FreeOSMemory()
		return held()
	}
	return min(now, least)
}

// held returns the bytes that the process has from the operating system.
func held() uint64 {
	samples := [...]metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples[:])
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
