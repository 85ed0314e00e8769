package memcached_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// right returns nil if a call had the outcome that it must have, or none.
func right(err, wanted error) error {
	if _, none := errors.AsType[*backend.UnavailableError](err); none || errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("%w instead of %w", err, wanted)
}

func rightContent(item backend.Item, err error, want string) error {
	if err == nil && string(item.Image) != want {
		return fmt.Errorf("got %q instead of %q", item.Image, want) //nolint:err113 // a test
	}
	return right(err, nil)
}

// answered are all commands, each with an outcome that is known: aa and bb are
// there, none is absent.
func answered(ctx context.Context, b *memcached.Backend) map[string]func() error {
	wrong := backend.Item{Image: []byte("wrong"), CAS: 1<<63 - 1}
	return map[string]func() error{
		"mg": func() error {
			item, err := b.Get(ctx, "aa")
			return rightContent(item, err, "alice")
		},
		"mg of another": func() error {
			item, err := b.Get(ctx, "bb")
			return rightContent(item, err, "bob")
		},
		"mg of none": func() error {
			_, err := b.Get(ctx, "none")
			return right(err, backend.ErrNotFound)
		},
		"many mg": func() error {
			items, err := b.GetMany(ctx, []string{"aa", "none", "bb"}, 100)
			if err != nil {
				return right(err, nil)
			}
			if len(items) != 2 {
				return fmt.Errorf("%d items", len(items)) //nolint:err113 // a test
			}
			return errors.Join(rightContent(items["aa"], nil, "alice"), rightContent(items["bb"], nil, "bob"))
		},
		"touch": func() error {
			item, err := b.Touch(ctx, "bb", time.Hour)
			return rightContent(item, err, "bob")
		},
		"touch of none": func() error {
			_, err := b.Touch(ctx, "none", time.Hour)
			return right(err, backend.ErrNotFound)
		},
		"add":         func() error { return right(b.Add(ctx, "aa", wrong), backend.ErrExists) },
		"cas":         func() error { return right(b.CompareAndSwap(ctx, "aa", wrong), backend.ErrConflict) },
		"cas of none": func() error { return right(b.CompareAndSwap(ctx, "none", wrong), backend.ErrNotFound) },
		"delete of none": func() error {
			// A repeated deletion cannot know whether the first has done it.
			if err := b.Delete(ctx, "none"); err != nil {
				return right(err, backend.ErrNotFound)
			}
			return nil
		},
		"append": func() error {
			_, _, err := b.Append(ctx, "list", backend.Item{Image: []byte("x")})
			return right(err, nil)
		},
		"add, then mg": func() error {
			then := &backend.Second{Key: "bb"}
			err := right(backend.StoreThen(ctx, b, "aa", wrong.InPlaceOf(backend.Item{}), then), backend.ErrExists)
			return errors.Join(err, rightContent(then.Item, then.Err, "bob"))
		},
		"cas, then mg": func() error {
			then := &backend.Second{Key: "bb"}
			err := right(backend.StoreThen(ctx, b, "aa", wrong, then), backend.ErrConflict)
			return errors.Join(err, rightContent(then.Item, then.Err, "bob"))
		},
		"cas of none, then mg of none": func() error {
			then := &backend.Second{Key: "nothing"}
			err := right(backend.StoreThen(ctx, b, "none", wrong, then), backend.ErrNotFound)
			return errors.Join(err, right(then.Err, backend.ErrNotFound))
		},
		"cas, then append": func() error {
			then := &backend.Second{Key: "list", Addition: &backend.Item{Image: []byte("x")}}
			err := right(backend.StoreThen(ctx, b, "aa", wrong, then), backend.ErrConflict)
			return errors.Join(err, right(then.Err, nil))
		},
		"mn": func() error { return right(b.Ping(ctx), nil) },
		"stats": func() error {
			for _, stat := range b.Stats(ctx)[0].Stats {
				if stat.Name == "pid" {
					return nil
				}
			}
			return right(b.Ping(ctx), nil)
		},
		"add and delete": func() error {
			err := b.Add(ctx, "new", backend.Item{Image: []byte("new"), ExpiresIn: time.Hour})
			if err == nil || backend.IsUnknown(err) {
				return right(b.Delete(ctx, "new"), nil)
			}
			return right(err, nil)
		},
	}
}

