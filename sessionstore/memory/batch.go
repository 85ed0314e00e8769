package memory

import (
	"context"
	"errors"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// GetMany returns the items under keys, by key.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	items := make(map[string]backend.Item, len(keys))
	var total int64
	for _, key := range keys {
		if _, known := items[key]; known {
			continue
		}
		item, err := b.Get(ctx, key)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if total += int64(len(item.Image)); total > maxBytes {
			return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
		}
		items[key] = item
	}
	return items, nil
}

// Append appends to the image under key, or stores the item if there is none.
func (b *Backend) Append(ctx context.Context, key string, item backend.Item) (backend.Item, int64, error) {
	s, err := b.open(ctx, key)
	if err != nil {
		return backend.Item{}, 0, err
	}
	defer s.mu.Unlock()
	now := b.now()
	longer := item
	if e := s.find(key, now); e != nil {
		longer = e.item
		longer.Image = slices.Concat(e.item.Image, item.Image)
		if longer.ExpiresIn != 0 {
			longer.ExpiresIn = longerLife(e.expires-now, item.ExpiresIn)
		}
	}
	if err := b.checkSize(key, longer); err != nil {
		return backend.Item{}, 0, err
	}
	s.replace(key, longer, now)
	after := s.entries[key].read(now)
	size := int64(len(after.Image))
	after.Image = nil
	return after, size, b.notify(key, nil)
}

// longerLife returns the longer of the time left and the time to live wanted,
// which may be 0: never expires.
func longerLife(left, wanted time.Duration) time.Duration {
	if wanted == 0 {
		return 0
	}
	return max(left, wanted)
}
