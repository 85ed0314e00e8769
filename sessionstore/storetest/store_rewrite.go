package storetest

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

func rewriteTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Rewrite":           testRewrite,
		"RewriteLife":       testRewriteLife,
		"RewriteKeepsForms": testRewriteKeepsForms,
		"RewriteRefused":    testRewriteRefused,
		"RewriteTogether":   testRewriteTogether,
		"RewriteWithin":     testRewriteWithin,
		"NewerLogin":        testNewerLogin,
	}
}

// rewriteTo returns a change that makes a session what the attributes are.
func rewriteTo(attributes *perldata.Hash, life time.Duration) func(*perldata.Hash) (sessionstore.Rewritten, error) {
	return func(*perldata.Hash) (sessionstore.Rewritten, error) {
		return sessionstore.Rewritten{Attributes: attributes, ExpiresIn: life}, nil
	}
}

// A rewrite sees the session, or nil, and stores what it returns.
func testRewrite(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{})
	for _, id := range []sessionstore.ID{newDigits(), sessionstore.TypedID("saml", newDigits())} {
		ref, created, err := s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
			assert.Nil(t, present)
			return sessionstore.Rewritten{Attributes: hash("a", "1", "b", "2"), ExpiresIn: time.Hour}, nil
		})
		require.NoError(t, err)
		assert.True(t, created)
		assert.Equal(t, id, ref.ID)
		ref, created, err = s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
			present.Set("a", perldata.BytesOf("3"))
			present.Delete("b")
			return sessionstore.Rewritten{Attributes: present, ExpiresIn: time.Hour}, nil
		})
		require.NoError(t, err)
		assert.False(t, created)
		session := mustRead(t, s, id)
		assert.Equal(t, ref.Version, session.Version)
		v, _ := session.Attributes.Get(sessionstore.IDAttribute)
		assert.Equal(t, id.Digits(), v.Str())
		v, _ = session.Attributes.Get("a")
		assert.Equal(t, "3", v.Str())
		assert.Equal(t, 2, session.Attributes.Len())
	}
}

// The life is what the change says, whatever the store allows, also beyond 30 days, and
// without an idle timeout.
func testRewriteLife(t *testing.T, b backend.Backend) {
	const day = 24 * time.Hour
	s := newStore(b, sessionstore.Lifetimes{Default: time.Minute, Longest: time.Hour, Idle: time.Minute})
	id := newDigits()
	for _, life := range []time.Duration{60 * day, 2 * time.Hour, 0, 90 * day, time.Second} {
		ref, _, err := s.Rewrite(t.Context(), id, rewriteTo(hash("a", "1", sessionstore.EndAttribute, "1"), life))
		require.NoError(t, err)
		assert.Equal(t, life, ref.ExpiresIn)
		session := mustRead(t, s, id)
		assert.InDelta(t, life, session.ExpiresIn, float64(2*time.Second))
		assert.Equal(t, life == 0, session.ExpiresIn == 0)
		_, has := session.Attributes.Get(sessionstore.EndAttribute)
		assert.False(t, has)
	}
	_, _, err := s.Rewrite(t.Context(), id, rewriteTo(hash("a", "1"), 60*day))
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), id))
	item, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	assert.True(t, item.Deleted)
	assert.InDelta(t, 60*day, item.ExpiresIn, float64(2*time.Second))
	_, _, err = s.Rewrite(t.Context(), newDigits(), rewriteTo(hash(), -time.Second))
	require.ErrorAs(t, err, new(*sessionstore.InvalidTTLError))
	ref, err := s.CreateTyped(t.Context(), "", hash("a", "1"), 60*day)
	require.NoError(t, err)
	assert.Equal(t, 60*day, ref.ExpiresIn)
	_, err = s.CreateTyped(t.Context(), "", hash(), -time.Second)
	require.ErrorAs(t, err, new(*sessionstore.InvalidTTLError))
}

// A value that is replaced by an equal one keeps its form: the image is the same.
func testRewriteKeepsForms(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{})
	id := newDigits()
	before := perldata.NewHash(4)
	before.Set("flagged", perldata.TextOf("dwho").WithForm(perldata.FormFlagged))
	before.Set("latin1", perldata.BytesOf("zo\xeb"))
	before.Set("list", perldata.ListOf(perldata.TextOf("a").WithForm(perldata.FormFlagged), perldata.IntOf(3)))
	before.Set("number", perldata.IntOf(3))
	stored, err := s.Replace(t.Context(), id, before, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	set := func(name string, v perldata.Value) func(*perldata.Hash) (sessionstore.Rewritten, error) {
		return func(present *perldata.Hash) (sessionstore.Rewritten, error) {
			present.Set(name, v)
			return sessionstore.Rewritten{Attributes: present, ExpiresIn: time.Hour}, nil
		}
	}
	for name, v := range map[string]perldata.Value{
		"flagged": perldata.BytesOf("dwho"), "latin1": perldata.TextOf("zoë"),
		"list": perldata.ListOf(perldata.BytesOf("a"), perldata.IntOf(3)), "number": perldata.IntOf(3),
	} {
		ref, _, err := s.Rewrite(t.Context(), id, set(name, v))
		require.NoError(t, err)
		assert.Equal(t, stored.Version, ref.Version, name)
	}
	for name, v := range map[string]perldata.Value{
		"flagged": perldata.BytesOf("dwhoo"), "number": perldata.BytesOf("3"),
		"list": perldata.ListOf(perldata.BytesOf("a"), perldata.IntOf(4)),
	} {
		ref, _, err := s.Rewrite(t.Context(), id, set(name, v))
		require.NoError(t, err)
		assert.NotEqual(t, stored.Version, ref.Version, name)
		stored = ref
	}
}

