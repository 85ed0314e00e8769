package sessionstore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// swapping is a backend whose CompareAndSwap is preceded by what before does, and
// fails with what that returns.
type swapping struct {
	backend.Backend

	before func() error
	swaps  atomic.Int64
}

func (b *swapping) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	b.swaps.Add(1)
	if b.before != nil {
		act := b.before
		b.before = nil
		if err := act(); err != nil {
			return err
		}
	}
	return b.Backend.CompareAndSwap(ctx, key, item)
}

func metric(t *testing.T, s *sessionstore.Store, name string) float64 {
	t.Helper()
	for _, m := range s.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	require.Fail(t, "no figure", name)
	return 0
}

// A reader gets the session whether its life could be extended or not.
func TestFailedExtensionsDoNotFailReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &swapping{Backend: memory.New(memory.Options{})}
		var told []sessionstore.ID
		away := backend.Unavailable("the server is away", nil)
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: 1000 * time.Second, Idle: 100 * time.Second},
			ExtensionFailed: func(_ context.Context, id sessionstore.ID, err error) {
				assert.ErrorIs(t, err, away)
				told = append(told, id)
			},
		})
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		time.Sleep(50 * time.Second)

		b.before = func() error { return away }
		session, err := s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.Equal(t, 50*time.Second, session.ExpiresIn, "as it was")
		b.before = func() error { return away }
		many, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
		require.NoError(t, err)
		require.Equal(t, 50*time.Second, many[0].ExpiresIn)
		require.Equal(t, []sessionstore.ID{ref.ID, ref.ID}, told)
		require.InDelta(t, 2, metric(t, s, "idle_extension_failures_total"), 0)
		require.Zero(t, metric(t, s, "idle_extensions_total"))

		// A session that has expired meanwhile is no failure.
		b.before = func() error { return backend.ErrNotFound }
		_, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.InDelta(t, 2, metric(t, s, "idle_extension_failures_total"), 0)

		session, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.Equal(t, 100*time.Second, session.ExpiresIn)
		require.InDelta(t, 1, metric(t, s, "idle_extensions_total"), 0)
	})
}

// A session that is deleted while it is read stays deleted, and reading does not
// extend its tombstone.
func TestExtensionsLeaveTombstones(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &swapping{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: 10 * time.Hour, Idle: time.Hour},
		})
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		time.Sleep(50 * time.Minute)
		b.before = func() error { return s.Delete(t.Context(), ref.ID) }
		_, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err, "it was read before it was deleted")
		_, err = s.Get(t.Context(), ref.ID)
		require.ErrorIs(t, err, backend.ErrNotFound)
		item, err := b.Get(t.Context(), string(ref.ID))
		require.NoError(t, err)
		require.True(t, item.Deleted)
		require.InDelta(t, 10*time.Minute, item.ExpiresIn, float64(time.Second))
		require.Zero(t, metric(t, s, "idle_extensions_total"))
	})
}

// Neither reading nor touching extends an item beyond an end that another writer
// has set meanwhile: programs that do not know the end read it too.
func TestExtensionsKeepAnEndThatIsSetMeanwhile(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(context.Context, *sessionstore.Store, sessionstore.ID) error{
		"get": func(ctx context.Context, s *sessionstore.Store, id sessionstore.ID) error {
			_, err := s.Get(ctx, id)
			return err
		},
		"touch": func(ctx context.Context, s *sessionstore.Store, id sessionstore.ID) error {
			ref, err := s.Touch(ctx, id, sessionstore.DefaultTTL)
			if err == nil && (ref.ExpiresIn > 10*time.Second || ref.ExpiresIn < 9*time.Second) {
				return errors.New("it ends in " + ref.ExpiresIn.String())
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &swapping{Backend: memory.New(memory.Options{})}
				s, other := idling(b), idling(b)
				defer s.Close()
				ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
				require.NoError(t, err)
				time.Sleep(50 * time.Second)
				b.before = func() error {
					_, err := other.Update(t.Context(), ref.ID, sessionstore.Change{}, 10*time.Second)
					return err
				}
				require.NoError(t, use(t.Context(), s, ref.ID))
				item, err := b.Get(t.Context(), string(ref.ID))
				require.NoError(t, err)
				require.InDelta(t, 10*time.Second, item.ExpiresIn, float64(time.Second))
			})
		})
	}
}

