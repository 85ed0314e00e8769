package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/storable"
)

func indexTests() map[string]func(*testing.T, sessionstore.Backend) {
	return map[string]func(*testing.T, sessionstore.Backend){
		"Append":              testAppend,
		"Find":                testFind,
		"FindEveryForm":       testFindEveryForm,
		"FindWhatPerlStored":  testFindWhatPerlStored,
		"FindUnknown":         testFindUnknown,
		"IndexMended":         testIndexMended,
		"IndexBounded":        testIndexBounded,
		"IndexStaysShort":     testIndexStaysShort,
		"ConcurrentLogins":    testConcurrentLogins,
		"DeleteAll":           testDeleteAll,
		"LogoutBeatsUpdaters": testLogoutBeatsUpdaters,
	}
}

func testAppend(t *testing.T, b sessionstore.Backend) {
	key := newKey()
	after, size, err := b.Append(t.Context(), key, sessionstore.Item{Image: []byte("one "), Flags: 7, ExpiresIn: time.Hour})
	require.NoError(t, err)
	require.EqualValues(t, 4, size)
	require.EqualValues(t, 7, after.Flags)
	after, size, err = b.Append(t.Context(), key, sessionstore.Item{Image: []byte("two"), Flags: 9, ExpiresIn: time.Minute})
	require.NoError(t, err)
	require.EqualValues(t, 7, size)
	require.EqualValues(t, 7, after.Flags, "those of the item that was there")
	item := mustGet(t, b, key)
	require.Equal(t, "one two", string(item.Image))
	require.EqualValues(t, 7, item.Flags)
	assert.Greater(t, item.ExpiresIn, time.Hour-patience, "it does not live shorter")
	_, _, err = b.Append(t.Context(), key, sessionstore.Item{ExpiresIn: 10 * time.Hour})
	require.NoError(t, err)
	assert.Greater(t, mustGet(t, b, key).ExpiresIn, 10*time.Hour-patience)
	assert.LessOrEqual(t, mustGet(t, b, key).ExpiresIn, 15*time.Hour+2*time.Second)
	_, _, err = b.Append(t.Context(), key, sessionstore.Item{Image: []byte("!")})
	require.NoError(t, err)
	assert.Zero(t, mustGet(t, b, key).ExpiresIn, "for ever")

	before := mustGet(t, b, key)
	_, _, err = b.Append(t.Context(), key, sessionstore.Item{Image: make([]byte, tooLarge)})
	var over *sessionstore.TooLargeError
	require.ErrorAs(t, err, &over)
	require.Equal(t, before.Image, mustGet(t, b, key).Image, "the item stays")

	var all sync.WaitGroup
	shared := newKey()
	for range writers {
		all.Go(func() {
			_, _, err := b.Append(context.WithoutCancel(t.Context()), shared, sessionstore.Item{Image: []byte("x"), ExpiresIn: time.Hour})
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Len(t, mustGet(t, b, shared).Image, writers)
}

func findable(b sessionstore.Backend, most int) *sessionstore.Store {
	return sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid", "mail"}, MaxSessionsPerPrincipal: most,
	})
}

func mustFind(t *testing.T, s *sessionstore.Store, attribute, principal string) []sessionstore.ID {
	t.Helper()
	ids, err := s.Find(t.Context(), attribute, principal)
	require.NoError(t, err)
	return ids
}

func testFind(t *testing.T, b sessionstore.Backend) {
	s := findable(b, 0)
	user, mail := newKey(), newKey()
	require.Empty(t, mustFind(t, s, "", user))
	one := mustCreate(t, s, hash("uid", user, "mail", mail)).ID
	two := mustCreate(t, s, hash("uid", user)).ID
	require.Equal(t, []sessionstore.ID{one, two}, mustFind(t, s, "", user))
	require.Equal(t, []sessionstore.ID{one, two}, mustFind(t, s, "uid", user))
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "mail", mail))
	require.Empty(t, mustFind(t, s, "mail", user))

	// Another value moves the session, whoever changes it.
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
	// A session lives longer than its entry said.
	_, err = s.Touch(t.Context(), one, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{one}, mustFind(t, s, "", user))
}

