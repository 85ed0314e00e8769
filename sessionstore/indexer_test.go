package sessionstore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// shared is a store with an indexer, and a program that stores past it.
type shared struct {
	*testing.T

	store *sessionstore.Store
	pool  *memory.Backend
}

func newShared(t *testing.T) shared {
	t.Helper()
	pool := memory.New(memory.Options{})
	s := sessionstore.NewStore(pool, storable.Codec{}, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { assert.NoError(t, err) },
	})
	indexer := s.NewIndexer(pool)
	t.Cleanup(func() {
		indexer.Close()
		require.NoError(t, s.Close())
	})
	_, err := pool.Follow(indexer.Follower())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.IndexStates()[0].Complete }, time.Minute, 10*time.Millisecond)
	return shared{t, s, pool}
}

func (s shared) put(key, uid string, expiresIn time.Duration) {
	s.Helper()
	h := perldata.NewHash(1)
	h.Set("uid", perldata.TextOf(uid))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(s, err)
	item := backend.Item{Image: image, Flags: 1, ExpiresIn: expiresIn}
	if present, err := s.pool.Get(s.Context(), key); err == nil {
		item.CAS = present.CAS
		require.NoError(s, s.pool.CompareAndSwap(s.Context(), key, item))
		return
	}
	require.NoError(s, s.pool.Add(s.Context(), key, item))
}

// sessions returns those of dwho.
func (s shared) sessions() []sessionstore.ID {
	s.Helper()
	ids, err := s.store.Find(s.Context(), "", "dwho")
	require.NoError(s, err)
	return ids
}

func (s shared) metric(name string) int {
	s.Helper()
	return metricOf(s, s.store, name)
}

func metricOf(tb testing.TB, s *sessionstore.Store, name string) int {
	tb.Helper()
	for _, m := range s.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(tb, "no "+name)
	return 0
}

// Sessions of other programs are found at once, and cost the list one entry until
// they live longer than it says.
func TestSessionsOfOthersAreFound(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.put("ab12", "dwho", time.Hour)
	s.put("cd34", "dwho", time.Hour)
	s.put("ef56", "other", time.Hour)
	assert.ElementsMatch(t, []sessionstore.ID{"ab12", "cd34"}, s.sessions())
	assert.Equal(t, 3, s.metric("index_foreign_total"))

	s.put("ab12", "dwho", time.Hour+10*time.Minute)
	assert.Len(t, s.sessions(), 2)
	assert.Equal(t, 3, s.metric("index_foreign_total"), "the entry lasts a quarter longer")
	s.put("ab12", "dwho", 2*time.Hour)
	assert.Len(t, s.sessions(), 2)
	assert.Equal(t, 4, s.metric("index_foreign_total"))
	s.put("ab12", "other", time.Hour)
	assert.Equal(t, []sessionstore.ID{"cd34"}, s.sessions())
	assert.Zero(t, s.metric("index_scans_total"))
	assert.Equal(t, 1, s.metric("index_complete"))
}

// The store enters its own sessions, and no indexer looks at them.
func TestOwnSessionsAreEnteredOnce(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	ref, err := s.store.Create(t.Context(), dwho(), time.Hour)
	require.NoError(t, err)
	_, err = s.store.Update(t.Context(), ref.ID, sessionstore.Change{Set: attributes("1")}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	_, err = s.store.Touch(t.Context(), ref.ID, time.Hour)
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{ref.ID}, s.sessions())
	deleted, err := s.store.DeleteAll(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{ref.ID}, deleted)
	assert.Empty(t, s.sessions())
	assert.Zero(t, s.metric("index_foreign_total"))
	assert.Zero(t, s.metric("index_scans_total"))
}

// recorded remembers which items were read together.
type recorded struct {
	*memory.Backend

	mu      sync.Mutex
	batches [][]string
}

func (r *recorded) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	r.mu.Lock()
	r.batches = append(r.batches, slices.Clone(keys))
	r.mu.Unlock()
	return r.Backend.GetMany(ctx, keys, maxBytes)
}

// of returns the reads of an item, and forgets all.
func (r *recorded) of(id sessionstore.ID) (batches [][]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, keys := range r.batches {
		if slices.Contains(keys, string(id)) {
			batches = append(batches, keys)
		}
	}
	r.batches = nil
	return batches
}

// A search reads each session once, also to show it, and together with what proves that
// the index is complete. It does not show what another program has changed.
func TestSearchReadsSessionsOnce(t *testing.T) {
	t.Parallel()
	items := &recorded{Backend: memory.New(memory.Options{})}
	s := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	indexer := s.NewIndexer(items)
	t.Cleanup(func() {
		indexer.Close()
		require.NoError(t, s.Close())
	})
	_, err := items.Follow(indexer.Follower())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.IndexStates()[0].Complete }, time.Minute, 10*time.Millisecond)
	ref, err := s.Create(t.Context(), dwho(), time.Hour)
	require.NoError(t, err)
	search := func() (shown []sessionstore.ID) {
		t.Helper()
		_, err := s.FindEach(t.Context(), "", "uid", "dwho", func(id sessionstore.ID, session sessionstore.Session) error {
			assert.Equal(t, ref.Version, session.Version)
			shown = append(shown, id)
			return nil
		})
		require.NoError(t, err)
		return shown
	}
	items.of(ref.ID)
	assert.Equal(t, []sessionstore.ID{ref.ID}, search())
	batches := items.of(ref.ID)
	require.Len(t, batches, 1, "it is read once")
	assert.True(t, slices.ContainsFunc(batches[0], func(key string) bool { return strings.Contains(key, "index:") }), batches[0])

	// Without the marker the index proves nothing: the session is found by a scan.
	for _, key := range batches[0] {
		if key != string(ref.ID) {
			require.NoError(t, items.Delete(t.Context(), key))
		}
	}
	assert.Equal(t, []sessionstore.ID{ref.ID}, search())
	assert.Positive(t, metricOf(t, s, "index_scans_total"))

	image, err := storable.Codec{}.Append(nil, attributes("1")) // of nobody
	require.NoError(t, err)
	present, err := items.Get(t.Context(), string(ref.ID))
	require.NoError(t, err)
	require.NoError(t, items.CompareAndSwap(t.Context(), string(ref.ID), backend.Item{Image: image, Flags: 1}.InPlaceOf(present)))
	assert.Empty(t, search())
}
