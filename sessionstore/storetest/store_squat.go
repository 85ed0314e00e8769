package storetest

import (
	"context"
	"strings"
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

// Nobody keeps Perl programs from finding a user: a session that was stored
// through a Store under the MD5 of the user's name gives way at the next login, and
// so does its tombstone.
func testLookupKeyNotSquatted(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	for name, squat := range map[string]func(id sessionstore.ID){
		"session": func(id sessionstore.ID) {
			_, err := s.Replace(t.Context(), id, hash("a", "1"), time.Hour, sessionstore.If{})
			require.NoError(t, err)
			// It stays what it is when it is used.
			_, err = s.Replace(t.Context(), id, hash("a", "2"), sessionstore.DefaultTTL, sessionstore.If{Exists: true})
			require.NoError(t, err)
			_, err = s.Update(t.Context(), id, sessionstore.Change{Set: hash("b", "1")}, sessionstore.DefaultTTL)
			require.NoError(t, err)
			_, err = s.Touch(t.Context(), id, 2*time.Hour)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"a": "2", "b": "1"}, texts(t, mustRead(t, s, id)))
		},
		"large session": func(id sessionstore.ID) {
			_, err := s.Replace(t.Context(), id, hash("a", strings.Repeat("x", 50_000)), time.Hour, sessionstore.If{})
			require.NoError(t, err)
		},
		"session of another user": func(id sessionstore.ID) {
			_, err := s.Replace(t.Context(), id, hash("uid", newKey()), time.Hour, sessionstore.If{})
			require.NoError(t, err)
		},
		"tombstone": func(id sessionstore.ID) {
			_, err := s.Replace(t.Context(), id, hash("a", "1"), time.Hour, sessionstore.If{})
			require.NoError(t, err)
			require.NoError(t, s.Delete(t.Context(), id))
		},
	} {
		user := newKey()
		key := sessionstore.ID(md5Hex(user))
		squat(key)
		ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
		require.NoError(t, err, name)
		requireLookupKey(t, b, string(key), ref.ID)
		requireAbsent(t, s, key)
		require.ErrorIs(t, s.Delete(t.Context(), key), backend.ErrNotFound, name)
		_, err = s.Replace(t.Context(), key, hash("a", "1"), time.Hour, sessionstore.If{})
		var unreadable *sessionstore.UnreadableError
		require.ErrorAs(t, err, &unreadable, name)
		_, err = s.Update(t.Context(), key, sessionstore.Change{Set: hash("a", "1")}, sessionstore.DefaultTTL)
		require.ErrorIs(t, err, backend.ErrNotFound, name)
		requireLookupKey(t, b, string(key), ref.ID)
		require.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "", user))

		require.NoError(t, s.Delete(t.Context(), ref.ID))
		requireNoItem(t, b, string(key))
	}
}

