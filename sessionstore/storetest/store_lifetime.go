package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/perldata"
)

func lifetimeTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"LifetimeStays":    testLifetimeStays,
		"LifetimeEnds":     testLifetimeEnds,
		"LifetimeAndItem":  testLifetimeAndItem,
		"InvalidLifetime":  testInvalidLifetime,
		"ReadTouching":     testReadTouching,
		"ReadManyTouching": testReadManyTouching,
		"ReadTouchingRace": testReadTouchingRace,
	}
}

// lasting stores a session that ends after a lifetime.
func lasting(t *testing.T, s *sessionstore.Store, ttl, lifetime time.Duration) sessionstore.Ref {
	t.Helper()
	ref, err := s.CreateFor(t.Context(), hash("a", "1"), sessionstore.Life{TTL: ttl, Lifetime: lifetime})
	require.NoError(t, err)
	return ref
}

// everyUse uses a session in each way that asks for a time to live, and returns the errors.
func everyUse(t *testing.T, s *sessionstore.Store, id sessionstore.ID, ttl time.Duration) map[string]error {
	t.Helper()
	_, touch := s.Touch(t.Context(), id, ttl)
	_, update := s.Update(t.Context(), id, sessionstore.Change{Set: hash("b", "2")}, ttl)
	_, _, view := s.ViewTouching(t.Context(), id, ttl, nil)
	_, replace := s.Replace(t.Context(), id, hash("a", "1", sessionstore.EndAttribute, "0"), ttl, sessionstore.If{Exists: true})
	return map[string]error{"touch": touch, "update": update, "read": view, "write back": replace}
}

// end returns the attribute with the end that a lifetime has set.
func end(t *testing.T, session sessionstore.Session) string {
	t.Helper()
	v, _ := session.Attributes.Get(sessionstore.EndAttribute)
	require.Equal(t, perldata.KindBytes, v.Kind())
	return v.Str()
}

// A session keeps the end that its lifetime has set, however it is used, whatever time to
// live its users ask for, and under another id.
func testLifetimeStays(t *testing.T, b backend.Backend) {
	for _, lifetimes := range []sessionstore.Lifetimes{{}, {Default: 10 * time.Hour, Longest: 20 * time.Hour}, {Idle: 30 * time.Minute}} {
		s := newStore(b, lifetimes)
		ref := lasting(t, s, time.Minute, time.Hour)
		assert.Equal(t, time.Minute, ref.ExpiresIn)
		backendtest.AssertTimeLeft(t, time.Minute, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
		session := mustRead(t, s, ref.ID)
		want := end(t, session)
		for _, ttl := range []time.Duration{5 * time.Hour, sessionstore.LongestTTL} {
			for name, err := range everyUse(t, s, ref.ID, ttl) {
				require.NoError(t, err, name)
			}
			many, err := s.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, ttl)
			require.NoError(t, err)
			require.Len(t, many, 1)
			backendtest.AssertTimeLeft(t, time.Hour, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
			renamed, err := s.Rename(t.Context(), ref.ID, "", sessionstore.If{})
			require.NoError(t, err)
			session = mustRead(t, s, renamed.ID)
			for _, left := range []time.Duration{
				many[0].ExpiresIn, renamed.ExpiresIn, session.ExpiresIn, backendtest.MustGet(t, b, string(renamed.ID)).ExpiresIn,
			} {
				backendtest.AssertTimeLeft(t, time.Hour, left)
			}
			assert.Equal(t, want, end(t, session))
			ref = renamed
		}
		updated, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Lifetime: 3 * time.Hour}, 9*time.Hour)
		require.NoError(t, err)
		backendtest.AssertTimeLeft(t, 3*time.Hour, updated.ExpiresIn)
		assert.NotEqual(t, want, end(t, mustRead(t, s, ref.ID)), "another lifetime moves it")
	}
}

