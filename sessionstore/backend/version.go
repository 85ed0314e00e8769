package backend

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Version orders the writes of one key on all servers that have a copy of it: of
// two copies the one with the greater Version was written later. It is a time of a
// hybrid logical clock: microseconds since 1970, and in the lowest 8 bits a number
// that makes the Versions of two processes differ. 0 means none: the item was
// written by a program that has no such clock.
//
// A server may keep a Version at a coarser grain. It then rounds up, so that a later
// Version stays later.
type Version uint64

const (
	versionNodeBits = 8
	// LeastVersion is the smallest number that is a Version: that of January 1970
	// plus 13 days. The CAS numbers that a server counts itself stay below it.
	LeastVersion Version = 1 << 48
	// maxVersionAhead is how far a Version may be ahead of the local clock. One that
	// is further ahead was made by a clock that is wrong, and counts as none: it would
	// win over every later write.
	maxVersionAhead = 24 * time.Hour
)

// VersionAt returns the first Version of a moment.
func VersionAt(t time.Time) Version {
	return Version(max(t.UnixMicro(), 0)) << versionNodeBits
}

// Time returns the moment of a Version.
func (v Version) Time() time.Time { return time.UnixMicro(int64(v >> versionNodeBits)) }

// Credible returns v, or 0 if it is no Version: too small, or more than a day ahead
// of the local clock.
func (v Version) Credible() Version {
	if v < LeastVersion || v > VersionAt(time.Now().Add(maxVersionAhead)) {
		return 0
	}
	return v
}

// Clock is a hybrid logical clock: it never returns a [Version] that is less than one
// that it has seen, so that a write that follows another one is later, also if the
// clocks of two hosts differ. Methods may be called from any goroutine.
type Clock struct {
	node Version
	last atomic.Uint64
}

// NewClock makes a Clock.
func NewClock() *Clock {
	return &Clock{node: Version(rand.N(1 << versionNodeBits))} //nolint:gosec // no secret
}

// Observe tells the clock of a Version that was read. One that is not credible is
// ignored.
func (c *Clock) Observe(v Version) {
	for v = v.Credible(); v != 0; {
		last := c.last.Load()
		if uint64(v) <= last || c.last.CompareAndSwap(last, uint64(v)) {
			return
		}
	}
}

// After returns the Version of a write that replaces an item with the Version former.
// It is greater than former, if that is credible, than all that the clock has
// observed or returned, and not before now.
func (c *Clock) After(former Version) Version {
	c.Observe(former)
	for {
		last := c.last.Load()
		next := VersionAt(time.Now()) | c.node
		if uint64(next) <= last {
			next = (Version(last)>>versionNodeBits+1)<<versionNodeBits | c.node
		}
		if c.last.CompareAndSwap(last, uint64(next)) {
			return next
		}
	}
}

// OlderCAS says whether the first of two CAS numbers of an item ([Item.CAS]) is
// certainly that of an older change.
func OlderCAS(a, b uint64) bool {
	return a < b && ComparableCAS(a, b)
}

// ComparableCAS says whether two CAS numbers tell the order of the changes that have
// made them: a server counts numbers of its own beside those that are Versions.
func ComparableCAS(a, b uint64) bool {
	return Version(a) < LeastVersion == (Version(b) < LeastVersion)
}

// Next returns the Version of a write that changes nothing but the time to live of an
// item with the Version former: the one right after it, so that every change of the
// item on another server is later. If former is not credible it is that of
// [Clock.After].
func (c *Clock) Next(former Version) Version {
	if former.Credible() == 0 {
		return c.After(former)
	}
	return former + 1<<versionNodeBits
}
