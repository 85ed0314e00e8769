package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
)

func changeTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Update":           testUpdate,
		"UpdateTime":       testUpdateTime,
		"UpdateRefused":    testUpdateRefused,
		"ConcurrentUpdate": testConcurrentUpdate,
		"Conditions":       testConditions,
		"OneOfManyWins":    testOneOfManyWins,
		"Bounds":           testBounds,
		"BoundsPrincipal":  testBoundsPrincipal,
		"BoundsRaces":      testBoundsRaces,
		"Tombstone":        testTombstone,
		"TombstoneLife":    testTombstoneLife,
		"Batch":            testBatch,
		"BatchBounds":      testBatchBounds,
	}
}

func testUpdate(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	before := mustCreate(t, s, hash("a", "1", "b", "2", "c", "3"))
	ref, err := s.Update(t.Context(), before.ID, sessionstore.Change{
		Set: hash("b", "two", "d", "4"), Remove: []string{"a", "absent"},
	}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	session := mustRead(t, s, ref.ID)
	assert.Equal(t, ref, session.Ref)
	assert.NotEqual(t, before.Version, ref.Version)
	assert.Equal(t, map[string]string{"b": "two", "c": "3", "d": "4"}, texts(t, session))
	again, err := s.Update(t.Context(), before.ID, sessionstore.Change{Remove: []string{sessionstore.IDAttribute}}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	assert.Equal(t, ref, again, "nothing has changed")
}

func testUpdateTime(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{Default: time.Hour, Longest: 10 * time.Hour})
	ref, err := s.Create(t.Context(), hash("a", "1"), 5*time.Hour)
	require.NoError(t, err)
	change := sessionstore.Change{Set: hash("a", "2")}
	ref, err = s.Update(t.Context(), ref.ID, change, sessionstore.DefaultTTL)
	require.NoError(t, err)
	backendtest.AssertTimeLeft(t, 5*time.Hour, ref.ExpiresIn)
	backendtest.AssertTimeLeft(t, 5*time.Hour, mustRead(t, s, ref.ID).ExpiresIn)
	ref, err = s.Update(t.Context(), ref.ID, change, 2*time.Hour)
	require.NoError(t, err)
	require.Equal(t, 2*time.Hour, ref.ExpiresIn)
	backendtest.AssertTimeLeft(t, 2*time.Hour, mustRead(t, s, ref.ID).ExpiresIn)
	ref, err = s.Update(t.Context(), ref.ID, change, sessionstore.LongestTTL)
	require.NoError(t, err)
	require.Equal(t, 10*time.Hour, ref.ExpiresIn)
	_, err = s.Update(t.Context(), ref.ID, change, -time.Hour)
	require.Equal(t, &sessionstore.InvalidTTLError{TTL: -time.Hour}, err)
}

func testUpdateRefused(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	change := sessionstore.Change{Set: hash("a", "2")}
	absent := sessionstore.NewID()
	_, err := s.Update(t.Context(), absent, change, sessionstore.DefaultTTL)
	require.ErrorIs(t, err, backend.ErrNotFound)
	requireNoItem(t, b, string(absent))

	strange := backend.Item{Image: []byte("what somebody else has stored"), Flags: 1}
	require.NoError(t, b.Add(t.Context(), string(absent), strange))
	_, err = s.Update(t.Context(), absent, change, sessionstore.DefaultTTL)
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, strange.Image, backendtest.MustGet(t, b, string(absent)).Image)

	ref := mustCreate(t, s, hash("a", "1"))
	large := hash("large", string(make([]byte, tooLarge)))
	_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: large}, sessionstore.DefaultTTL)
	var over *backend.TooLargeError
	require.ErrorAs(t, err, &over)
	require.Equal(t, ref, mustRead(t, s, ref.ID).Ref, "the session stays as it is")
}