// What is no session is not rewritten, and an error of the change stores nothing.
func testRewriteRefused(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{})
	foreign := newDigits()
	require.NoError(t, b.Add(t.Context(), string(foreign), backend.Item{Image: []byte("a string"), ExpiresIn: time.Hour}))
	_, _, err := s.Rewrite(t.Context(), foreign, rewriteTo(hash("a", "1"), time.Hour))
	require.ErrorAs(t, err, new(*sessionstore.UnreadableError))
	refused := errors.New("refused")
	id := newDigits()
	_, _, err = s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
		return sessionstore.Rewritten{Attributes: hash("a", "1")}, refused
	})
	require.ErrorIs(t, err, refused)
	requireAbsent(t, s, id)
	_, _, err = s.Rewrite(t.Context(), "", rewriteTo(hash("a", "1"), time.Hour))
	require.ErrorIs(t, err, backend.ErrInvalidKey)
}

// Rewrites at the same time lose nothing: a change is called again with what is there.
func testRewriteTogether(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{newStore(b, sessionstore.Lifetimes{}), newStore(b, sessionstore.Lifetimes{})}
	id := newDigits()
	var together sync.WaitGroup
	const each = 8
	for n, s := range stores {
		together.Go(func() {
			for i := range each {
				_, _, err := s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
					if present == nil {
						present = perldata.NewHash(1)
					}
					present.Set(strconv.Itoa(n)+"-"+strconv.Itoa(i), perldata.BytesOf("1"))
					return sessionstore.Rewritten{Attributes: present, ExpiresIn: time.Hour}, nil
				})
				assert.NoError(t, err)
			}
		})
	}
	together.Wait()
	assert.Equal(t, len(stores)*each+1, mustRead(t, stores[0], id).Attributes.Len())
}

// A change within bounds sees no attribute that survives, and what is created is allowed
// first.
func testRewriteWithin(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{})
	id := newDigits()
	refused := errors.New("refused")
	bounds := sessionstore.Bounds{Except: []string{"secret", "absent"}, Create: func() error { return refused }}
	_, _, err := s.RewriteWithin(t.Context(), id, rewriteTo(hash("a", "1"), time.Hour), bounds)
	require.ErrorIs(t, err, refused)
	requireAbsent(t, s, id)
	_, err = s.Replace(t.Context(), id, hash("a", "1", "secret", "x"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	_, created, err := s.RewriteWithin(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		_, seen := present.Get("secret")
		assert.False(t, seen)
		return sessionstore.Rewritten{Attributes: hash("b", "2"), ExpiresIn: time.Hour}, nil
	}, bounds)
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, map[string]string{"b": "2", "secret": "x"}, texts(t, mustRead(t, s, id)))
}

// A deleted session comes back only as a login in a later second than the deletion.
func testNewerLogin(t *testing.T, b backend.Backend) {
	s := newStore(b, sessionstore.Lifetimes{})
	now := time.Now()
	second := func(offset time.Duration) string { return strconv.FormatInt(now.Add(offset).Unix(), 10) }
	// Ten minutes pass: it is not worth to wait in a test, so the deletion is old.
	deletedAt := now.Add(-10 * time.Minute)
	remove := func(version backend.Version) sessionstore.ID {
		id := newDigits()
		tombstone := backend.Tombstone(time.Hour)
		tombstone.Version = version
		require.NoError(t, b.Add(t.Context(), string(id), tombstone))
		return id
	}
	for name, tt := range map[string]struct {
		attributes *perldata.Hash
		allowed    bool
	}{
		"no login":                    {hash("a", "1"), false},
		"before the deletion":         {hash("_utime", second(-11*time.Minute)), false},
		"in the second of it":         {hash("_utime", second(-10*time.Minute)), false},
		"after it":                    {hash("_utime", second(-9*time.Minute)), true},
		"now":                         {hash("_utime", second(0)), true},
		"far ahead":                   {hash("_utime", second(5*time.Minute)), false},
		"an offline token":            {hash("_utime", second(24*time.Hour)), false},
		"the authentication is newer": {hash("_utime", second(-24*time.Hour), "_lastAuthnUTime", second(0)), true},
		"the authentication is older": {hash("_utime", second(0), "_lastAuthnUTime", second(-24*time.Hour)), false},
		"an offline token of now":     {hash("_utime", second(24*time.Hour), "_lastAuthnUTime", second(0)), true},
		"no number":                   {hash("_utime", "now"), false},
	} {
		id := remove(backend.VersionAt(deletedAt))
		_, created, err := s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
			assert.Nil(t, present)
			return sessionstore.Rewritten{Attributes: tt.attributes, ExpiresIn: time.Hour}, nil
		})
		if !tt.allowed {
			require.ErrorIs(t, err, sessionstore.ErrDeleted, name)
			requireAbsent(t, s, id)
			continue
		}
		require.NoError(t, err, name)
		assert.True(t, created, name)
		mustRead(t, s, id)
		require.NoError(t, s.Delete(t.Context(), id))
		_, _, err = s.Rewrite(t.Context(), id, rewriteTo(tt.attributes, time.Hour))
		require.ErrorIs(t, err, sessionstore.ErrDeleted, "%s, deleted again", name)
	}
	// Nobody knows when it was deleted.
	_, _, err := s.Rewrite(t.Context(), remove(0), rewriteTo(hash("_utime", second(0)), time.Hour))
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
}
