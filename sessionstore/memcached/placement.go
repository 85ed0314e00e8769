package memcached

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/selector"
)

// calls are what a Backend does with one key, which has its prefix. See
// [backend.Backend] for what each does.
type calls interface {
	get(ctx context.Context, key string) (backend.Item, error)
	add(ctx context.Context, key string, item backend.Item) error
	compareAndSwap(ctx context.Context, key string, item backend.Item) error
	append(ctx context.Context, key string, item backend.Item) (after backend.Item, size int64, err error)
	touch(ctx context.Context, key string, expiresIn time.Duration) (backend.Item, error)
	delete(ctx context.Context, key string) error
}

// placement says which servers a key's calls go to.
type placement interface {
	// place returns the calls for a key, which has no prefix.
	place(key string) calls
	// getMany reads the items of several keys into m.
	getMany(ctx context.Context, keys []prefixedKey, m *batch) error
	// available returns nil if sessions can be kept, given how each server has
	// failed to answer.
	available(failures []error) error
	// moves says whether a key may be on other servers than its own.
	moves() bool
}

// prefixedKey is a key without and with its prefix.
type prefixedKey struct{ bare, prefixed string }

// fixed is the placement of a pool without failover: each key has one server.
type fixed struct {
	selector *selector.Selector
	servers  []*server
}

func (f fixed) place(key string) calls { return sharing{f.servers[f.selector.Pick(key)]} } //nolint:ireturn // as placement has it

// getMany asks for all keys of one server in one exchange, and all servers at
// the same time.
func (f fixed) getMany(ctx context.Context, keys []prefixedKey, m *batch) error {
	byServer := make([][]string, len(f.servers))
	for _, k := range keys {
		i := f.selector.Pick(k.bare)
		byServer[i] = append(byServer[i], k.prefixed)
	}
	failures := make([]error, len(f.servers))
	each(len(f.servers), func(i int) {
		if len(byServer[i]) > 0 {
			failures[i] = f.servers[i].getMany(ctx, byServer[i], m)
		}
	})
	return first(failures)
}

func (fixed) available(failures []error) error { return first(failures) }

func (fixed) moves() bool { return false }

// first returns the first error that is not nil.
func first(failures []error) error {
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}