// A name is found in whatever form it was stored.
func testFindEveryForm(t *testing.T, b sessionstore.Backend) {
	s := findable(b, 0)
	mark := newKey()
	for name, values := range map[string][]sessionstore.Value{
		mark + "zoë": {sessionstore.TextOf(mark + "zoë"), sessionstore.BytesOf(mark + "zoë"), sessionstore.BytesOf(mark + "zo\xeb")},
		mark + "Ω":   {sessionstore.TextOf(mark + "Ω"), sessionstore.BytesOf(mark + "Ω")},
	} {
		var ids []sessionstore.ID
		for _, value := range values {
			h := sessionstore.NewHash(1)
			h.Set("uid", value)
			ids = append(ids, mustCreate(t, s, h).ID)
		}
		require.Equal(t, ids, mustFind(t, s, "", name))
	}
	mustCreate(t, s, hash("uid", ""))
	require.Empty(t, mustFind(t, s, "", ""))
}

// A Perl program stores a session and its reverse key, and knows of no index.
func testFindWhatPerlStored(t *testing.T, b sessionstore.Backend) {
	user := newKey()
	foreign := mustCreate(t, forEver(b), hash("uid", user)).ID
	s := findable(b, 0)
	require.Empty(t, mustFind(t, s, "", user))
	require.NoError(t, b.Add(t.Context(), md5Hex(user), sessionstore.Item{Image: []byte(foreign)}))
	require.Equal(t, []sessionstore.ID{foreign}, mustFind(t, s, "", user))
	require.NoError(t, b.Delete(t.Context(), md5Hex(user)))
	require.Equal(t, []sessionstore.ID{foreign}, mustFind(t, s, "", user), "it is in the index now")
}

func testFindUnknown(t *testing.T, b sessionstore.Backend) {
	_, err := findable(b, 0).Find(t.Context(), "cn", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{Attribute: "cn"}, err)
	_, err = forEver(b).Find(t.Context(), "", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{}, err)
	_, err = forEver(b).DeleteAll(t.Context(), "uid", "x")
	require.Equal(t, &sessionstore.UnknownPrincipalError{Attribute: "uid"}, err)
}

// Sessions that went or changed behind the back of the store are not found,
// and their entries go.
func testIndexMended(t *testing.T, b sessionstore.Backend) {
	s := findable(b, 0)
	user := newKey()
	stays := mustCreate(t, s, hash("uid", user)).ID
	gone, changed := mustCreate(t, s, hash("uid", user)).ID, mustCreate(t, s, hash("uid", user)).ID
	require.NoError(t, b.Delete(t.Context(), string(gone)))
	_, err := forEver(b).Replace(t.Context(), changed, hash("uid", "another"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
	repairs := metric(t, s, "index_repairs_total")
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
	assert.InDelta(t, repairs, metric(t, s, "index_repairs_total"), 0, "nothing was left to mend")
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

// Of too many the newest are found. The others live on.
func testIndexBounded(t *testing.T, b sessionstore.Backend) {
	s := findable(b, 5)
	user := newKey()
	var ids []sessionstore.ID
	for range 12 {
		ids = append(ids, mustCreate(t, s, hash("uid", user)).ID)
	}
	require.Equal(t, ids[7:], mustFind(t, s, "", user))
	for _, id := range ids {
		mustRead(t, s, id)
	}
}

// Thousands of logins and logouts leave no long list behind.
func testIndexStaysShort(t *testing.T, b sessionstore.Backend) {
	s := findable(b, 0)
	user := newKey()
	stays := mustCreate(t, s, hash("uid", user)).ID
	for range 300 {
		require.NoError(t, s.Delete(t.Context(), mustCreate(t, s, hash("uid", user)).ID))
	}
	require.Greater(t, metric(t, s, "index_compactions_total"), 5.0)
	require.Equal(t, []sessionstore.ID{stays}, mustFind(t, s, "", user))
}

func testConcurrentLogins(t *testing.T, b sessionstore.Backend) {
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
				_, err = s.Find(t.Context(), "", user) // and mend
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.ElementsMatch(t, want, mustFind(t, stores[0], "", user))
}

func testDeleteAll(t *testing.T, b sessionstore.Backend) {
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

// Programs that go on changing a session do not undo a logout.
func testLogoutBeatsUpdaters(t *testing.T, b sessionstore.Backend) {
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