// overBoth runs a test with a pool of a server behind a proxy, with aa and bb: plainly
// and over TLS, with exchanges of their own and with shared ones.
func overBoth(t *testing.T, test func(t *testing.T, b *memcached.Backend, w *proxy)) {
	t.Helper()
	bothWays(t, func(t *testing.T, way func(memcached.Options) memcached.Options) {
		t.Helper()
		t.Run("plain", func(t *testing.T) {
			t.Parallel()
			b, w := openAnswered(t, way)
			test(t, b, w)
		})
		t.Run("TLS", func(t *testing.T) {
			t.Parallel()
			server, authority := memcachedtest.Start(t), certificatetest.NewAuthority(t, "authority")
			w := newSecuredProxy(t, server, authority)
			b := open(t, way(memcached.Options{Servers: []string{"tls:" + w.addr}, Connector: connector(t, connect.Options{CAFile: authority.CA()})}))
			require.NoError(t, b.Add(t.Context(), "warm", backend.Item{}))
			addAnswered(t, openOn(t, server))
			test(t, b, w)
		})
	})
}

// bothWays runs a test whose reads have exchanges of their own, and one whose reads
// share exchanges.
func bothWays(t *testing.T, test func(t *testing.T, way func(memcached.Options) memcached.Options)) {
	t.Helper()
	for name, way := range map[string]func(memcached.Options) memcached.Options{"alone": alone, "shared": memcached.SharedReads} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, way)
		})
	}
}

func alone(o memcached.Options) memcached.Options { return o }

// openAnswered returns a pool of a server behind a proxy, with aa and bb.
func openAnswered(t *testing.T, way func(memcached.Options) memcached.Options) (*memcached.Backend, *proxy) {
	t.Helper()
	b, w, direct := openProxied(t, way)
	addAnswered(t, direct)
	return b, w
}

func addAnswered(t *testing.T, direct *memcached.Backend) {
	t.Helper()
	for key, text := range map[string]string{"aa": "alice", "bb": "bob", "list": "x"} {
		require.NoError(t, direct.Add(t.Context(), key, backend.Item{Image: []byte(text), ExpiresIn: time.Hour}))
	}
}

// A server that sends an answer twice at once deceives no command.
func TestAnswerTwice(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, b *memcached.Backend, w *proxy) {
		t.Helper()
		at := new(time.Duration)
		for name, call := range answered(t.Context(), b) {
			for next, then := range answered(t.Context(), b) {
				w.twice.Store(at)
				require.NoError(t, call(), name)
				require.Nil(t, w.twice.Load(), name)
				require.NoError(t, then(), "%s after %s", next, name)
			}
		}
	})
}

// A surplus answer that comes late gives nobody the item of another. It can
// deceive no read that finds an item, whenever it comes.
func TestLateAnswerTwice(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, b *memcached.Backend, w *proxy) {
		t.Helper()
		calls := answered(t.Context(), b)
		for name, call := range calls {
			for i := range 20 {
				late := time.Duration(1+i*100) * time.Microsecond
				w.twice.Store(&late)
				// The surplus answer of the round before may come between the look at
				// the connection and the answer: then the item is added after the
				// delete.
				if err := call(); name != "add and delete" {
					require.NoError(t, err, name)
				}
				for range 10 {
					require.NoError(t, calls["mg"](), "after %s", name)
					require.NoError(t, calls["mg of another"](), "after %s", name)
				}
			}
		}
	})
}

// Once a surplus answer is there, it deceives no write.
func TestWriteAfterLateAnswer(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, b *memcached.Backend, w *proxy) {
		t.Helper()
		for text, writes := range map[string][]string{
			"STORED\r\n":  {"add", "cas", "cas of none"},
			"DELETED\r\n": {"delete of none"},
			"HD\r\n":      {"append", "touch", "touch of none"},
		} {
			for _, name := range writes {
				call := answered(t.Context(), b)[name]
				require.NoError(t, b.Ping(t.Context()))
				before := w.connections()
				w.inject(t, text)
				require.Eventually(t, func() bool {
					assert.NoError(t, call(), "%s after %q", name, text)
					return w.connections() > before
				}, ample, 10*time.Millisecond)
			}
		}
	})
}

