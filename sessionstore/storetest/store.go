package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/perldata"
)

func storeTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"CreateThenGet":          testCreateThenGet,
		"CreateWithoutAny":       testCreateWithoutAny,
		"SessionIDAttribute":     testSessionIDAttribute,
		"IDs":                    testIDs,
		"GetAbsentSession":       testGetAbsentSession,
		"TimesToLive":            testTimesToLive,
		"InvalidTimeToLive":      testInvalidTimeToLive,
		"SessionExpires":         testSessionExpires,
		"ReplaceAbsent":          testReplaceAbsent,
		"ReplaceWhole":           testReplaceWhole,
		"Versions":               testVersions,
		"Unreadable":             testUnreadable,
		"TouchSession":           testTouchSession,
		"DeleteSession":          testDeleteSession,
		"UnparsedIDs":            testUnparsedIDs,
		"SessionTooLarge":        testSessionTooLarge,
		"SessionUnrepresentable": testSessionUnrepresentable,
		"ConcurrentCreate":       testConcurrentCreate,
		"ConcurrentReplace":      testConcurrentReplace,
		"StoreEndedContext":      testStoreEndedContext,
		"PingStatsClose":         testPingStatsClose,
	}
}

func newStore(b backend.Backend, l sessionstore.Lifetimes) *sessionstore.Store {
	return open(b, sessionstore.Options{Lifetimes: l})
}

// neverExpiring is a Store whose sessions live as long as is asked.
func neverExpiring(b backend.Backend) *sessionstore.Store {
	return newStore(b, sessionstore.Lifetimes{})
}

// hash makes attributes of names and byte strings in turn.
func hash(pairs ...string) *perldata.Hash {
	h := perldata.NewHash(len(pairs) / 2)
	for pair := range slices.Chunk(pairs, 2) {
		h.Set(pair[0], perldata.BytesOf(pair[1]))
	}
	return h
}

// texts returns all attributes, which must be byte strings, without the id.
func texts(t *testing.T, s sessionstore.Session) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for name, value := range s.Attributes.All() {
		require.Equal(t, perldata.KindBytes, value.Kind(), name)
		all[name] = value.Str()
	}
	require.Equal(t, string(s.ID), all[sessionstore.IDAttribute])
	delete(all, sessionstore.IDAttribute)
	return all
}

func mustCreate(t *testing.T, s *sessionstore.Store, h *perldata.Hash) sessionstore.Ref {
	t.Helper()
	ref, err := s.Create(t.Context(), h, sessionstore.DefaultTTL)
	require.NoError(t, err)
	return ref
}

func mustRead(t *testing.T, s *sessionstore.Store, id sessionstore.ID) sessionstore.Session {
	t.Helper()
	session, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, id, session.ID)
	return session
}

func requireAbsent(t *testing.T, s *sessionstore.Store, id sessionstore.ID) {
	t.Helper()
	session, err := s.Get(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)
	require.Zero(t, session)
}

func testCreateThenGet(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	h := hash("uid", "dwho", "bytes", string(binary), "empty", "", "naïve ключ", "x")
	ref := mustCreate(t, s, h)
	session := mustRead(t, s, ref.ID)
	assert.Equal(t, ref, session.Ref)
	assert.Equal(t, map[string]string{"uid": "dwho", "bytes": string(binary), "empty": "", "naïve ключ": "x"}, texts(t, session))
	assert.Equal(t, sessionFlags(b), backendtest.MustGet(t, b, string(ref.ID)).Flags)
}

func testCreateWithoutAny(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	for _, h := range []*perldata.Hash{nil, {}, perldata.NewHash(0)} {
		ref := mustCreate(t, s, h)
		assert.Empty(t, texts(t, mustRead(t, s, ref.ID)))
		ref, err := s.Replace(t.Context(), ref.ID, h, sessionstore.DefaultTTL, sessionstore.If{})
		require.NoError(t, err)
		assert.Empty(t, texts(t, mustRead(t, s, ref.ID)))
	}
}

func testSessionIDAttribute(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := mustCreate(t, s, hash("a", "1", sessionstore.IDAttribute, "0123456789abcdef", "b", "2"))
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, texts(t, mustRead(t, s, ref.ID)))
	_, err := s.Replace(t.Context(), ref.ID, hash(sessionstore.IDAttribute, "", "c", "3"), sessionstore.DefaultTTL, sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"c": "3"}, texts(t, mustRead(t, s, ref.ID)))
}

func testIDs(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	seen := make(map[sessionstore.ID]bool)
	for range 50 {
		id := mustCreate(t, s, hash("a", "1")).ID
		require.Regexp(t, "^[0-9a-f]{32}$", string(id))
		require.False(t, seen[id])
		seen[id] = true
	}
	// Ids that others made, in the case in which they made them.
	base := newKey()[:20]
	for _, id := range []sessionstore.ID{sessionstore.ID(base + "a"), sessionstore.ID(base + "A"), sessionstore.ID(newKey() + newKey())} {
		requireAbsent(t, s, id)
		ref, err := s.Replace(t.Context(), id, hash("id", string(id)), sessionstore.DefaultTTL, sessionstore.If{})
		require.NoError(t, err)
		require.Equal(t, id, ref.ID)
		require.Equal(t, string(id), texts(t, mustRead(t, s, id))["id"])
	}
}

