package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
)

func renameTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"OnlyNew":          testOnlyNew,
		"OnlyNewOnce":      testOnlyNewOnce,
		"Rename":           testRename,
		"RenameNewID":      testRenameNewID,
		"RenameRefused":    testRenameRefused,
		"RenameTyped":      testRenameTyped,
		"RenamePrincipal":  testRenamePrincipal,
		"RenameLookupKey":  testRenameLookupKey,
		"RenameAtLimit":    testRenameAtLimit,
		"RenameOnce":       testRenameOnce,
		"RenameKeepsAll":   testRenameKeepsAll,
		"RenameOrDelete":   testRenameOrDelete,
		"DeleteConditions": testDeleteConditions,
	}
}

var onlyNew = sessionstore.If{New: true} //nolint:gochecknoglobals // a constant

func testOnlyNew(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	first, err := s.Replace(t.Context(), id, hash("a", "1"), sessionstore.DefaultTTL, onlyNew)
	require.NoError(t, err)
	require.Equal(t, first, mustRead(t, s, id).Ref)
	_, err = s.Replace(t.Context(), id, hash("a", "2"), sessionstore.DefaultTTL, onlyNew)
	require.Equal(t, &sessionstore.ExistsError{ID: id}, err)
	require.Equal(t, first, mustRead(t, s, id).Ref, "nothing was written")
	require.NoError(t, s.Delete(t.Context(), id))
	_, err = s.Replace(t.Context(), id, hash("a", "3"), sessionstore.DefaultTTL, onlyNew)
	require.ErrorIs(t, err, sessionstore.ErrDeleted)

	strange := newKey()
	require.NoError(t, b.Add(t.Context(), strange, backend.Item{Image: []byte("no session"), Flags: 1}))
	_, err = s.Replace(t.Context(), sessionstore.ID(strange), hash("a", "1"), sessionstore.DefaultTTL, onlyNew)
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, []byte("no session"), backendtest.MustGet(t, b, strange).Image)
}

// Of many writers that create a session under one id, exactly one succeeds.
func testOnlyNewOnce(t *testing.T, b backend.Backend) {
	id := sessionstore.NewID()
	s, ref := onlyOne(t, b, func(s *sessionstore.Store, writer string) (sessionstore.Ref, error) {
		return s.Replace(t.Context(), id, hash("a", writer), sessionstore.DefaultTTL, onlyNew)
	}, func(err error) bool { return errors.As(err, new(*sessionstore.ExistsError)) })
	assert.Equal(t, ref, mustRead(t, s, id).Ref)
}