// A write whose answer has another behind it is looked up: either may be its
// own.
func TestWriteWithTwoAnswers(t *testing.T) {
	t.Parallel()
	b, w := openAnswered(t, alone)
	ctx := t.Context()
	for _, forged := range []string{"STORED\r\nEXISTS\r\n", "STORED\r\nNOT_STORED\r\n"} {
		w.forge.Store(&forged)
		require.True(t, indeterminate(b.Add(ctx, "aa", backend.Item{Image: []byte("wrong")})))
		w.forge.Store(&forged)
		require.True(t, indeterminate(b.CompareAndSwap(ctx, "aa", backend.Item{Image: []byte("wrong"), CAS: 1})))
	}
	item, err := b.Get(ctx, "aa")
	require.NoError(t, err)
	require.Equal(t, "alice", string(item.Image))

	stored := "STORED\r\nSTORED\r\n"
	w.forge.Store(&stored)
	item.Image = []byte("new")
	require.NoError(t, b.CompareAndSwap(ctx, "aa", item))
}

// An answer with the item of another key is no answer.
func TestAnswerOfAnotherKey(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	b := open(t, memcached.Options{Servers: []string{w.addr}, MaxIdleConns: -1})
	ctx := t.Context()
	for forged, call := range map[string]func() error{
		"VA 3 f0 c1 t5 kbb\r\nbob\r\n":         func() error { _, err := b.Get(ctx, "aa"); return err },
		"EN kbb\r\n":                           func() error { _, err := b.Get(ctx, "aa"); return err },
		"VA 3 f0 c1 t5 kbb\r\nbob\r\nMN\r\n":   func() error { _, err := b.GetMany(ctx, []string{"aa"}, 9); return err },
		"VA 3 f0 c1 t5 kbb\r\nbob\r\nHD\r\n":   func() error { _, err := b.Touch(ctx, "aa", time.Hour); return err },
		"VA 3 f0 c1 t5 kaa\r\nbob\r\nMN\r\n":   func() error { _, err := b.Touch(ctx, "aa", time.Hour); return err },
		"VA 3 f0 c1 t5 kaa 1\r\nbob\r\nMN\r\n": func() error { _, err := b.GetMany(ctx, []string{"bb"}, 9); return err },
	} {
		w.forge.Store(&forged)
		unavailable(t, call(), "a memcached server answered something unexpected")
	}
}

// An answer to a store is not believed if the answer behind it belongs to no command.
func TestAnswerOfAnotherKeyBehindAStore(t *testing.T) {
	t.Parallel()
	b, w := openAnswered(t, alone)
	for _, forged := range []string{"STORED\r\nVA 3 f0 c1 t5 kbb\r\nbob\r\n", "STORED\r\nHD\r\nHD s1 f0 c1 t5 kbb\r\n"} {
		for _, addition := range []*backend.Item{nil, {Image: []byte("x")}} {
			then := &backend.Second{Key: "list", Addition: addition}
			w.forge.Store(&forged)
			require.True(t, indeterminate(backend.StoreThen(t.Context(), b, "aa", backend.Item{Image: []byte("wrong"), CAS: 1}, then)), forged)
			require.ErrorAs(t, then.Err, new(*backend.UnavailableError))
			item, err := b.Get(t.Context(), "aa")
			require.NoError(t, err)
			require.Equal(t, "alice", string(item.Image))
		}
	}
}

// A session goes to the caller who asked for it, or to nobody.
func TestSessionsKeepTheirCallers(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	w := newProxy(t, server)
	s := storeOn(t, memcached.Options{Servers: []string{w.addr}}, sessionstore.Options{})
	users := map[string]string{"aa": "alice", "bb": "bob", "cc": "carol"}
	for id, uid := range users {
		setUser(t, s, uid, id)
	}
	for i := range 100 {
		late := time.Duration(i%10) * 300 * time.Microsecond
		w.twice.Store(&late)
		for id, uid := range users {
			session, err := s.Get(t.Context(), sessionstore.ID(id))
			if err != nil {
				requireUnavailable(t, err, "Get")
				continue
			}
			got, _ := session.Attributes.Get("uid")
			require.Equal(t, uid, got.Str())
		}
	}
}