// Many sessions that are read in one call are extended, each once.
func TestExtensionsOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &swapping{Backend: memory.New(memory.Options{})}
		s := idling(b)
		defer s.Close()
		var ids []sessionstore.ID
		for range 100 {
			ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
			require.NoError(t, err)
			ids = append(ids, ref.ID, ref.ID)
		}
		time.Sleep(20 * time.Second)
		b.swaps.Store(0)
		_, err := s.GetMany(t.Context(), ids)
		require.NoError(t, err)
		require.Zero(t, b.swaps.Load(), "it is not worth a write yet")
		time.Sleep(30 * time.Second)
		_, err = s.Find(t.Context(), "", "dwho")
		require.NoError(t, err)
		require.Zero(t, b.swaps.Load(), "finding is no use of a session")
		sessions, err := s.GetMany(t.Context(), ids)
		require.NoError(t, err)
		require.Len(t, sessions, len(ids))
		for i, session := range sessions {
			require.Equal(t, ids[i], session.ID)
			require.Equal(t, 100*time.Second, session.ExpiresIn)
		}
		require.Equal(t, int64(100), b.swaps.Load())
	})
}

// A session beyond its end is absent for conditions too, also if another program
// has extended its item.
func TestConditionsOfAnEndedSession(t *testing.T) {
	t.Parallel()
	for name, cond := range map[string]func(version string) sessionstore.If{
		"exists":  func(string) sessionstore.If { return sessionstore.If{Exists: true} },
		"version": func(version string) sessionstore.If { return sessionstore.If{Version: version} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := memory.New(memory.Options{})
				s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
					Lifetimes: sessionstore.Lifetimes{Default: 1000 * time.Second, Idle: 100 * time.Second},
				})
				defer s.Close()
				ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
				require.NoError(t, err)
				_, err = s.Replace(t.Context(), ref.ID, uidOf("dwho"), 500*time.Second, cond(ref.Version))
				require.NoError(t, err)
				session, err := s.Get(t.Context(), ref.ID)
				require.NoError(t, err)
				_, err = b.Touch(t.Context(), string(ref.ID), 0)
				require.NoError(t, err)
				time.Sleep(501 * time.Second)
				_, err = s.Replace(t.Context(), ref.ID, uidOf("dwho"), sessionstore.DefaultTTL, cond(session.Version))
				require.ErrorIs(t, err, backend.ErrNotFound)
				_, err = s.Replace(t.Context(), ref.ID, uidOf("dwho"), sessionstore.DefaultTTL, sessionstore.If{})
				require.NoError(t, err, "without a condition a new session begins")
			})
		})
	}
}

// When the longest life is lowered, it limits the end of sessions that change.
func TestChangesCutTheEndToTheLongest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		before := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Idle: 100 * time.Second}})
		ref, err := before.Create(t.Context(), nil, sessionstore.DefaultTTL)
		require.NoError(t, err)
		session, err := before.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		v, _ := session.Attributes.Get(sessionstore.EndAttribute)
		require.Equal(t, perldata.IntOf(0), v, "it never expires")

		s := idling(b)
		defer s.Close()
		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		session, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		within(t, 2000*time.Second, end(t, session))
	})
}

// Without an idle timeout and a lifetime the store adds no attribute of its own, and takes
// no end from its callers.
func TestNoEndWithoutAnIdleTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &swapping{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: 100 * time.Second}})
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		item, err := b.Get(t.Context(), string(ref.ID))
		require.NoError(t, err)
		plain := uidOf("dwho")
		plain.Set(sessionstore.IDAttribute, perldata.BytesOf(string(ref.ID)))
		image, err := storable.Codec{}.Append(nil, plain)
		require.NoError(t, err)
		require.Equal(t, image, item.Image)

		mine := perldata.NewHash(1)
		mine.Set(sessionstore.EndAttribute, perldata.IntOf(1)) // long ago
		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: mine}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		b.swaps.Store(0)
		time.Sleep(90 * time.Second)
		session, err := s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, session.ExpiresIn)
		_, has := session.Attributes.Get(sessionstore.EndAttribute)
		require.False(t, has)
		require.Zero(t, b.swaps.Load())
	})
}
