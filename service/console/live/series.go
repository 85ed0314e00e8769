package live

import (
	"math"
	"time"
)

// The series of the charts. A value that is not known is NaN.
const (
	callRate     = iota // a second
	faultRate           // a second
	medianTime          // of calls, in seconds
	highTime            // of 99 of 100 calls, in seconds
	sessionHits         // share of requested sessions that existed
	nearHits            // share of reads that the near cache answered
	staleness           // of the change streams, in seconds: the greatest
	answering           // servers that answer
	waiting             // changes that are to be replicated
	seriesNumber        // of series
)

// point is one sample of the series.
type point struct {
	at     time.Time
	values [seriesNumber]float32
	rates  []float32 // calls a second, by operation; nil if they are not known
}

// noPoint returns a point without values.
func noPoint(at time.Time) point {
	p := point{at: at}
	for i := range p.values {
		p.values[i] = float32(math.NaN())
	}
	return p
}

// span is what the charts show.
const span = time.Hour

// ring keeps the last samples.
type ring[T any] struct {
	kept []T
	next int // where the next one goes, once the ring is full
	size int
}

func newRing[T any](size int) ring[T] { return ring[T]{size: size} }

func (r *ring[T]) add(one T) {
	if len(r.kept) < r.size {
		r.kept = append(r.kept, one)
		return
	}
	r.kept[r.next] = one
	r.next = (r.next + 1) % r.size
}

// at returns a sample: 0 is the oldest that is kept.
func (r *ring[T]) at(i int) *T { return &r.kept[(r.next+i)%len(r.kept)] }

func (r *ring[T]) len() int { return len(r.kept) }

// last returns the newest sample, or nil.
func (r *ring[T]) last() *T {
	if len(r.kept) == 0 {
		return nil
	}
	return r.at(len(r.kept) - 1)
}
