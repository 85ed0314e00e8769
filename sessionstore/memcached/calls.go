package memcached

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// The calls of a Backend, on one server. Keys are as on the wire.

func (s *server) get(ctx context.Context, key string) (backend.Item, error) {
	var item backend.Item
	err := s.do(ctx, reading, func(c *conn, _ bool) (err error) {
		item, err = c.get(key)
		return err
	})
	return item, err
}

func (s *server) add(ctx context.Context, key string, item backend.Item) error {
	return s.do(ctx, writing, func(c *conn, again bool) error {
		err := c.add(key, item)
		if again && errors.Is(err, backend.ErrExists) {
			return c.afterLostAnswer(key, item, err)
		}
		return err
	})
}

func (s *server) compareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return s.do(ctx, writing, func(c *conn, again bool) error {
		err := c.compareAndSwap(key, item)
		if again && errors.Is(err, backend.ErrConflict) {
			return c.afterLostAnswer(key, item, err)
		}
		return err
	})
}

func (s *server) touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	var item backend.Item
	err := s.do(ctx, writing, func(c *conn, _ bool) (err error) {
		item, err = c.touch(key, expiresIn)
		return err
	})
	return item, err
}

func (s *server) delete(ctx context.Context, key string) error {
	return s.do(ctx, writing, func(c *conn, again bool) error {
		err := c.delete(key)
		if again && errors.Is(err, backend.ErrNotFound) {
			return nil // removed by the first try, for all that can be known
		}
		return err
	})
}
