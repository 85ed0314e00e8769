package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

func indexTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Find":                testFind,
		"FindEveryForm":       testFindEveryForm,
		"FindWhatPerlStored":  testFindWhatPerlStored,
		"FindUnknown":         testFindUnknown,
		"IndexRepaired":       testIndexRepaired,
		"IndexBounded":        testIndexBounded,
		"IndexStaysShort":     testIndexStaysShort,
		"ConcurrentLogins":    testConcurrentLogins,
		"DeleteAll":           testDeleteAll,
		"LogoutBeatsUpdaters": testLogoutBeatsUpdaters,
	}
}

func findable(b backend.Backend, most int) *sessionstore.Store {
	return open(b, sessionstore.Options{
		Principals: []string{"uid", "mail"}, MaxSessionsPerPrincipal: most,
	})
}

func mustFind(t *testing.T, s *sessionstore.Store, attribute, principal string) []sessionstore.ID {
	t.Helper()
	ids, err := s.Find(t.Context(), attribute, principal)
	require.NoError(t, err)
	return ids
}

func testFind(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user, mail := newKey(), newKey()
	require.Empty(t, mustFind(t, s, "", user))
	one := mustCreate(t, s, hash("uid", user, "mail", mail)).ID
	two := mustCreate(t, s, hash("uid", user)).ID
	require.Equal(t, []sessionstore.ID{one, two}, mustFind(t, s, "", user))
	require.Equal(t, []sessionstore.ID{one, two}, mustFind(t, s, "uid", user))
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "mail", mail))
	require.Empty(t, mustFind(t, s, "mail", user))

	// With another value the session is found by that value.
	other := newKey()
	_, err := s.Update(t.Context(), one, sessionstore.Change{Set: hash("uid", other)}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{two}, mustFind(t, s, "", user))
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "", other))
	_, err = s.Replace(t.Context(), one, hash("uid", user), sessionstore.DefaultTTL, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{two, one}, mustFind(t, s, "", user))
	require.Empty(t, mustFind(t, s, "", other))
	require.Empty(t, mustFind(t, s, "mail", mail))

	require.NoError(t, s.Delete(t.Context(), two))
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "", user))
	// A session can live longer than its entry says.
	_, err = s.Touch(t.Context(), one, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "", user))
}

// A name is found in whatever form it was stored.
func testFindEveryForm(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	mark := newKey()
	for name, values := range map[string][]perldata.Value{
		mark + "zoë": {perldata.TextOf(mark + "zoë"), perldata.BytesOf(mark + "zoë"), perldata.BytesOf(mark + "zo\xeb")},
		mark + "Ω":   {perldata.TextOf(mark + "Ω"), perldata.BytesOf(mark + "Ω")},
	} {
		var ids []sessionstore.ID
		for _, value := range values {
			h := perldata.NewHash(1)
			h.Set("uid", value)
			ids = append(ids, mustCreate(t, s, h).ID)
		}
		require.Equal(t, ids, mustFind(t, s, "", name))
	}
	mustCreate(t, s, hash("uid", ""))
	require.Empty(t, mustFind(t, s, "", ""))
}

// A Perl program stores a session and its lookup key, and knows of no index.
func testFindWhatPerlStored(t *testing.T, b backend.Backend) {
	user := newKey()
	foreign := mustCreate(t, neverExpiring(b), hash("uid", user)).ID
	s := findable(b, 0)
	require.Empty(t, mustFind(t, s, "", user))
	require.NoError(t, b.Add(t.Context(), md5Hex(user), backend.Item{Image: []byte(foreign)}))
	require.Equal(t, []sessionstore.ID{foreign}, mustFind(t, s, "", user))
	require.NoError(t, b.Delete(t.Context(), md5Hex(user)))
	require.Equal(t, []sessionstore.ID{foreign}, mustFind(t, s, "", user), "it is in the index now")
}

func testFindUnknown(t *testing.T, b backend.Backend) {
	_, err := findable(b, 0).Find(t.Context(), "cn", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{Attribute: "cn"}, err)
	_, err = neverExpiring(b).Find(t.Context(), "", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{}, err)
	_, err = neverExpiring(b).DeleteAll(t.Context(), "uid", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{Attribute: "uid"}, err)
}