// A session ends with its lifetime, although it is used and touched all the time.
func testLifetimeEnds(t *testing.T, b backend.Backend) {
	const lifetime = 2 * time.Second
	s := neverExpiring(b)
	ref := lasting(t, s, sessionstore.LongestTTL, lifetime)
	assert.Equal(t, lifetime, ref.ExpiresIn)
	require.Eventually(t, func() bool {
		_, err := s.Touch(t.Context(), ref.ID, time.Hour)
		if err == nil {
			_, _, err = s.ViewTouching(t.Context(), ref.ID, time.Hour, nil)
		}
		if err == nil {
			return false
		}
		assert.ErrorIs(t, err, backend.ErrNotFound)
		return true
	}, patience, pollEvery)
	requireAbsent(t, s, ref.ID)
}

// A session beyond its end is none, also while its item is there: a program that does not
// know the end has given it another time to live. Its id is free.
func testLifetimeAndItem(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := lasting(t, s, sessionstore.DefaultTTL, time.Second)
	_, err := b.Touch(t.Context(), string(ref.ID), time.Hour)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := s.Get(t.Context(), ref.ID)
		return err != nil
	}, patience, pollEvery)
	backendtest.AssertTimeLeft(t, time.Hour, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
	requireAbsent(t, s, ref.ID)
	for name, err := range everyUse(t, s, ref.ID, time.Hour) {
		require.ErrorIs(t, err, backend.ErrNotFound, name)
	}
	for _, ttl := range []time.Duration{sessionstore.DefaultTTL, time.Hour} {
		many, err := s.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, ttl)
		require.NoError(t, err)
		require.Empty(t, many)
	}
	_, err = s.Rename(t.Context(), ref.ID, "", sessionstore.If{})
	require.ErrorIs(t, err, backend.ErrNotFound)
	_, err = s.Replace(t.Context(), ref.ID, hash("a", "2"), time.Hour, onlyNew)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "2"}, texts(t, mustRead(t, s, ref.ID)))
}

func testInvalidLifetime(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := mustCreate(t, s, hash("a", "1"))
	refused := &sessionstore.InvalidLifetimeError{Lifetime: -time.Second}
	life := sessionstore.Life{Lifetime: -time.Second}
	_, err := s.CreateFor(t.Context(), hash("a", "1"), life)
	require.Equal(t, refused, err)
	_, _, err = s.ReplaceFor(t.Context(), ref.ID, hash("a", "2"), life, sessionstore.If{}, sessionstore.Bounds{})
	require.Equal(t, refused, err)
	_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("a", "2"), Lifetime: life.Lifetime}, time.Hour)
	require.Equal(t, refused, err)
	require.Equal(t, ref, mustRead(t, s, ref.ID).Ref, "nothing was changed")
}

// A session that is read with a time to live has it afterwards, and the answer is that of
// a read. A session that is not there, or cannot be read, is not touched.
func testReadTouching(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{Default: 2 * time.Hour, Longest: 8 * time.Hour})
	ref := mustCreate(t, s, hash("a", "1"))
	for ttl, want := range map[time.Duration]time.Duration{
		time.Minute: time.Minute, 3 * time.Hour: 3 * time.Hour, 9 * time.Hour: 8 * time.Hour, sessionstore.LongestTTL: 8 * time.Hour,
	} {
		session, viewed, err := s.ViewTouching(t.Context(), ref.ID, ttl, nil)
		require.NoError(t, err)
		assert.False(t, viewed)
		assert.Equal(t, sessionstore.Ref{ID: ref.ID, Version: ref.Version, ExpiresIn: want}, session.Ref)
		assert.Equal(t, map[string]string{"a": "1"}, texts(t, session))
		backendtest.AssertTimeLeft(t, want, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
		kept, _, err := s.ViewTouching(t.Context(), ref.ID, sessionstore.DefaultTTL, nil)
		require.NoError(t, err)
		backendtest.AssertTimeLeft(t, want, kept.ExpiresIn)
	}
	session, viewed, err := s.ViewTouching(t.Context(), ref.ID, time.Hour, func(stored *sessionstore.Stored) bool {
		assert.Equal(t, time.Hour, stored.ExpiresIn)
		return true
	})
	require.NoError(t, err)
	assert.True(t, viewed)
	assert.Nil(t, session.Attributes)
	assert.Equal(t, time.Hour, session.ExpiresIn)

	read := func(id sessionstore.ID, ttl time.Duration) error {
		_, _, err := s.ViewTouching(t.Context(), id, ttl, nil)
		return err
	}
	require.Equal(t, &sessionstore.InvalidTTLError{TTL: -time.Hour}, read(ref.ID, -time.Hour))
	absent := sessionstore.NewID()
	require.ErrorIs(t, read(absent, time.Hour), backend.ErrNotFound)
	requireNoItem(t, b, string(absent))
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	tombstone := backendtest.MustGet(t, b, string(ref.ID))
	require.ErrorIs(t, read(ref.ID, 100*time.Hour), backend.ErrNotFound)
	assert.Equal(t, tombstone.CAS, backendtest.MustGet(t, b, string(ref.ID)).CAS, "untouched")
	strange := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(strange), backend.Item{Image: []byte("no session"), Flags: 1}))
	requireUnreadable(t, strange, read(strange, time.Hour))
	require.Zero(t, backendtest.MustGet(t, b, string(strange)).ExpiresIn, "untouched")
}