// What another program has stored under a lookup key stays, however often the user
// logs in: it may be LemonLDAP's persistent session of this user.
func testLookupKeyOfOtherItem(t *testing.T, b backend.Backend) {
	var failed []sessionstore.ID
	s := open(b, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, id sessionstore.ID, _ error) { failed = append(failed, id) },
	})
	login := func(user string) {
		failed = nil
		ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
		require.NoError(t, err)
		require.Equal(t, []sessionstore.ID{ref.ID}, failed)
		require.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "", user), "a lookup key is not needed")
		require.NoError(t, s.Delete(t.Context(), ref.ID))
	}
	user := newKey()
	key := sessionstore.ID(md5Hex(user))
	_, err := neverExpiring(b).Replace(t.Context(), key, hash("_session_uid", user, "totp", "seed"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	login(user)
	require.Equal(t, "seed", texts(t, mustRead(t, s, key))["totp"])

	// A change through the Store does not make it another session.
	_, err = s.Update(t.Context(), key, sessionstore.Change{Set: hash("totp", "two")}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	_, err = s.Replace(t.Context(), key, hash("_session_uid", user, "totp", "three"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	login(user)
	require.Equal(t, "three", texts(t, mustRead(t, s, key))["totp"])

	// A session that a Perl program has stored again is the program's.
	user = newKey()
	key = sessionstore.ID(md5Hex(user))
	_, err = s.Replace(t.Context(), key, hash("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	theirs, err := b.Get(t.Context(), string(key))
	require.NoError(t, err)
	theirs.Flags = 1
	theirs.Image, err = storable.Codec{}.Append(nil, hash("a", "1"))
	require.NoError(t, err)
	require.NoError(t, b.CompareAndSwap(t.Context(), string(key), theirs))
	login(user)
	mustRead(t, s, key)

	for _, item := range []backend.Item{{Image: []byte("a string")}, {Image: []byte("5"), Flags: 1<<29 | 1<<4}} {
		user := newKey()
		require.NoError(t, b.Add(t.Context(), md5Hex(user), item))
		login(user)
		require.Equal(t, item.Image, backendtest.MustGet(t, b, md5Hex(user)).Image)
	}
}

// A session does not lose itself to its own lookup key: a new one under the MD5 of
// one of its values is refused, and one that gets such a value stays.
func testLookupKeyOfOwnSession(t *testing.T, b backend.Backend) {
	var failures int
	s := open(b, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(context.Context, sessionstore.ID, error) { failures++ },
	})
	user := newKey()
	key := sessionstore.ID(md5Hex(user))
	for _, name := range []string{"uid", "_session_uid"} {
		h := perldata.NewHash(1)
		h.Set(name, perldata.TextOf(user))
		_, err := s.Replace(t.Context(), key, h, time.Hour, sessionstore.If{})
		var invalid *sessionstore.InvalidIDError
		require.ErrorAs(t, err, &invalid)
		requireNoItem(t, b, string(key))
	}
	require.Zero(t, failures)

	_, err := s.Replace(t.Context(), key, hash("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	for range 2 {
		_, err = s.Update(t.Context(), key, sessionstore.Change{Set: hash("uid", user)}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		assert.Equal(t, user, texts(t, mustRead(t, s, key))["uid"])
	}
	require.Equal(t, 2, failures)
	ref := mustCreate(t, s, hash("uid", user))
	requireLookupKey(t, b, string(key), ref.ID)
	require.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "", user))
}

// An attribute without a lookup key is found by, and other attributes keep theirs.
func testWithoutLookupKey(t *testing.T, b backend.Backend) {
	s := open(b, sessionstore.Options{
		Principals: []string{"_whatToTrace", "uid"}, WithoutLookupKey: []string{"_whatToTrace"},
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { t.Error(err) },
	})
	user, uid := newKey(), newKey()
	ref := mustCreate(t, s, hash("_whatToTrace", user, "uid", uid, "_whatToTrace_MD5", "theirs"))
	all := texts(t, mustRead(t, s, ref.ID))
	require.Equal(t, "theirs", all["_whatToTrace_MD5"], "an attribute like others")
	require.Equal(t, md5Hex(uid), all["uid_MD5"])
	requireNoItem(t, b, md5Hex(user))
	requireLookupKey(t, b, md5Hex(uid), ref.ID)
	require.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "", user))
	require.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "uid", uid))

	// A lookup key of a Perl program leads nowhere for it.
	foreign := newDigits()
	_, err := neverExpiring(b).Replace(t.Context(), foreign, hash("_whatToTrace", "other"+user), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), md5Hex("other"+user), backend.Item{Image: []byte(foreign), ExpiresIn: time.Hour}))
	require.Empty(t, mustFind(t, s, "", "other"+user))

	require.NoError(t, s.Delete(t.Context(), ref.ID))
	requireNoItem(t, b, md5Hex(uid))
}

// Without lookup keys nothing is written, read or followed: the MD5 of a user's
// name is an id like others, and the attribute with the MD5 an attribute like others.
func testNoLookupKeys(t *testing.T, b backend.Backend) {
	s := open(b, sessionstore.Options{
		Principals: []string{"uid"}, NoLookupKeys: true,
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { t.Error(err) },
	})
	user, other := newKey(), newKey()
	key, otherKey := sessionstore.ID(md5Hex(user)), md5Hex(other)
	ref := mustCreate(t, s, hash("uid", user, "mail_MD5", "x"))
	require.Equal(t, map[string]string{"uid": user, "mail_MD5": "x"}, texts(t, mustRead(t, s, ref.ID)))
	requireNoItem(t, b, string(key))

	// LemonLDAP's persistent session of the user.
	persistent := hash("_session_uid", user, "uid", user, "uid_MD5", "theirs")
	_, err := s.Replace(t.Context(), key, persistent, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, sessionFlags(b), backendtest.MustGet(t, b, string(key)).Flags, "as every session")
	require.ElementsMatch(t, []sessionstore.ID{ref.ID, key}, mustFind(t, s, "", user))

	// A lookup key of a Perl program is neither followed nor changed.
	foreign := mustCreate(t, neverExpiring(b), hash("uid", other, "uid_MD5", otherKey)).ID
	require.NoError(t, b.Add(t.Context(), otherKey, backend.Item{Image: []byte(foreign), ExpiresIn: time.Hour}))
	before := backendtest.MustGet(t, b, otherKey)
	require.Empty(t, mustFind(t, s, "", other))
	_, err = s.Update(t.Context(), foreign, sessionstore.Change{Set: hash("uid", other, "a", "1")}, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{foreign}, mustFind(t, s, "", other))
	_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("uid", other)}, 2*time.Hour)
	require.NoError(t, err)
	_, err = s.Touch(t.Context(), foreign, 2*time.Hour)
	require.NoError(t, err)
	require.Equal(t, []sessionstore.ID{foreign, ref.ID}, mustFind(t, s, "", other))
	require.Equal(t, otherKey, texts(t, mustRead(t, s, foreign))["uid_MD5"], "an attribute like others")
	require.NotContains(t, texts(t, mustRead(t, s, ref.ID)), "uid_MD5")
	_, err = s.DeleteAll(t.Context(), "", other)
	require.NoError(t, err)
	require.Equal(t, before.CAS, backendtest.MustGet(t, b, otherKey).CAS)
	require.Equal(t, "theirs", texts(t, mustRead(t, s, key))["uid_MD5"])
	requireAbsent(t, s, sessionstore.ID(otherKey))
}
