package moving_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// atOnce is a pace without pauses.
func atOnce(context.Context) error { return nil }

func storeOver(b backend.Backend) *sessionstore.Store {
	return sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
}

func createTyped(t *testing.T, s *sessionstore.Store, n int) (ids []sessionstore.ID) {
	t.Helper()
	for range n {
		attributes := perldata.NewHash(2)
		attributes.Set("uid", perldata.BytesOf("dwho"))
		ref, err := s.CreateTyped(t.Context(), "saml", attributes, time.Hour)
		require.NoError(t, err)
		ids = append(ids, ref.ID)
	}
	return ids
}

// Sessions of a type move as all others do, and are found there.
func TestTypedSessionsMove(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, now := s.pools(t)
	ids := createTyped(t, storeOver(old), 50)
	require.NoError(t, storeOver(old).Delete(t.Context(), ids[0]))
	b := s.instance(t)
	b.Begin()
	require.NoError(t, b.MoveAll(t.Context(), atOnce, func() {}))
	moved := storeOver(now)
	for _, id := range ids {
		_, err := old.Get(t.Context(), string(id))
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	for _, id := range ids[1:] {
		_, err := moved.Get(t.Context(), id)
		require.NoError(t, err)
	}
	_, _, err := moved.Rewrite(t.Context(), ids[0], func(*perldata.Hash) (sessionstore.Rewritten, error) {
		return sessionstore.Rewritten{}, nil
	})
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	found, err := moved.FindIn(t.Context(), "saml", "", "dwho")
	require.NoError(t, err)
	assert.ElementsMatch(t, ids[1:], found)
}

// Sessions that move while they are listed are all listed, each once.
func TestEachWhileSessionsMove(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	ids := createTyped(t, storeOver(old), 500)
	b := s.instance(t)
	b.Begin()
	store := storeOver(b)
	var visited []sessionstore.ID
	require.NoError(t, backendtest.Scan(func() error {
		visited = nil
		return store.Each(t.Context(), "saml", func(id sessionstore.ID, _ sessionstore.Session) error {
			visited = append(visited, id)
			if len(visited) == 150 {
				require.NoError(t, b.MoveAll(t.Context(), atOnce, func() {}))
			}
			return nil
		})
	}))
	assert.ElementsMatch(t, ids, visited)
}