// Sessions that were deleted or changed past the store are not found, and their
// entries are removed.
func testIndexRepaired(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user := newKey()
	stays := mustCreate(t, s, hash("uid", user)).ID
	gone, changed := mustCreate(t, s, hash("uid", user)).ID, mustCreate(t, s, hash("uid", user)).ID
	require.NoError(t, b.Delete(t.Context(), string(gone)))
	_, err := neverExpiring(b).Replace(t.Context(), changed, hash("uid", "another"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
	repairs := metric(t, s, "index_repairs_total")
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
	assert.InDelta(t, repairs, metric(t, s, "index_repairs_total"), 0, "nothing was left to repair")
}

func metric(t *testing.T, s *sessionstore.Store, name string) float64 {
	t.Helper()
	for _, m := range s.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	t.Fatal("no metric ", name)
	return 0
}

// A login beyond the limit ends the oldest sessions of the user, and of nobody
// else.
func testIndexBounded(t *testing.T, b backend.Backend) {
	s := findable(b, 5)
	user := newKey()
	var ids []sessionstore.ID
	other := mustCreate(t, s, hash("uid", newKey())).ID
	for range 11 {
		ids = append(ids, mustCreate(t, s, hash("uid", user)).ID)
	}
	replaced, err := s.Replace(t.Context(), sessionstore.NewID(), hash("uid", user), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	ids = append(ids, replaced.ID)
	require.Equal(t, ids[7:], mustFind(t, s, "", user))
	for _, id := range ids[:7] {
		requireAbsent(t, s, id)
	}
	for _, id := range append(ids[7:], other) {
		mustRead(t, s, id)
	}
}

// Thousands of logins and logouts leave no long list behind.
func testIndexStaysShort(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user := newKey()
	stays := mustCreate(t, s, hash("uid", user)).ID
	for range 300 {
		require.NoError(t, s.Delete(t.Context(), mustCreate(t, s, hash("uid", user)).ID))
	}
	require.Greater(t, metric(t, s, "index_compactions_total"), 5.0)
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
}

func testConcurrentLogins(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{findable(b, 0), findable(b, 0)}
	user := newKey()
	var all sync.WaitGroup
	var mu sync.Mutex
	var want []sessionstore.ID
	for writer := range writers {
		all.Go(func() {
			s := stores[writer%2]
			for i := range 10 {
				ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
				assert.NoError(t, err)
				if i%2 == 0 {
					assert.NoError(t, s.Delete(t.Context(), ref.ID))
					continue
				}
				mu.Lock()
				want = append(want, ref.ID)
				mu.Unlock()
				_, err = s.Find(t.Context(), "", user) // and repair
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.ElementsMatch(t, want, mustFind(t, stores[0], "", user))
}

func testDeleteAll(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user := newKey()
	one, two := mustCreate(t, s, hash("uid", user)).ID, mustCreate(t, s, hash("uid", user)).ID
	other := mustCreate(t, s, hash("uid", newKey())).ID
	ids, err := s.DeleteAll(t.Context(), "", user)
	require.NoError(t, err)
	require.ElementsMatch(t, []sessionstore.ID{one, two}, ids)
	requireAbsent(t, s, one)
	requireAbsent(t, s, two)
	mustRead(t, s, other)
	require.Empty(t, mustFind(t, s, "", user))
	ids, err = s.DeleteAll(t.Context(), "uid", user)
	require.NoError(t, err)
	require.Empty(t, ids)
}

// Programs that keep changing a session do not undo a log-out.
func testLogoutBeatsUpdaters(t *testing.T, b backend.Backend) {
	s, other := findable(b, 0), findable(b, 0)
	user := newKey()
	id := mustCreate(t, s, hash("uid", user)).ID
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				if _, err := other.Update(t.Context(), id, sessionstore.Change{Set: hash("seen", newKey())}, time.Hour); err != nil {
					assert.ErrorIs(t, err, sessionstore.ErrDeleted)
					return
				}
			}
		})
	}
	_, err := s.DeleteAll(t.Context(), "", user)
	assert.NoError(t, err)
	all.Wait()
	requireAbsent(t, s, id)
	require.Empty(t, mustFind(t, s, "", user))
}
