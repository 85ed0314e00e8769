package sessionstore_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
)

// A tombstone lives as long as the session would have, but for a minute at least, and
// 30 days if the session would never expire.
func TestTombstoneLife(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]time.Duration{
		time.Second:      time.Minute,
		59 * time.Second: time.Minute,
		time.Minute:      time.Minute,
		time.Hour:        time.Hour,
		30 * day:         30 * day,
		60 * day:         60 * day,
		0:                30 * day,
	} {
		b := memory.New(memory.Options{})
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
		ref, err := s.Create(t.Context(), attributes("a"), left)
		require.NoError(t, err)
		require.NoError(t, s.Delete(t.Context(), ref.ID))
		item, err := b.Get(t.Context(), string(ref.ID))
		require.NoError(t, err)
		assert.True(t, item.Deleted)
		assert.Equal(t, want, item.ExpiresIn, left)
	}
}

// beforeSwap is a backend with another caller, who acts before a compare-and-swap.
type beforeSwap struct {
	backend.Backend

	mu  sync.Mutex
	act func()
}

func (b *beforeSwap) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	b.mu.Lock()
	act := b.act
	b.act = nil
	b.mu.Unlock()
	if act != nil {
		act()
	}
	return b.Backend.CompareAndSwap(ctx, key, item)
}

// A session that is deleted between reading and touching it stays deleted for as
// long as it would have lived, whatever time the touch asks for.
func TestTouchAgainstADeletion(t *testing.T) {
	t.Parallel()
	for _, ttl := range []time.Duration{time.Second, 10 * time.Minute, 40 * 24 * time.Hour} {
		b := &beforeSwap{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
		other := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
		ref, err := s.Create(t.Context(), attributes("a"), time.Hour)
		require.NoError(t, err)
		b.act = func() { require.NoError(t, other.Delete(t.Context(), ref.ID)) }
		_, err = s.Touch(t.Context(), ref.ID, ttl)
		require.ErrorIs(t, err, sessionstore.ErrDeleted)
		requireTombstone(t, b, ref.ID, time.Hour)
	}
}

// The same for a session that is touched because it was read.
func TestReadAgainstADeletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beforeSwap{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: 10 * time.Hour, Idle: time.Hour},
		})
		ref, err := s.Create(t.Context(), attributes("a"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		time.Sleep(50 * time.Minute) // ten minutes are left
		b.act = func() { require.NoError(t, s.Delete(t.Context(), ref.ID)) }
		_, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err, "it was read before it was deleted")
		requireTombstone(t, b, ref.ID, 10*time.Minute)
	})
}

func requireTombstone(t *testing.T, b backend.Backend, id sessionstore.ID, left time.Duration) {
	t.Helper()
	item, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	require.True(t, item.Deleted)
	require.InDelta(t, left, item.ExpiresIn, float64(time.Second))
}

// A session whose extension panics makes the call panic, not the process.
func TestPanicWhileExtending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beforeSwap{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: 10 * time.Hour, Idle: time.Hour},
		})
		var ids []sessionstore.ID
		for range 3 {
			ref, err := s.Create(t.Context(), attributes("a"), sessionstore.DefaultTTL)
			require.NoError(t, err)
			ids = append(ids, ref.ID)
		}
		time.Sleep(50 * time.Minute)
		b.act = func() { panic("bad item") }
		require.PanicsWithValue(t, "bad item", func() { _, _ = s.GetMany(t.Context(), ids) })
		sessions, err := s.GetMany(t.Context(), ids)
		require.NoError(t, err)
		assert.Len(t, sessions, 3)
	})
}