// Each writer adds attributes of its own to one session. None is lost.
func testConcurrentUpdate(t *testing.T, b backend.Backend) {
	const each = 10
	stores := []*sessionstore.Store{neverExpiring(b), neverExpiring(b)} // as two processes
	ref := mustCreate(t, stores[0], hash())
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := range each {
				name := fmt.Sprintf("%d of %d", i, writer)
				_, err := stores[writer%2].Update(t.Context(), ref.ID, sessionstore.Change{Set: hash(name, "x")}, sessionstore.DefaultTTL)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Len(t, texts(t, mustRead(t, stores[0], ref.ID)), writers*each)
}

func testConditions(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	absent := sessionstore.NewID()
	for _, cond := range []sessionstore.If{{Exists: true}, {Version: "abc"}, {Version: "abc", Exists: true}} {
		_, err := s.Replace(t.Context(), absent, hash("a", "1"), time.Hour, cond)
		require.ErrorIs(t, err, backend.ErrNotFound)
		requireNoItem(t, b, string(absent))
	}
	first := mustCreate(t, s, hash("a", "1"))
	second, err := s.Replace(t.Context(), first.ID, hash("a", "2"), sessionstore.DefaultTTL, sessionstore.If{Version: first.Version, Exists: true})
	require.NoError(t, err)
	conflict := &sessionstore.VersionConflictError{ID: first.ID, Current: second.Version}
	_, err = s.Replace(t.Context(), first.ID, hash("a", "3"), time.Hour, sessionstore.If{Version: first.Version})
	require.Equal(t, conflict, err)
	_, err = s.Update(t.Context(), first.ID, sessionstore.Change{Set: hash("a", "3"), If: sessionstore.If{Version: first.Version}}, time.Hour)
	require.Equal(t, conflict, err)
	require.Equal(t, second, mustRead(t, s, first.ID).Ref, "nothing was written")
	third, err := s.Update(t.Context(), first.ID, sessionstore.Change{Set: hash("a", "3"), If: sessionstore.If{Version: second.Version}}, time.Hour)
	require.NoError(t, err)
	require.Equal(t, third.Version, mustRead(t, s, first.ID).Version)
}

// Of many writers that replace the same version, exactly one succeeds.
func testOneOfManyWins(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{neverExpiring(b), neverExpiring(b)}
	ref := mustCreate(t, stores[0], hash("a", "1"))
	var all sync.WaitGroup
	var mu sync.Mutex
	var won []string
	for writer := range writers {
		all.Go(func() {
			value := fmt.Sprint("of ", writer)
			_, err := stores[writer%2].Replace(t.Context(), ref.ID, hash("a", value), time.Hour, sessionstore.If{Version: ref.Version})
			if err == nil {
				mu.Lock()
				won = append(won, value)
				mu.Unlock()
				return
			}
			var conflict *sessionstore.VersionConflictError
			assert.ErrorAs(t, err, &conflict)
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	assert.Equal(t, won[0], texts(t, mustRead(t, stores[0], ref.ID))["a"])
}

func testTombstone(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := mustCreate(t, s, hash("a", "1"))
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	before := backendtest.MustGet(t, b, string(ref.ID))
	require.True(t, before.Deleted)

	requireAbsent(t, s, ref.ID)
	require.ErrorIs(t, s.Delete(t.Context(), ref.ID), backend.ErrNotFound)
	for _, cond := range []sessionstore.If{{}, {Exists: true}, {Version: ref.Version}} {
		_, err := s.Replace(t.Context(), ref.ID, hash("a", "2"), time.Hour, cond)
		require.ErrorIs(t, err, sessionstore.ErrDeleted)
		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("a", "2"), If: cond}, time.Hour)
		require.ErrorIs(t, err, sessionstore.ErrDeleted)
	}
	_, err := s.Touch(t.Context(), ref.ID, 100*time.Hour)
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	sessions, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
	require.NoError(t, err)
	require.Empty(t, sessions)
	assert.Equal(t, before.CAS, backendtest.MustGet(t, b, string(ref.ID)).CAS, "untouched")
}

// A tombstone stands as long as the session would have lived, for a minute at least.
func testTombstoneLife(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	for ttl, want := range map[time.Duration]time.Duration{
		sessionstore.DefaultTTL: 30 * 24 * time.Hour, // it would never have expired
		10 * time.Second:        time.Minute,
		3 * time.Hour:           3 * time.Hour,
		400 * 24 * time.Hour:    400 * 24 * time.Hour,
	} {
		ref, err := s.Create(t.Context(), hash("a", "1"), ttl)
		require.NoError(t, err)
		require.NoError(t, s.Delete(t.Context(), ref.ID))
		backendtest.AssertTimeLeft(t, want, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
	}
}

func testBatch(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	var ids []sessionstore.ID
	for i := range 20 {
		ids = append(ids, mustCreate(t, s, hash("n", strconv.Itoa(i))).ID)
	}
	asked := append([]sessionstore.ID{sessionstore.NewID(), ids[7]}, ids...)
	asked = append(asked, sessionstore.NewID())
	sessions, err := s.GetMany(t.Context(), asked)
	require.NoError(t, err)
	require.Len(t, sessions, 21)
	for i, id := range append([]sessionstore.ID{ids[7]}, ids...) {
		require.Equal(t, mustRead(t, s, id).Ref, sessions[i].Ref)
		require.Contains(t, texts(t, sessions[i]), "n")
	}
	none, err := s.GetMany(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)

	strange := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(strange), backend.Item{Image: []byte("no session"), Flags: 1}))
	_, err = s.GetMany(t.Context(), append(ids, strange))
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	assert.Equal(t, strange, unreadable.ID)
}

func testBatchBounds(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ids := make([]sessionstore.ID, sessionstore.MaxBatch+1)
	for i := range ids {
		ids[i] = sessionstore.NewID()
	}
	_, err := s.GetMany(t.Context(), ids)
	require.Equal(t, &sessionstore.TooManyError{Limit: 1000, Actual: 1001}, err)
	sessions, err := s.GetMany(t.Context(), ids[1:])
	require.NoError(t, err)
	require.Empty(t, sessions)
	_, err = s.GetMany(t.Context(), []sessionstore.ID{ids[0], "no id"})
	require.ErrorIs(t, err, backend.ErrInvalidKey)

	var keys []string
	for range 3 {
		keys = append(keys, newKey())
		require.NoError(t, b.Add(t.Context(), keys[len(keys)-1], backend.Item{Image: make([]byte, 1000)}))
	}
	_, err = b.GetMany(t.Context(), keys, 2999)
	var tooLarge *backend.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	items, err := b.GetMany(t.Context(), keys, 3000)
	require.NoError(t, err)
	require.Len(t, items, 3)
}
