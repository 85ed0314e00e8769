package soap

import (
	"context"
	"slices"
)

// Room is the memory of an answer while it is written. Its zero value has no bounds.
type Room struct {
	ctx     context.Context //nolint:containedctx // of the call that is answered
	reserve func(ctx context.Context, n int64) error
	held    int64
}

// NewRoom returns the room of the answer to a call. reserve is called before the
// answer takes n bytes more, or fewer if n is negative; it may be nil.
func NewRoom(ctx context.Context, reserve func(ctx context.Context, n int64) error) Room {
	return Room{ctx: ctx, reserve: reserve}
}

// leastRoom is how many bytes an answer takes at least: a short one does not grow.
const leastRoom = 1 << 10

// Grow returns dst with room for n more bytes. The error is that of reserve.
func (r *Room) Grow(dst []byte, n int) ([]byte, error) {
	if n <= cap(dst)-len(dst) {
		return dst, nil
	}
	if r == nil || r.reserve == nil {
		return slices.Grow(dst, n), nil
	}
	// A quarter more, as append does, so that the work of all copies is linear.
	size := max((len(dst)+n)/4*5, leastRoom)
	if err := r.reserve(r.ctx, int64(size)); err != nil {
		return dst, err
	}
	grown := append(make([]byte, 0, size), dst...)
	err := r.reserve(r.ctx, -r.held) // that of dst
	r.held = int64(size)
	return grown, err
}
