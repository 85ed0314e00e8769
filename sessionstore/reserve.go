package sessionstore

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

// memory asks for the memory of one session before it is taken.
type memory struct {
	ctx     context.Context //nolint:containedctx // of the call that takes it
	reserve func(ctx context.Context, n int64) error
	refused error // of reserve
}

// take is called before n bytes are taken, or given back if n is negative.
func (m *memory) take(n int64) error {
	if m.reserve == nil {
		return nil
	}
	if err := m.reserve(m.ctx, n); err != nil && n > 0 {
		m.refused = err
	}
	return m.refused
}

// largeReads lets few large sessions be read at the same time.
type largeReads chan struct{}

// Reading a session of largeImage bytes takes at most 2 MiB.
const (
	largeImage    = 8 << 10
	maxLargeReads = 2
)

// enter waits until the item may be read. The caller calls leave afterwards, soon:
// reading waits for nothing.
func (l largeReads) enter(item backend.Item) (leave func()) {
	if len(item.Image) <= largeImage && !isCompressed(item) {
		return func() {}
	}
	l <- struct{}{}
	return func() { <-l }
}

// What a byte of an image takes in memory besides the values: itself, and its new
// image while that grows.
const perImageByte = 3

// maxRatio is the greatest ratio of sizes that DEFLATE reaches.
const maxRatio = 1032

// imageOf is [imageOf] within bounds of memory. How long a compressed image becomes
// is not known before.
func (m *memory) imageOf(id ID, item backend.Item) ([]byte, error) {
	atMost := int64(0)
	if item.Flags&gzipFlag != 0 {
		atMost = 2 * min(maxRatio*int64(len(item.Image)), maxInflated+1)
		if err := m.take(atMost); err != nil {
			return nil, err
		}
	}
	image, err := imageOf(id, item)
	if err != nil {
		return nil, err
	}
	return image, m.take(perImageByte*int64(len(image)) - atMost)
}
