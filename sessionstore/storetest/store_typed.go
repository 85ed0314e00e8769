package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
)

func typedTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Typed":          testTyped,
		"TypedPrincipal": testTypedPrincipal,
		"Each":           testEach,
		"FindEach":       testFindEach,
	}
}

// newDigits returns digits that no other test uses.
func newDigits() sessionstore.ID { return sessionstore.NewID() }

// A session of a type is one like others. The same digits are another session in
// another type. Its id in the session is the digits.
func testTyped(t *testing.T, b backend.Backend) {
	s := open(b, sessionstore.Options{Principals: []string{"uid"}})
	global := newDigits()
	saml, oidc := sessionstore.TypedID("saml", global), sessionstore.TypedID("oidc", global)
	for _, id := range []sessionstore.ID{global, saml, oidc} {
		_, err := s.Replace(t.Context(), id, hash("uid", "dwho", "type", id.Type()), time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
	for _, id := range []sessionstore.ID{global, saml, oidc} {
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, id, session.ID)
		v, _ := session.Attributes.Get("type")
		assert.Equal(t, id.Type(), v.Str())
		v, _ = session.Attributes.Get(sessionstore.IDAttribute)
		assert.Equal(t, string(global), v.Str())
	}
	require.NoError(t, s.Delete(t.Context(), saml))
	_, err := s.Replace(t.Context(), saml, hash("uid", "dwho"), time.Hour, sessionstore.If{})
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	_, err = s.Get(t.Context(), saml)
	require.ErrorIs(t, err, backend.ErrNotFound)
	for _, id := range []sessionstore.ID{global, oidc} {
		_, err = s.Update(t.Context(), id, sessionstore.Change{Set: hash("a", "1")}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		_, err = s.Touch(t.Context(), id, time.Minute)
		require.NoError(t, err)
	}
	ref, err := s.CreateTyped(t.Context(), "cas", hash("uid", "dwho"), 0)
	require.NoError(t, err)
	assert.Equal(t, "cas", ref.ID.Type())
	assert.Len(t, ref.ID.Digits(), 64)
	assert.Zero(t, ref.ExpiresIn)
}

// Sessions of a type are found in their type only, have no lookup key, and a lookup key
// does not lead to them.
func testTypedPrincipal(t *testing.T, b backend.Backend) {
	s := open(b, sessionstore.Options{Principals: []string{"uid"}})
	name := string(newDigits())
	digits := newDigits()
	saml := sessionstore.TypedID("saml", digits)
	_, err := s.Replace(t.Context(), saml, hash("uid", name), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	session, err := s.Get(t.Context(), saml)
	require.NoError(t, err)
	_, marked := session.Attributes.Get("uid_MD5")
	assert.False(t, marked)
	find := func(kind string) []sessionstore.ID {
		t.Helper()
		ids, err := s.FindIn(t.Context(), kind, "", name)
		require.NoError(t, err)
		return ids
	}
	assert.Empty(t, find(""))
	assert.Empty(t, find("oidc"))
	assert.Equal(t, []sessionstore.ID{saml}, find("saml"))
	_, err = b.Get(t.Context(), md5Hex(name))
	require.ErrorIs(t, err, backend.ErrNotFound, "lookup key of a session of a type")
	require.NoError(t, b.Add(t.Context(), md5Hex(name), backend.Item{Image: []byte(saml), ExpiresIn: time.Hour}))
	assert.Empty(t, find(""), "a lookup key leads to a session of a type")
	global := mustCreate(t, s, hash("uid", name))
	assert.Equal(t, []sessionstore.ID{global.ID}, find(""))
	deleted, err := s.DeleteAll(t.Context(), "", name)
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{global.ID}, deleted)
	assert.Equal(t, []sessionstore.ID{saml}, find("saml"))
	require.NoError(t, s.Delete(t.Context(), saml))
	assert.Empty(t, find("saml"))
}

// Each visits the sessions of a type, each once, and no others. An error of the visitor
// ends it.
func testEach(t *testing.T, b backend.Backend) {
	if _, scannable := backend.PoolOf(b); !scannable {
		return
	}
	s := open(b, sessionstore.Options{Principals: []string{"uid"}})
	kind := "e" + letters(newDigits())
	var want []sessionstore.ID
	for range 250 {
		ref, err := s.CreateTyped(t.Context(), kind, hash("uid", "dwho"), time.Hour)
		require.NoError(t, err)
		want = append(want, ref.ID)
	}
	deleted := want[len(want)-1]
	want = want[:len(want)-1]
	require.NoError(t, s.Delete(t.Context(), deleted))
	foreign := sessionstore.TypedID(kind, newDigits())
	require.NoError(t, b.Add(t.Context(), string(foreign), backend.Item{Image: []byte("no session"), ExpiresIn: time.Hour}))
	var visited []sessionstore.ID
	err := backendtest.Scan(func() error {
		visited = nil
		return s.Each(t.Context(), kind, func(id sessionstore.ID, session sessionstore.Session) error {
			visited = append(visited, id)
			assert.Equal(t, id, session.ID)
			v, _ := session.Attributes.Get("uid")
			assert.Equal(t, "dwho", v.Str())
			return nil
		})
	})
	if errors.Is(err, backend.ErrNotScannable) { // a proxy
		require.ErrorAs(t, err, new(*backend.UnavailableError))
		return
	}
	require.NoError(t, err)
	slices.Sort(want)
	slices.Sort(visited)
	assert.Equal(t, want, visited)
	enough, visits := errors.New("enough"), 0
	require.ErrorIs(t, backendtest.Scan(func() error {
		return s.Each(t.Context(), kind, func(sessionstore.ID, sessionstore.Session) error {
			visits++
			return enough
		})
	}), enough)
	assert.Equal(t, 1, visits)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = s.Each(ended, kind, func(sessionstore.ID, sessionstore.Session) error { return nil })
	require.ErrorAs(t, err, new(*backend.UnavailableError))
}

// FindEach visits what FindIn finds, each once, also if there are more than it keeps, and
// gives back the memory for it.
func testFindEach(t *testing.T, b backend.Backend) {
	reserved := int64(0)
	s := open(b, sessionstore.Options{Principals: []string{"uid"}, Reserve: func(_ context.Context, n int64) error {
		if reserved += n; n > 0 && reserved > 8<<20 {
			reserved -= n
			return errors.New("no memory")
		}
		return nil
	}})
	name := string(newDigits())
	for _, more := range []int{0, 1, 9, 140} {
		for range more {
			_, err := s.CreateTyped(t.Context(), "saml", hash("uid", name, "text", strings.Repeat("x", 100)), time.Hour)
			require.NoError(t, err)
		}
		mustCreate(t, s, hash("uid", name)) // of another type
		want, err := s.FindIn(t.Context(), "saml", "uid", name)
		require.NoError(t, err)
		visited := []sessionstore.ID{}
		found, err := s.FindEach(t.Context(), "saml", "uid", name, func(id sessionstore.ID, session sessionstore.Session) error {
			visited = append(visited, id)
			assert.Equal(t, id, session.ID)
			v, _ := session.Attributes.Get("uid")
			assert.Equal(t, name, v.Str())
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, want, found)
		assert.Equal(t, want, visited)
		assert.Zero(t, reserved, "memory that was not given back")
	}
	enough, visits := errors.New("enough"), 0
	_, err := s.FindEach(t.Context(), "saml", "uid", name, func(sessionstore.ID, sessionstore.Session) error {
		visits++
		return enough
	})
	require.ErrorIs(t, err, enough)
	assert.Equal(t, 1, visits)
	assert.Zero(t, reserved, "memory that was not given back")
	_, err = s.FindEach(t.Context(), "saml", "mail", name, nil)
	require.ErrorAs(t, err, new(*sessionstore.UnknownPrincipalError))
}

// letters returns digits as letters.
func letters(digits sessionstore.ID) string {
	text := []byte(digits[:16])
	for i, c := range text {
		if c <= '9' {
			text[i] = c - '0' + 'g'
		}
	}
	return string(text)
}
