package memcached

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore"
)

// GetMany returns the items under keys, by key.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]sessionstore.Item, error) {
	items := make(map[string]sessionstore.Item, len(keys))
	var total int64
	for _, key := range keys {
		item, err := b.Get(ctx, key)
		switch {
		case errors.Is(err, sessionstore.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		if total += int64(len(item.Image)); total > maxBytes {
			return nil, &sessionstore.TooLargeError{Limit: maxBytes, Actual: total}
		}
		items[key] = item
	}
	return items, nil
}

// maxAppends bounds how often an append is tried when others come between. It
// is more than there are processes that append to one item at a moment.
const maxAppends = 1000

// Append appends to the item under key, or stores it.
func (b *Backend) Append(ctx context.Context, key string, item sessionstore.Item) (sessionstore.Item, int64, error) {
	for range maxAppends {
		present, err := b.Get(ctx, key)
		switch {
		case errors.Is(err, sessionstore.ErrNotFound):
			err = b.Add(ctx, key, item)
			present = item
		case err == nil:
			present.Image = append(present.Image, item.Image...)
			if present.ExpiresIn != 0 && (item.ExpiresIn == 0 || item.ExpiresIn > present.ExpiresIn) {
				present.ExpiresIn = item.ExpiresIn
			}
			err = b.CompareAndSwap(ctx, key, present)
		}
		if errors.Is(err, sessionstore.ErrExists) || errors.Is(err, sessionstore.ErrConflict) || errors.Is(err, sessionstore.ErrNotFound) {
			continue
		}
		size := int64(len(present.Image))
		present.Image = nil
		return present, size, err
	}
	return sessionstore.Item{}, 0, sessionstore.Unavailable("others changed the item all the time", sessionstore.ErrConflict)
}
