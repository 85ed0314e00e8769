package storetest

import (
	"context"
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"math"
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

func principalTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"LookupKeyLife":          testLookupKeyLife,
		"LookupKeyMoves":         testLookupKeyMoves,
		"LookupKeyOfLastLogin":   testLookupKeyOfLastLogin,
		"LookupKeyOfNoValue":     testLookupKeyOfNoValue,
		"LookupKeyBytes":         testLookupKeyBytes,
		"LookupKeyIsNoSession":   testLookupKeyIsNoSession,
		"LookupKeyNotSquatted":   testLookupKeyNotSquatted,
		"LookupKeyOfOtherItem":   testLookupKeyOfOtherItem,
		"LookupKeyOfOwnSession":  testLookupKeyOfOwnSession,
		"WithoutLookupKey":       testWithoutLookupKey,
		"NoLookupKeys":           testNoLookupKeys,
		"LookupKeysOfPerl":       testLookupKeysOfPerl,
		"LookupKeysOfTwo":        testLookupKeysOfTwo,
		"LookupKeyRace":          testLookupKeyRace,
		"PlainTextIsUnreadable":  testPlainTextIsUnreadable,
		"WithoutPrincipalNoKeys": testWithoutPrincipalNoKeys,
	}
}

// withPrincipals is a Store with lookup keys, none of which may fail.
func withPrincipals(t *testing.T, b backend.Backend, names ...string) *sessionstore.Store {
	return open(b, sessionstore.Options{
		Principals:  names,
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { t.Error("lookup key failed:", err) },
	})
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // as Perl has it
	return hex.EncodeToString(sum[:])
}

// requireLookupKey requires that key points to the session, as Perl's
// Cache::Memcached stores a string.
func requireLookupKey(t *testing.T, b backend.Backend, key string, id sessionstore.ID) backend.Item {
	t.Helper()
	item := backendtest.MustGet(t, b, key)
	require.Equal(t, string(id), string(item.Image))
	require.Zero(t, item.Flags)
	return item
}

