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
	"memcachedsoap/sessionstore/storable"
)

func principalTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"ReverseKeyLife":         testReverseKeyLife,
		"ReverseKeyMoves":        testReverseKeyMoves,
		"ReverseKeyOfLastLogin":  testReverseKeyOfLastLogin,
		"ReverseKeyOfNoValue":    testReverseKeyOfNoValue,
		"ReverseKeyBytes":        testReverseKeyBytes,
		"ReverseKeyIsNoSession":  testReverseKeyIsNoSession,
		"ReverseKeyTaken":        testReverseKeyTaken,
		"ReverseKeysOfPerl":      testReverseKeysOfPerl,
		"ReverseKeysOfTwo":       testReverseKeysOfTwo,
		"ReverseKeyRace":         testReverseKeyRace,
		"PlainTextIsUnreadable":  testPlainTextIsUnreadable,
		"WithoutPrincipalNoKeys": testWithoutPrincipalNoKeys,
	}
}

// withPrincipals is a Store with reverse keys, none of which may fail.
func withPrincipals(t *testing.T, b backend.Backend, names ...string) *sessionstore.Store {
	return sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals:  names,
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { t.Error("reverse key failed:", err) },
	})
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // as Perl has it
	return hex.EncodeToString(sum[:])
}

// requireReverseKey requires that key points to the session, as Perl's
// Cache::Memcached stores a string.
func requireReverseKey(t *testing.T, b backend.Backend, key string, id sessionstore.ID) backend.Item {
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

func testReverseKeyLife(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	user := newKey()
	key := md5Hex(user)
	ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
	require.NoError(t, err)
	backendtest.AssertTimeLeft(t, time.Hour, requireReverseKey(t, b, key, ref.ID).ExpiresIn)
	assert.Equal(t, map[string]string{"uid": user, "uid_MD5": key}, texts(t, mustRead(t, s, ref.ID)))

	for _, ttl := range []time.Duration{2 * time.Hour, time.Minute, sessionstore.DefaultTTL} {
		_, err = s.Replace(t.Context(), ref.ID, hash("uid", user, "a", "1"), ttl, sessionstore.If{})
		require.NoError(t, err)
		left := requireReverseKey(t, b, key, ref.ID).ExpiresIn
		backendtest.AssertTimeLeft(t, ttl, left)
		assert.Equal(t, ttl == 0, left == 0, "for ever, as the session")

		ttl += 3 * time.Hour
		_, err = s.Touch(t.Context(), ref.ID, ttl)
		require.NoError(t, err)
		backendtest.AssertTimeLeft(t, ttl, requireReverseKey(t, b, key, ref.ID).ExpiresIn)
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
	requireReverseKey(t, b, md5Hex(user), ref.ID)
}

func testReverseKeyMoves(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	before, after := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", before))
	requireReverseKey(t, b, md5Hex(before), ref.ID)
	_, err := s.Replace(t.Context(), ref.ID, hash("uid", after), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireNoItem(t, b, md5Hex(before))
	requireReverseKey(t, b, md5Hex(after), ref.ID)
	assert.Equal(t, md5Hex(after), texts(t, mustRead(t, s, ref.ID))["uid_MD5"])

	// The former key belongs to somebody else by now.
	other := mustCreate(t, s, hash("uid", after))
	_, err = s.Replace(t.Context(), ref.ID, hash("uid", before), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireReverseKey(t, b, md5Hex(after), other.ID)
	requireReverseKey(t, b, md5Hex(before), ref.ID)

	// And without the attribute there is none.
	_, err = s.Replace(t.Context(), ref.ID, hash("a", "1", "uid_MD5", md5Hex(before)), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireNoItem(t, b, md5Hex(before))
	assert.Equal(t, map[string]string{"a": "1"}, texts(t, mustRead(t, s, ref.ID)))
}

func testReverseKeyOfLastLogin(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	user := newKey()
	first, second := mustCreate(t, s, hash("uid", user)), mustCreate(t, s, hash("uid", user))
	requireReverseKey(t, b, md5Hex(user), second.ID)
	_, err := s.Touch(t.Context(), first.ID, time.Minute)
	require.NoError(t, err)
	require.Zero(t, requireReverseKey(t, b, md5Hex(user), second.ID).ExpiresIn, "not the first one's to touch")
	require.NoError(t, s.Delete(t.Context(), first.ID))
	requireReverseKey(t, b, md5Hex(user), second.ID)
	require.NoError(t, s.Delete(t.Context(), second.ID))
	requireNoItem(t, b, md5Hex(user))
}

func testReverseKeyOfNoValue(t *testing.T, b backend.Backend) {
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

func testReverseKeyBytes(t *testing.T, b backend.Backend) {
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
		// What was stored hashes as what was given did, or the key would stay.
		require.NoError(t, s.Delete(t.Context(), ref.ID))
		requireNoItem(t, b, md5Hex(c.hashed))
	}
}

// Who knows a user's name knows the key. It must not give the session away,
// nor be of use in any other way.
func testReverseKeyIsNoSession(t *testing.T, b backend.Backend) {
	for name, s := range map[string]*sessionstore.Store{"with": withPrincipals(t, b, "uid"), "without": forEver(b)} {
		user := newKey()
		key := sessionstore.ID(md5Hex(user))
		ref, err := withPrincipals(t, b, "uid").Create(t.Context(), hash("uid", user), time.Hour)
		require.NoError(t, err, name)
		before := requireReverseKey(t, b, string(key), ref.ID)

		requireAbsent(t, s, key)
		require.ErrorIs(t, s.Delete(t.Context(), key), backend.ErrNotFound)
		_, err = s.Replace(t.Context(), key, hash("uid", "eve"), time.Hour, sessionstore.If{})
		var unreadable *sessionstore.UnreadableError
		require.ErrorAs(t, err, &unreadable)
		require.NotContains(t, err.Error(), string(ref.ID))
		require.Equal(t, before.CAS, backendtest.MustGet(t, b, string(key)).CAS, "untouched")

		_, err = s.Touch(t.Context(), key, time.Minute)
		require.ErrorIs(t, err, backend.ErrNotFound)
		backendtest.AssertTimeLeft(t, time.Hour, requireReverseKey(t, b, string(key), ref.ID).ExpiresIn)
		assert.Greater(t, backendtest.MustGet(t, b, string(key)).ExpiresIn, 2*time.Minute)
	}
}

// A session that somebody has put in the place of a reverse key stays.
func testReverseKeyTaken(t *testing.T, b backend.Backend) {
	var failed []sessionstore.ID
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, id sessionstore.ID, _ error) { failed = append(failed, id) },
	})
	user := newKey()
	key := sessionstore.ID(md5Hex(user))
	_, err := s.Replace(t.Context(), key, hash("a", "theirs"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Empty(t, failed)
	ref, err := s.Create(t.Context(), hash("uid", user), time.Hour)
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{ref.ID}, failed)
	assert.Equal(t, "theirs", texts(t, mustRead(t, s, key))["a"])
	assert.Equal(t, user, texts(t, mustRead(t, s, ref.ID))["uid"])
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	mustRead(t, s, key)
}

// A program that does not know of the principal has changed the value, and the
// session still names the key of the old one.
func testReverseKeysOfPerl(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid")
	before, after := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", before))
	_, err := forEver(b).Replace(t.Context(), ref.ID, hash("uid", after, "uid_MD5", md5Hex(before)), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireReverseKey(t, b, md5Hex(before), ref.ID)
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	requireNoItem(t, b, md5Hex(before))

	// What a session names is no way to have somebody else's item deleted.
	victim := mustCreate(t, s, hash("uid", before))
	for _, named := range []string{string(victim.ID), md5Hex(before), "", "no key", "an\r\ninjection"} {
		evil := mustCreate(t, forEver(b), hash("uid", after, "uid_MD5", named))
		require.NoError(t, s.Delete(t.Context(), evil.ID))
	}
	requireReverseKey(t, b, md5Hex(before), victim.ID)
	mustRead(t, s, victim.ID)
}

func testReverseKeysOfTwo(t *testing.T, b backend.Backend) {
	s := withPrincipals(t, b, "uid", "mail")
	user, mail := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", user, "mail", mail))
	requireReverseKey(t, b, md5Hex(user), ref.ID)
	requireReverseKey(t, b, md5Hex(mail), ref.ID)
	// A value that goes from one attribute to the other keeps its key.
	_, err := s.Replace(t.Context(), ref.ID, hash("mail", user), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	requireReverseKey(t, b, md5Hex(user), ref.ID)
	requireNoItem(t, b, md5Hex(mail))
	assert.Equal(t, map[string]string{"mail": user, "mail_MD5": md5Hex(user)}, texts(t, mustRead(t, s, ref.ID)))
}

// Many logins of one user at once: one of them has the key, and all of them
// have a session.
func testReverseKeyRace(t *testing.T, b backend.Backend) {
	var mu sync.Mutex
	failed := make(map[sessionstore.ID]error)
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
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
	requireReverseKey(t, b, md5Hex(user), holder)
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
	s := forEver(b)
	user := newKey()
	ref := mustCreate(t, s, hash("uid", user, "uid_MD5", "theirs"))
	assert.Equal(t, map[string]string{"uid": user, "uid_MD5": "theirs"}, texts(t, mustRead(t, s, ref.ID)))
	requireNoItem(t, b, md5Hex(user))
}
