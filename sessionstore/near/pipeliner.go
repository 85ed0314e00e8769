package near

import (
	"context"

	"memcachedsoap/sessionstore/backend"
)

var _ backend.Pipeliner = (*Backend)(nil)

// Together says whether the origin makes two calls in one exchange.
func (b *Backend) Together(key, other string) bool {
	p, ok := b.Backend.(backend.Pipeliner)
	return ok && p.Together(key, other)
}

// StoreThen stores an item at the origin and makes a second call behind it. The near
// cache takes each of them as if it were alone.
func (b *Backend) StoreThen(ctx context.Context, key string, item backend.Item, then *backend.Second) error {
	return b.write(ctx, key, item, func(ctx context.Context, key string, item backend.Item) (err error) {
		if then.Addition != nil {
			defer b.dropAfterWrite(ctx, then.Key)
			return backend.StoreThen(ctx, b.Backend, key, item, then)
		}
		_, _ = b.read(ctx, then.Key, func() (backend.Item, error) {
			err = backend.StoreThen(ctx, b.Backend, key, item, then)
			return then.Item, then.Err
		}) // as then has it
		return err
	})
}