func requireNoItem(t *testing.T, b backend.Backend, key string) {
	t.Helper()
	_, err := b.Get(t.Context(), key)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

func testLookupKeyLife(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	user := newKey()
	key := md5Hex(user)
	ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
	require.NoError(t, err)
	backendtest.AssertTimeLeft(t, time.Hour, requireLookupKey(t, b, key, ref.ID).ExpiresIn)
	assert.Equal(t, map[string]string{"uid": user, "uid_MD5": key}, texts(t, mustRead(t, s, ref.ID)))

	for _, ttl := range []time.Duration{2 * time.Hour, time.Minute, sessionstore.DefaultTTL} {
		_, err = s.Replace(t.Context(), ref.ID, hash("uid", user, "a", "1"), ttl, sessionstore.If{})
		require.NoError(t, err)
		left := requireLookupKey(t, b, key, ref.ID).ExpiresIn
		backendtest.AssertTimeLeft(t, ttl, left)
		assert.Equal(t, ttl == 0, left == 0, "it never expires, as the session")

		ttl += 3 * time.Hour
		_, err = s.Touch(t.Context(), ref.ID, ttl)
		require.NoError(t, err)
		backendtest.AssertTimeLeft(t, ttl, requireLookupKey(t, b, key, ref.ID).ExpiresIn)
	}
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	requireNoItem(t, b, key)
	require.NoError(t, b.Add(t.Context(), key, backend.Item{}), "the key is free")

	// One that was evicted comes back with the next write.
	user = newKey()
	ref, err = s.Create(t.Context(), hash("uid", user), time.Hour)
	require.NoError(t, err)
	require.NoError(t, b.Delete(t.Context(), md5Hex(user)))
	_, err = s.Touch(t.Context(), ref.ID, time.Hour)
	require.NoError(t, err)
	_, err = s.Replace(t.Context(), ref.ID, hash("uid", user), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireLookupKey(t, b, md5Hex(user), ref.ID)
}

func testLookupKeyMoves(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	before, after := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", before))
	requireLookupKey(t, b, md5Hex(before), ref.ID)
	_, err := s.Replace(t.Context(), ref.ID, hash("uid", after), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireNoItem(t, b, md5Hex(before))
	requireLookupKey(t, b, md5Hex(after), ref.ID)
	assert.Equal(t, md5Hex(after), texts(t, mustRead(t, s, ref.ID))["uid_MD5"])

	// The former key belongs to another session by now.
	other := mustCreate(t, s, hash("uid", after))
	_, err = s.Replace(t.Context(), ref.ID, hash("uid", before), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireLookupKey(t, b, md5Hex(after), other.ID)
	requireLookupKey(t, b, md5Hex(before), ref.ID)

	// Without the attribute there is no key.
	_, err = s.Replace(t.Context(), ref.ID, hash("a", "1", "uid_MD5", md5Hex(before)), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireNoItem(t, b, md5Hex(before))
	assert.Equal(t, map[string]string{"a": "1"}, texts(t, mustRead(t, s, ref.ID)))
}

func testLookupKeyOfLastLogin(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	user := newKey()
	first, second := mustCreate(t, s, hash("uid", user)), mustCreate(t, s, hash("uid", user))
	requireLookupKey(t, b, md5Hex(user), second.ID)
	_, err := s.Touch(t.Context(), first.ID, time.Minute)
	require.NoError(t, err)
	require.Zero(t, requireLookupKey(t, b, md5Hex(user), second.ID).ExpiresIn, "it is not the key of the first one")
	require.NoError(t, s.Delete(t.Context(), first.ID))
	requireLookupKey(t, b, md5Hex(user), second.ID)
	require.NoError(t, s.Delete(t.Context(), second.ID))
	requireNoItem(t, b, md5Hex(user))
}

func testLookupKeyOfNoValue(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	for name, v := range map[string]perldata.Value{
		"undef":        {},
		"empty bytes":  perldata.BytesOf(""),
		"empty text":   perldata.TextOf(""),
		"a list":       perldata.ListOf(perldata.BytesOf("x")),
		"a hash":       perldata.HashOf(hash("x", "y")),
		"a reference":  perldata.RefTo(&perldata.Scalar{Value: perldata.BytesOf("x")}),
		"an empty one": perldata.ListOf(),
	} {
		h := hash("uid_MD5", md5Hex(name), "a", "1")
		h.Set("uid", v)
		session := mustRead(t, s, mustCreate(t, s, h).ID)
		_, marked := session.Attributes.Get("uid_MD5")
		assert.False(t, marked, name)
		requireNoItem(t, b, md5Hex(""))
		requireNoItem(t, b, md5Hex("x"))
		requireNoItem(t, b, md5Hex(name))
	}
}

func testLookupKeyBytes(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	mark := newKey()
	for name, c := range map[string]struct {
		value  perldata.Value
		hashed string
	}{
		"bytes":             {perldata.BytesOf(mark + "\x00\xff"), mark + "\x00\xff"},
		"text in Latin-1":   {perldata.TextOf(mark + "Zoë"), mark + "Zo\xeb"},
		"the same in bytes": {perldata.BytesOf(mark + "Zo\xeb"), mark + "Zo\xeb"},
		"UTF-8 in bytes":    {perldata.BytesOf(mark + "Zoë"), mark + "Zoë"},
		"wide text":         {perldata.TextOf(mark + "Zoë €"), mark + "Zoë €"},
		"U+FF":              {perldata.TextOf(mark + "\u00ff"), mark + "\xff"},
		"U+100":             {perldata.TextOf(mark + "\u0100"), mark + "\u0100"},
		"zero":              {perldata.BytesOf("0"), "0"},
		"integer":           {perldata.IntOf(-1234567890123), "-1234567890123"},
		"float":             {perldata.FloatOf(0.1), "0.1"},
		"large float":       {perldata.FloatOf(1e20), "1e+20"},
		"infinite":          {perldata.FloatOf(math.Inf(1)), "Inf"},
	} {
		h := perldata.NewHash(2)
		h.Set("uid", c.value)
		ref := mustCreate(t, s, h)
		item := backendtest.MustGet(t, b, md5Hex(c.hashed))
		require.Equal(t, string(ref.ID), string(item.Image), name)
		session := mustRead(t, s, ref.ID)
		marked, _ := session.Attributes.Get("uid_MD5")
		require.Equal(t, perldata.BytesOf(md5Hex(c.hashed)), marked, name)
		// The stored value has the same hash as the given one, or the key would stay.
		require.NoError(t, s.Delete(t.Context(), ref.ID))
		requireNoItem(t, b, md5Hex(c.hashed))
	}
}

// A user's name is enough to know the key. It must not lead to the session, nor be
// of use in any other way.
func testLookupKeyIsNoSession(t *testing.T, b backend.Backend) {
	for name, s := range map[string]*sessionstore.Store{"with": withPrincipals(t, b, "uid"), "without": neverExpiring(b)} {
		user := newKey()
		key := sessionstore.ID(md5Hex(user))
		ref, err := withPrincipals(t, b, "uid").Create(t.Context(), hash("uid", user), time.Hour)
		require.NoError(t, err, name)
		before := requireLookupKey(t, b, string(key), ref.ID)

		requireAbsent(t, s, key)
		require.ErrorIs(t, s.Delete(t.Context(), key), backend.ErrNotFound)
		_, err = s.Replace(t.Context(), key, hash("uid", "eve"), time.Hour, sessionstore.If{})
		var unreadable *sessionstore.UnreadableError
		require.ErrorAs(t, err, &unreadable)
		require.NotContains(t, err.Error(), string(ref.ID))
		require.Equal(t, before.CAS, backendtest.MustGet(t, b, string(key)).CAS, "untouched")

		_, err = s.Touch(t.Context(), key, time.Minute)
		require.ErrorIs(t, err, backend.ErrNotFound)
		backendtest.AssertTimeLeft(t, time.Hour, requireLookupKey(t, b, string(key), ref.ID).ExpiresIn)
		assert.Greater(t, backendtest.MustGet(t, b, string(key)).ExpiresIn, 2*time.Minute)
	}
}

// A program that does not know the index has changed the value, and the session
// still names the key of the old one.
func testLookupKeysOfPerl(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	before, after := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", before))
	_, err := neverExpiring(b).Replace(t.Context(), ref.ID, hash("uid", after, "uid_MD5", md5Hex(before)), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireLookupKey(t, b, md5Hex(before), ref.ID)
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	requireNoItem(t, b, md5Hex(before))

	// A session cannot name the item of another program to have it deleted.
	victim := mustCreate(t, s, hash("uid", before))
	for _, named := range []string{string(victim.ID), md5Hex(before), "", "no key", "an\r\ninjection"} {
		evil := mustCreate(t, neverExpiring(b), hash("uid", after, "uid_MD5", named))
		require.NoError(t, s.Delete(t.Context(), evil.ID))
	}
	requireLookupKey(t, b, md5Hex(before), victim.ID)
	mustRead(t, s, victim.ID)
}

func testLookupKeysOfTwo(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid", "mail")
	user, mail := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", user, "mail", mail))
	requireLookupKey(t, b, md5Hex(user), ref.ID)
	requireLookupKey(t, b, md5Hex(mail), ref.ID)
	// A value that moves from one attribute to the other keeps its key.
	_, err := s.Replace(t.Context(), ref.ID, hash("mail", user), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireLookupKey(t, b, md5Hex(user), ref.ID)
	requireNoItem(t, b, md5Hex(mail))
	assert.Equal(t, map[string]string{"mail": user, "mail_MD5": md5Hex(user)}, texts(t, mustRead(t, s, ref.ID)))
}

// After many logins of one user at once, one of them has the key, and all have a
// session.
func testLookupKeyRace(t *testing.T, b backend.Backend) {
	var mu sync.Mutex
	failed := make(map[sessionstore.ID]error)
	s := open(b, sessionstore.Options{
		Principals: []string{"uid"},
		IndexFailed: func(_ context.Context, id sessionstore.ID, err error) {
			mu.Lock()
			defer mu.Unlock()
			failed[id] = err
		},
	})
	user := newKey()
	var group sync.WaitGroup
	refs := make([]sessionstore.Ref, writers)
	for i := range refs {
		group.Go(func() {
			ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
			assert.NoError(t, err)
			refs[i] = ref
		})
	}
	group.Wait()
	for id, err := range failed {
		assert.ErrorIs(t, err, backend.ErrConflict, id)
	}
	holder := sessionstore.ID(backendtest.MustGet(t, b, md5Hex(user)).Image)
	found := false
	for _, ref := range refs {
		if found = found || ref.ID == holder; ref.ID != holder {
			require.NoError(t, s.Delete(t.Context(), ref.ID))
		}
	}
	require.True(t, found)
	requireLookupKey(t, b, md5Hex(user), holder)
}

func testPlainTextIsUnreadable(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	for _, item := range []backend.Item{
		{},
		{Image: []byte("a string")},
		{Image: []byte(newKey() + newKey() + "0")},
		{Image: []byte(newKey() + "\n")},
		{Image: []byte(newKey()), Flags: 1},
	} {
		id := sessionstore.NewID()
		require.NoError(t, b.Add(t.Context(), string(id), item))
		_, err := s.Get(t.Context(), id)
		var unreadable *sessionstore.UnreadableError
		require.ErrorAs(t, err, &unreadable, "%q, flags %d", item.Image, item.Flags)
	}
}

func testWithoutPrincipalNoKeys(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	user := newKey()
	ref := mustCreate(t, s, hash("uid", user, "uid_MD5", "theirs"))
	assert.Equal(t, map[string]string{"uid": user, "uid_MD5": "theirs"}, texts(t, mustRead(t, s, ref.ID)))
	requireNoItem(t, b, md5Hex(user))
}