// Several sessions that are read with a time to live have it afterwards, each of them.
func testReadManyTouching(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	var ids []sessionstore.ID
	for range 40 {
		ids = append(ids, mustCreate(t, s, hash("a", "1")).ID)
	}
	deleted, absent, other := ids[39], sessionstore.NewID(), mustCreate(t, s, hash("a", "2")).ID
	ids = ids[:39]
	require.NoError(t, s.Delete(t.Context(), deleted))
	tombstone := backendtest.MustGet(t, b, string(deleted))
	asked := append([]sessionstore.ID{deleted, ids[7], absent}, ids...)
	sessions, err := s.GetManyTouching(t.Context(), asked, 90*time.Minute)
	require.NoError(t, err)
	require.Len(t, sessions, 40)
	for i, id := range append([]sessionstore.ID{ids[7]}, ids...) {
		assert.Equal(t, 90*time.Minute, sessions[i].ExpiresIn)
		assert.Equal(t, id, sessions[i].ID)
		assert.Equal(t, map[string]string{"a": "1"}, texts(t, sessions[i]))
		backendtest.AssertTimeLeft(t, 90*time.Minute, backendtest.MustGet(t, b, string(id)).ExpiresIn)
	}
	assert.Zero(t, backendtest.MustGet(t, b, string(other)).ExpiresIn, "nobody has asked for it")
	assert.Equal(t, tombstone.CAS, backendtest.MustGet(t, b, string(deleted)).CAS, "untouched")
	requireNoItem(t, b, string(absent))
	kept, err := s.GetManyTouching(t.Context(), asked, sessionstore.DefaultTTL)
	require.NoError(t, err)
	require.Len(t, kept, 40)
	backendtest.AssertTimeLeft(t, 90*time.Minute, kept[0].ExpiresIn)
	_, err = s.GetManyTouching(t.Context(), ids, -time.Hour)
	require.Equal(t, &sessionstore.InvalidTTLError{TTL: -time.Hour}, err)
	_, err = s.GetManyTouching(t.Context(), make([]sessionstore.ID, sessionstore.MaxBatch+1), time.Hour)
	require.Equal(t, &sessionstore.TooManyError{Limit: 1000, Actual: 1001}, err)
}

// Reads with a time to live undo no change that another writer makes meanwhile, and what
// they return is no older than the change before.
func testReadTouchingRace(t *testing.T, b backend.Backend) {
	writer, reader := neverExpiring(b), neverExpiring(b) // as two processes
	ref := mustCreate(t, writer, hash("n", "0"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			_, err := writer.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("n", decimal(i))}, sessionstore.DefaultTTL)
			assert.NoError(t, err)
		}
	}()
	before := ""
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		session, _, err := reader.ViewTouching(t.Context(), ref.ID, time.Hour, nil)
		require.NoError(t, err)
		many, err := reader.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, 2*time.Hour)
		require.NoError(t, err)
		require.Len(t, many, 1)
		for _, now := range []string{texts(t, session)["n"], texts(t, many[0])["n"]} {
			require.GreaterOrEqual(t, now, before)
			before = now
		}
	}
	assert.Equal(t, decimal(59), texts(t, mustRead(t, reader, ref.ID))["n"])
	backendtest.AssertTimeLeft(t, 2*time.Hour, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn)
}