// onlyOne calls write as many writers of two processes, and returns the result of the
// one that succeeds. The others must lose.
func onlyOne(
	t *testing.T, b backend.Backend,
	write func(s *sessionstore.Store, writer string) (sessionstore.Ref, error), lost func(error) bool,
) (*sessionstore.Store, sessionstore.Ref) {
	t.Helper()
	stores := []*sessionstore.Store{neverExpiring(b), neverExpiring(b)}
	var all sync.WaitGroup
	var mu sync.Mutex
	var won []sessionstore.Ref
	for writer := range writers {
		all.Go(func() {
			ref, err := write(stores[writer%2], fmt.Sprint("of ", writer))
			if err != nil {
				assert.True(t, lost(err), "%v", err)
				return
			}
			mu.Lock()
			won = append(won, ref)
			mu.Unlock()
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	return stores[0], won[0]
}

func testRename(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{Default: 2 * time.Hour})
	before := mustCreate(t, s, hash("uid", "dwho", "empty", ""))
	was := backendtest.MustGet(t, b, string(before.ID))
	to := sessionstore.NewID()
	ref, err := s.Rename(t.Context(), before.ID, to, sessionstore.If{Version: before.Version})
	require.NoError(t, err)
	session := mustRead(t, s, to)
	assert.Equal(t, ref.Version, session.Version)
	assert.NotEqual(t, before.Version, ref.Version, "the id is among the attributes")
	assert.Equal(t, map[string]string{"uid": "dwho", "empty": ""}, texts(t, session))
	backendtest.AssertTimeLeft(t, 2*time.Hour, ref.ExpiresIn)
	backendtest.AssertTimeLeft(t, 2*time.Hour, session.ExpiresIn)

	requireAbsent(t, s, before.ID)
	now, tombstone := backendtest.MustGet(t, b, string(to)), backendtest.MustGet(t, b, string(before.ID))
	assert.True(t, tombstone.Deleted)
	backendtest.AssertTimeLeft(t, 2*time.Hour, tombstone.ExpiresIn)
	if was.Version.Credible() != 0 {
		assert.Greater(t, now.Version, was.Version)
		assert.Greater(t, tombstone.Version, was.Version)
	}
	_, err = s.Update(t.Context(), before.ID, sessionstore.Change{Set: hash("late", "1")}, sessionstore.DefaultTTL)
	require.ErrorIs(t, err, sessionstore.ErrDeleted, "a late writer is refused")
	_, err = s.Rename(t.Context(), to, before.ID, sessionstore.If{})
	require.ErrorIs(t, err, sessionstore.ErrNewIDDeleted, "there is no way back")
	_, err = s.Rename(t.Context(), before.ID, "", sessionstore.If{})
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	require.NotErrorIs(t, err, sessionstore.ErrNewIDDeleted)
	assert.Equal(t, ref.Version, mustRead(t, s, to).Version)

	endless := neverExpiring(b)
	ref, err = endless.Rename(t.Context(), mustCreate(t, endless, nil).ID, "", sessionstore.If{})
	require.NoError(t, err)
	assert.Zero(t, ref.ExpiresIn)
	assert.Zero(t, backendtest.MustGet(t, b, string(ref.ID)).ExpiresIn, "it never expires, as before")
}

// Without a new id the Store makes one: with as many digits as those of its kind have.
func testRenameNewID(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	for _, digits := range []int{1, 32, 63, 64} {
		id := sessionstore.ID(strings.Repeat(newKey(), 2)[:digits])
		_, err := s.Replace(t.Context(), id, hash("a", "1"), time.Hour, sessionstore.If{})
		if digits == 1 && err != nil {
			continue // another test has had it
		}
		require.NoError(t, err)
		ref, err := s.Rename(t.Context(), id, "", sessionstore.If{})
		require.NoError(t, err)
		want := 32
		if digits == 64 {
			want = 64
		}
		assert.Len(t, string(ref.ID), want)
		assert.NotEqual(t, id, ref.ID)
		assert.Equal(t, "1", texts(t, mustRead(t, s, ref.ID))["a"])
	}
}

func testRenameRefused(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	absent, to := sessionstore.NewID(), sessionstore.NewID()
	for _, cond := range []sessionstore.If{{}, {Version: "abc"}, {Exists: true}} {
		_, err := s.Rename(t.Context(), absent, to, cond)
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	ref := mustCreate(t, s, hash("a", "1"))
	_, err := s.Rename(t.Context(), ref.ID, to, sessionstore.If{Version: "abc"})
	require.Equal(t, &sessionstore.VersionConflictError{ID: ref.ID, Current: ref.Version}, err)
	requireNoItem(t, b, string(to))

	var invalid *sessionstore.InvalidIDError
	for _, wrong := range []sessionstore.ID{ref.ID, sessionstore.TypedID("saml", to)} {
		_, err = s.Rename(t.Context(), ref.ID, wrong, sessionstore.If{})
		require.ErrorAs(t, err, &invalid)
	}
	other := mustCreate(t, s, hash("a", "2"))
	_, err = s.Rename(t.Context(), ref.ID, other.ID, sessionstore.If{})
	require.Equal(t, &sessionstore.ExistsError{ID: other.ID}, err)
	require.Equal(t, other, mustRead(t, s, other.ID).Ref)

	strange := newKey()
	require.NoError(t, b.Add(t.Context(), strange, backend.Item{Image: []byte("no session"), Flags: 1}))
	var unreadable *sessionstore.UnreadableError
	_, err = s.Rename(t.Context(), ref.ID, sessionstore.ID(strange), sessionstore.If{})
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, sessionstore.ID(strange), unreadable.ID)
	_, err = s.Rename(t.Context(), sessionstore.ID(strange), to, sessionstore.If{})
	require.ErrorAs(t, err, &unreadable)
	requireNoItem(t, b, string(to))
	require.Equal(t, []byte("no session"), backendtest.MustGet(t, b, strange).Image)
	require.Equal(t, ref, mustRead(t, s, ref.ID).Ref, "it is as it was")
}

func testRenameTyped(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	before, err := s.CreateTyped(t.Context(), "saml", hash("a", "1"), time.Hour)
	require.NoError(t, err)
	ref, err := s.Rename(t.Context(), before.ID, "", sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, "saml", ref.ID.Type())
	assert.Len(t, ref.ID.Digits(), 64)
	session, err := s.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	id, _ := session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, ref.ID.Digits(), id.Str())
	requireAbsent(t, s, before.ID)
}

func testRenamePrincipal(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user := newKey()
	one, two := mustCreate(t, s, hash("uid", user)).ID, mustCreate(t, s, hash("uid", user)).ID
	ref, err := s.Rename(t.Context(), one, "", sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{two, ref.ID}, mustFind(t, s, "", user))
	assert.Equal(t, string(ref.ID), string(backendtest.MustGet(t, b, md5Hex(user)).Image), "the lookup key leads to it")
	deleted, err := s.DeleteAll(t.Context(), "", user)
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{two, ref.ID}, deleted)
	requireAbsent(t, s, ref.ID)
}

