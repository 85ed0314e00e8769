package sessionstore_test

import (
	"context"
	"errors"
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

// keyOfDwho is what Perl's md5_hex("dwho") returns.
const keyOfDwho = "5efe8af397fc3577e05b483aca964f1b"

// failures are the sessions whose index a store could not keep.
type failures struct {
	ids  []sessionstore.ID
	errs []error
}

func newIndexing() (*intruded, *sessionstore.Store, *failures) {
	b := &intruded{Backend: memory.New(memory.Options{})}
	f := &failures{}
	return b, sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid"},
		IndexFailed: func(_ context.Context, id sessionstore.ID, err error) {
			f.ids, f.errs = append(f.ids, id), append(f.errs, err)
		},
	}), f
}

func dwho() *perldata.Hash {
	h := perldata.NewHash(2)
	h.Set("uid", perldata.TextOf("dwho"))
	return h
}

func pointed(t *testing.T, b backend.Backend) sessionstore.ID {
	t.Helper()
	item, err := b.Get(t.Context(), keyOfDwho)
	require.NoError(t, err)
	return sessionstore.ID(item.Image)
}

// point makes the lookup key lead to a session, past the store.
func point(t *testing.T, b *intruded, id string) {
	t.Helper()
	_ = b.Delete(t.Context(), keyOfDwho) // it may be absent
	require.NoError(t, b.Backend.Add(t.Context(), keyOfDwho, backend.Item{Image: []byte(id)}))
}

// Another login of the same user comes between the look at the key and its
// deletion: the key is that login's.
func TestDeleteLeavesTheLookupKeyOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, failed := newIndexing()
		ref, err := s.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		require.Equal(t, ref.ID, pointed(t, b))
		b.beforeCAS = func(key string) {
			if key == keyOfDwho {
				point(t, b, "abc")
			}
		}
		require.NoError(t, s.Delete(t.Context(), ref.ID))
		assert.Equal(t, 2, b.swaps, "of the session and of the key")
		assert.EqualValues(t, "abc", pointed(t, b))
		assert.Empty(t, failed.errs)
	})
}

func TestTouchLeavesTheLookupKeyOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, failed := newIndexing()
		ref, err := s.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		b.beforeCAS = func(string) { point(t, b, "abc") }
		_, err = s.Touch(t.Context(), ref.ID, time.Minute)
		require.NoError(t, err)
		item, err := b.Get(t.Context(), keyOfDwho)
		require.NoError(t, err)
		assert.Equal(t, "abc", string(item.Image))
		assert.Zero(t, item.ExpiresIn)
		assert.Empty(t, failed.errs)
	})
}

func TestCreateClaimsTheLookupKeyFromAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, failed := newIndexing()
		b.beforeAdd = func(key string) {
			if key == keyOfDwho {
				point(t, b, "abc")
			}
		}
		b.beforeCAS = func(string) {
			if b.swaps < 3 {
				point(t, b, "def")
			}
		}
		ref, err := s.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		assert.Equal(t, 3, b.swaps)
		assert.Equal(t, ref.ID, pointed(t, b))
		assert.Empty(t, failed.errs)
	})
}

// The session counts, not its lookup key.
func TestLookupKeyFailureIsToldAndNoFailureOfTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, failed := newIndexing()
		point(t, b, "abc")
		b.beforeCAS = func(key string) {
			if key == keyOfDwho {
				point(t, b, "def")
			}
		}
		ref, err := s.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		_, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		assert.Equal(t, []sessionstore.ID{ref.ID}, failed.ids)
		require.Len(t, failed.errs, 1)
		require.ErrorIs(t, failed.errs[0], backend.ErrConflict)
		assert.Greater(t, b.swaps, 1, "retried")
	})
}

// withoutServer is a backend without one server.
type withoutServer struct {
	backend.Backend
	has func(key string) bool
}

var errDown = errors.New("down")

func (b withoutServer) Get(ctx context.Context, key string) (backend.Item, error) {
	if b.has(key) {
		return backend.Item{}, backend.Unavailable("it is down", errDown)
	}
	return b.Backend.Get(ctx, key)
}

func TestLookupKeyOnADeadServer(t *testing.T) {
	t.Parallel()
	b := withoutServer{memory.New(memory.Options{}), func(key string) bool { return key == keyOfDwho }}
	var told []error
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { told = append(told, err) },
	})
	silent := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	for i, store := range []*sessionstore.Store{s, silent} {
		ref, err := store.Create(t.Context(), dwho(), time.Hour)
		require.NoError(t, err)
		_, err = store.Replace(t.Context(), ref.ID, dwho(), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		_, err = store.Touch(t.Context(), ref.ID, time.Hour)
		require.NoError(t, err)
		require.NoError(t, store.Delete(t.Context(), ref.ID))
		_, err = store.Get(t.Context(), ref.ID)
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.Len(t, told, 4, i)
	}
	for _, err := range told {
		require.ErrorIs(t, err, errDown)
	}
}

// What was not stored has no lookup key.
func TestNoLookupKeyForWhatWasNotStored(t *testing.T) {
	t.Parallel()
	b, s, _ := newIndexing()
	h := dwho()
	h.Set("large", perldata.BytesOf(make([]byte, 2<<20)))
	_, err := s.Create(t.Context(), h, time.Hour)
	var tooLarge *backend.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	_, err = s.Replace(t.Context(), "abc", h, time.Hour, sessionstore.If{})
	require.ErrorAs(t, err, &tooLarge)
	_, err = b.Get(t.Context(), keyOfDwho)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

func BenchmarkStoreReplaceWithPrincipal(b *testing.B) {
	s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{Principals: []string{"attribute0"}})
	h := common()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Replace(b.Context(), "abc", h, time.Hour, sessionstore.If{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Sessions are found and deleted whatever their size, alone and together.
func TestFindLargeSessions(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{MaxBytes: 256 << 20})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	var ids []sessionstore.ID
	for i := range 41 {
		h := dwho()
		h.Set("blob", perldata.BytesOf(make([]byte, 1000+i%2*1_000_000)))
		ref, err := s.Create(t.Context(), h, time.Hour)
		require.NoError(t, err)
		ids = append(ids, ref.ID)
	}
	found, err := s.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, ids, found)
	deleted, err := s.DeleteAll(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, ids, deleted)
	found, err = s.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Empty(t, found)
}

// A call that ends deletes no further sessions, and says how far it came.
func TestDeleteAllEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b, s, _ := newIndexing()
	for range 10 {
		_, err := s.Create(ctx, dwho(), time.Hour)
		require.NoError(t, err)
	}
	swaps := b.swaps
	b.beforeCAS = func(key string) {
		if b.swaps > swaps+4 && key != keyOfDwho {
			cancel()
		}
	}
	deleted, err := s.DeleteAll(ctx, "uid", "dwho")
	require.ErrorIs(t, err, context.Canceled)
	assert.NotEmpty(t, deleted)
	assert.Less(t, len(deleted), 10)
	b.beforeCAS = nil
	left, err := s.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Len(t, left, 10-len(deleted))
}