func testGetAbsentSession(t *testing.T, b backend.Backend) {
	requireAbsent(t, neverExpiring(b), sessionstore.NewID())
}

func testTimesToLive(t *testing.T, b backend.Backend) {
	const hour = time.Hour
	for name, c := range map[string]struct {
		lifetimes sessionstore.Lifetimes
		ttl, want time.Duration
	}{
		"asked":                       {sessionstore.Lifetimes{Default: hour, Longest: 8 * hour}, 2 * hour, 2 * hour},
		"default":                     {sessionstore.Lifetimes{Default: hour, Longest: 8 * hour}, sessionstore.DefaultTTL, hour},
		"longest":                     {sessionstore.Lifetimes{Default: hour, Longest: 8 * hour}, sessionstore.LongestTTL, 8 * hour},
		"cut":                         {sessionstore.Lifetimes{Default: hour, Longest: 8 * hour}, 9 * hour, 8 * hour},
		"default beyond longest":      {sessionstore.Lifetimes{Default: 9 * hour, Longest: 8 * hour}, sessionstore.DefaultTTL, 8 * hour},
		"no default, but":             {sessionstore.Lifetimes{Longest: 8 * hour}, sessionstore.DefaultTTL, 8 * hour},
		"no longest":                  {sessionstore.Lifetimes{Default: hour}, 100 * hour, 100 * hour},
		"longest has no end":          {sessionstore.Lifetimes{Default: hour}, sessionstore.LongestTTL, 0},
		"default has no end":          {sessionstore.Lifetimes{}, sessionstore.DefaultTTL, 0},
		"a part of a second is whole": {sessionstore.Lifetimes{}, hour + 1, hour + time.Second},
		"beyond 30 days":              {sessionstore.Lifetimes{}, 31 * 24 * hour, 31 * 24 * hour},
	} {
		s := newStore(b, c.lifetimes)
		created, err := s.Create(t.Context(), hash("a", "1"), c.ttl)
		require.NoError(t, err, name)
		checkTimeLeft(t, s, created, c.want)
		replaced, err := s.Replace(t.Context(), created.ID, hash("a", "2"), c.ttl, sessionstore.If{})
		require.NoError(t, err, name)
		checkTimeLeft(t, s, replaced, c.want)
		_, err = b.Touch(t.Context(), string(created.ID), 7*hour)
		require.NoError(t, err, name)
		touched, err := s.Touch(t.Context(), created.ID, c.ttl)
		require.NoError(t, err, name)
		checkTimeLeft(t, s, touched, c.want)
	}
}

func checkTimeLeft(t *testing.T, s *sessionstore.Store, ref sessionstore.Ref, want time.Duration) {
	t.Helper()
	require.Equal(t, want, ref.ExpiresIn)
	left := mustRead(t, s, ref.ID).ExpiresIn
	if want == 0 {
		require.Zero(t, left)
		return
	}
	backendtest.AssertTimeLeft(t, want, left)
}

func testInvalidTimeToLive(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	for _, ttl := range []time.Duration{-1, -time.Second - 1, -time.Hour} {
		refused := &sessionstore.InvalidTTLError{TTL: ttl}
		_, err := s.Create(t.Context(), hash("a", "1"), ttl)
		require.Equal(t, refused, err)
		_, err = s.Replace(t.Context(), id, hash("a", "1"), ttl, sessionstore.If{})
		require.Equal(t, refused, err)
		requireAbsent(t, s, id)
		ref := mustCreate(t, s, hash("a", "1"))
		_, err = s.Touch(t.Context(), ref.ID, ttl)
		require.Equal(t, refused, err)
		require.Equal(t, ref, mustRead(t, s, ref.ID).Ref)
	}
}

func testSessionExpires(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref, err := s.Create(t.Context(), hash("a", "1"), time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, time.Second, ref.ExpiresIn)
	backendtest.RequireGone(t, b, string(ref.ID))
	requireAbsent(t, s, ref.ID)
	_, err = s.Touch(t.Context(), ref.ID, time.Hour)
	require.ErrorIs(t, err, backend.ErrNotFound)
	require.ErrorIs(t, s.Delete(t.Context(), ref.ID), backend.ErrNotFound)
}