// No session gets an id that is the lookup key of a value of its own, and a lookup key
// takes the place of a session that has got its id.
func testRenameLookupKey(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user, other := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", user, "note", other))
	for _, key := range []string{md5Hex(user), md5Hex(other)} {
		_, err := s.Rename(t.Context(), ref.ID, sessionstore.ID(key), sessionstore.If{})
		var unreadable *sessionstore.UnreadableError
		var invalid *sessionstore.InvalidIDError
		require.True(t, errors.As(err, &invalid) || errors.As(err, &unreadable), "%v", err)
	}
	stranger := newKey()
	_, err := s.Rename(t.Context(), ref.ID, sessionstore.ID(md5Hex(stranger)), sessionstore.If{})
	require.NoError(t, err)
	login := mustCreate(t, s, hash("uid", stranger))
	assert.Equal(t, string(login.ID), string(backendtest.MustGet(t, b, md5Hex(stranger)).Image))
	_, err = s.Rename(t.Context(), sessionstore.ID(md5Hex(stranger)), "", sessionstore.If{})
	require.ErrorIs(t, err, backend.ErrNotFound, "a lookup key is no session")
}

// A session that gets another id is no login: it ends no other one.
func testRenameAtLimit(t *testing.T, b backend.Backend) {
	s := findable(b, 2)
	user := newKey()
	one, two := mustCreate(t, s, hash("uid", user)).ID, mustCreate(t, s, hash("uid", user)).ID
	ref, err := s.Rename(t.Context(), one, "", sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{two, ref.ID}, mustFind(t, s, "", user))
	three := mustCreate(t, s, hash("uid", user)).ID
	assert.Equal(t, []sessionstore.ID{ref.ID, three}, mustFind(t, s, "", user), "it counts once")
}

// Of many that rename one session, exactly one succeeds, and nothing is left of the
// others.
func testRenameOnce(t *testing.T, b backend.Backend) {
	user := newKey()
	before := mustCreate(t, findable(b, 0), hash("uid", user)).ID
	s, ref := onlyOne(t, b, func(s *sessionstore.Store, _ string) (sessionstore.Ref, error) {
		return s.Rename(t.Context(), before, "", sessionstore.If{})
	}, func(err error) bool { return errors.Is(err, sessionstore.ErrDeleted) })
	assert.Equal(t, ref.Version, mustRead(t, s, ref.ID).Version)
	requireAbsent(t, s, before)
}

// Whatever was changed before the session got its new id is there afterwards, and what
// comes later is refused.
func testRenameKeepsAll(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{findable(b, 0), findable(b, 0), findable(b, 0)} // as three processes
	user := newKey()
	id := mustCreate(t, stores[0], hash("uid", user)).ID
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	var mu sync.Mutex
	kept := map[string]string{"uid": user, "uid_MD5": md5Hex(user)}
	began := make(chan struct{}, writers)
	for writer := range writers / 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d of %d", i, writer)
				_, err := stores[writer%2].Update(ctx, id, sessionstore.Change{Set: hash(name, "x")}, sessionstore.DefaultTTL)
				if err != nil {
					assert.ErrorIs(t, err, sessionstore.ErrDeleted)
					return
				}
				mu.Lock()
				kept[name] = "x"
				mu.Unlock()
				if i == 1 {
					began <- struct{}{}
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	<-began
	ref, err := stores[2].Rename(t.Context(), id, "", sessionstore.If{})
	for errors.Is(err, backend.ErrConflict) { // on a busy machine the writers may be faster all the time
		ref, err = stores[2].Rename(t.Context(), id, "", sessionstore.If{})
	}
	require.NoError(t, err)
	all.Wait()
	assert.Equal(t, kept, texts(t, mustRead(t, stores[2], ref.ID)))
	assert.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, stores[2], "", user))
}

// Who deletes a session while it gets another id either deletes it, or finds that it is
// renamed: afterwards it is under no id, or under the new one.
func testRenameOrDelete(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{findable(b, 0), findable(b, 0)}
	for range writers {
		user := newKey()
		id := mustCreate(t, stores[0], hash("uid", user)).ID
		var deleted error
		var all sync.WaitGroup
		all.Go(func() { deleted = stores[1].Delete(t.Context(), id) })
		ref, err := stores[0].Rename(t.Context(), id, "", sessionstore.If{})
		all.Wait()
		requireAbsent(t, stores[0], id)
		if err == nil {
			require.ErrorIs(t, deleted, backend.ErrNotFound)
			mustRead(t, stores[0], ref.ID)
			continue
		}
		require.ErrorIs(t, err, sessionstore.ErrDeleted)
		require.NoError(t, deleted)
		require.Empty(t, mustFind(t, stores[0], "", user))
	}
}

func testDeleteConditions(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	first := mustCreate(t, s, hash("a", "1"))
	second, err := s.Update(t.Context(), first.ID, sessionstore.Change{Set: hash("a", "2")}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	require.Equal(t, &sessionstore.VersionConflictError{ID: first.ID, Current: second.Version}, s.DeleteIf(t.Context(), first.ID, first.Version))
	require.Equal(t, second, mustRead(t, s, first.ID).Ref)
	require.NoError(t, s.DeleteIf(t.Context(), first.ID, second.Version))
	requireAbsent(t, s, first.ID)
	for _, id := range []sessionstore.ID{first.ID, sessionstore.NewID()} {
		require.ErrorIs(t, s.DeleteIf(t.Context(), id, second.Version), backend.ErrNotFound)
	}
}
