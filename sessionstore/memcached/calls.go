package memcached

import (
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// runner runs commands on a server.
type runner interface {
	do(ctx context.Context, o operation, run command) error
}

// serverCalls are the calls on one server.
type serverCalls struct{ runner }

var _ calls = serverCalls{}

func (s serverCalls) ping(ctx context.Context) error {
	return s.do(ctx, opPing, func(c *conn, _ bool) error { return c.ping() })
}

func (s serverCalls) get(ctx context.Context, key string) (backend.Item, error) {
	var item backend.Item
	err := s.do(ctx, opGet, func(c *conn, _ bool) (err error) {
		item, err = c.get(key)
		return err
	})
	return item, err
}

func (s serverCalls) add(ctx context.Context, key string, item backend.Item) error {
	item.CAS = 0
	return s.do(ctx, opAdd, func(c *conn, again bool) error { return c.storeItem(key, item, again) })
}

func (s serverCalls) compareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return s.do(ctx, opCompareAndSwap, func(c *conn, again bool) error {
		err := c.compareAndSwap(key, item)
		if again && errors.Is(err, backend.ErrConflict) {
			return c.afterLostAnswer(key, item, err)
		}
		return err
	})
}

func (s serverCalls) append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error) {
	err = s.do(ctx, opAppend, func(c *conn, _ bool) (err error) {
		after, size, err = c.append(key, item)
		return err
	})
	return after, size, err
}

func (s serverCalls) touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error) {
	var item backend.Item
	err := s.do(ctx, opTouch, func(c *conn, _ bool) (err error) {
		item, err = c.touch(key, expiresIn)
		return err
	})
	return item, err
}

func (s serverCalls) delete(ctx context.Context, key string) error {
	return s.do(ctx, opDelete, func(c *conn, again bool) error {
		err := c.delete(key)
		if again && errors.Is(err, backend.ErrNotFound) {
			return nil // as far as we can know, the first try has removed it
		}
		return err
	})
}

// deleteUnchanged deletes the item if it still has the CAS number.
func (s serverCalls) deleteUnchanged(ctx context.Context, key string, cas uint64) error {
	return s.do(ctx, opDelete, func(c *conn, again bool) error {
		err := c.deleteUnchanged(key, cas)
		if again && errors.Is(err, backend.ErrNotFound) {
			return nil // the first try has removed it
		}
		return err
	})
}