func testReplaceAbsent(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	ref, err := s.Replace(t.Context(), id, hash("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	session := mustRead(t, s, id)
	assert.Equal(t, map[string]string{"a": "1"}, texts(t, session))
	assert.Equal(t, ref.Version, session.Version)
}

func testReplaceWhole(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref, err := s.Create(t.Context(), hash("a", "1", "b", "2"), time.Hour)
	require.NoError(t, err)
	ref, err = s.Replace(t.Context(), ref.ID, hash("b", "3", "c", "4"), sessionstore.DefaultTTL, sessionstore.If{})
	require.NoError(t, err)
	session := mustRead(t, s, ref.ID)
	assert.Equal(t, map[string]string{"b": "3", "c": "4"}, texts(t, session))
	assert.Equal(t, ref, session.Ref)
}

func testVersions(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	put := func(h *perldata.Hash, ttl time.Duration) string {
		ref, err := s.Replace(t.Context(), id, h, ttl, sessionstore.If{})
		require.NoError(t, err)
		require.Equal(t, ref.Version, mustRead(t, s, id).Version)
		return ref.Version
	}
	first := put(hash("a", "1"), time.Hour)
	assert.Regexp(t, "^[0-9a-f]{32}$", first)
	assert.NotEqual(t, first, put(hash("a", "2"), time.Hour), "another value")
	assert.NotEqual(t, first, put(hash("b", "1"), time.Hour), "another name")
	assert.NotEqual(t, first, put(hash("a", "1", "b", ""), time.Hour), "one attribute more")
	assert.Equal(t, first, put(hash("a", "1"), 2*time.Hour), "the same content")

	require.NoError(t, b.Delete(t.Context(), string(id)))
	assert.Equal(t, first, put(hash("a", "1"), time.Hour), "the same content, stored again")
	assert.NotEqual(t, first, mustCreate(t, s, hash("a", "1")).Version, "another session")
}

func testTouchSession(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	_, err := s.Touch(t.Context(), sessionstore.NewID(), time.Hour)
	require.ErrorIs(t, err, backend.ErrNotFound)

	ref := mustCreate(t, s, hash("a", "1"))
	touched, err := s.Touch(t.Context(), ref.ID, time.Hour)
	require.NoError(t, err)
	assert.Equal(t, sessionstore.Ref{ID: ref.ID, Version: ref.Version, ExpiresIn: time.Hour}, touched)
	session := mustRead(t, s, ref.ID)
	backendtest.AssertTimeLeft(t, time.Hour, session.ExpiresIn)
	assert.Equal(t, map[string]string{"a": "1"}, texts(t, session))
}

func testDeleteSession(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref, other := mustCreate(t, s, hash("a", "1")), mustCreate(t, s, hash("a", "2"))
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	requireAbsent(t, s, ref.ID)
	require.ErrorIs(t, s.Delete(t.Context(), ref.ID), backend.ErrNotFound)
	mustRead(t, s, other.ID)
}

func testConcurrentCreate(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for j := range 10 {
				want := fmt.Sprintf("%d/%d", i, j)
				ref, err := s.Create(t.Context(), hash("a", want), time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				session, err := s.Get(t.Context(), ref.ID)
				if err != nil {
					t.Error(err)
					return
				}
				value, _ := session.Attributes.Get("a")
				assert.Equal(t, want, value.Str())
				assert.Equal(t, ref.Version, session.Version)
			}
		})
	}
	group.Wait()
}

// Every writer gets a true answer: the last session is one that was reported as
// stored, and a writer that failed got an error.
func testConcurrentReplace(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	var mu sync.Mutex
	stored := make(map[string]string) // version → attribute
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			value := strconv.Itoa(i)
			ref, err := s.Replace(t.Context(), id, hash("a", value), time.Hour, sessionstore.If{})
			if err != nil {
				assert.ErrorIs(t, err, backend.ErrConflict)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			stored[ref.Version] = value
		})
	}
	group.Wait()
	session := mustRead(t, s, id)
	require.Contains(t, stored, session.Version)
	require.Equal(t, map[string]string{"a": stored[session.Version]}, texts(t, session))
}

func testStoreEndedContext(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := mustCreate(t, s, hash("a", "1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyStoreCall(ctx, s, ref.ID) {
		require.ErrorIs(t, err, context.Canceled, name)
		backendtest.RequireUnavailable(t, err)
	}
	require.Equal(t, ref, mustRead(t, s, ref.ID).Ref)
}

func everyStoreCall(ctx context.Context, s *sessionstore.Store, id sessionstore.ID) map[string]error {
	_, get := s.Get(ctx, id)
	_, create := s.Create(ctx, hash("a", "2"), time.Hour)
	_, replace := s.Replace(ctx, id, hash("a", "2"), time.Hour, sessionstore.If{})
	_, touch := s.Touch(ctx, id, time.Hour)
	return map[string]error{
		"Get": get, "Create": create, "Replace": replace, "Touch": touch, "Delete": s.Delete(ctx, id), "Ping": s.Ping(ctx),
	}
}

func testPingStatsClose(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	require.NoError(t, s.Ping(t.Context()))
	rows := s.Stats(t.Context())
	require.NotEmpty(t, rows)
	id := mustCreate(t, s, hash("a", "1")).ID
	require.NoError(t, s.Close())
	calls := everyStoreCall(t.Context(), s, id)
	require.Len(t, slices.Collect(maps.Keys(calls)), 6)
	for name, err := range calls {
		require.ErrorIs(t, err, backend.ErrClosed, name)
		backendtest.RequireUnavailable(t, err)
	}
	require.NoError(t, s.Close())
}
