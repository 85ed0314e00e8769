package storetest

import (
	"bytes"
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

func testUnreadable(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	readable, err := storable.Codec{}.Append(nil, hash("a", "1"))
	require.NoError(t, err)
	items := map[string]backend.Item{
		"plain text":         {Image: []byte("hello"), Flags: 0},
		"a number, not hash": {Image: []byte{5, 11, 8, 0x81}, Flags: 0},
		"not compressed":     {Image: readable, Flags: 3},
		"a bit of its own":   {Image: readable, Flags: 1 << 16},
		"garbage":            {Image: []byte{5, 11, 0xff, 0xff}, Flags: 1},
		"empty":              {Image: []byte{}, Flags: 2},
		"cut":                {Image: readable[:len(readable)-1], Flags: 1},
		"an array, not hash": {Image: []byte{5, 11, 2, 0, 0, 0, 0}, Flags: 1},
	}
	for name, item := range items {
		id := sessionstore.NewID()
		require.NoError(t, b.Add(t.Context(), string(id), item))
		before := backendtest.MustGet(t, b, string(id))

		session, err := s.Get(t.Context(), id)
		requireUnreadable(t, id, err)
		require.Zero(t, session, name)
		_, err = s.Replace(t.Context(), id, hash("a", "2"), sessionstore.DefaultTTL, sessionstore.If{})
		requireUnreadable(t, id, err)
		require.Equal(t, before, backendtest.MustGet(t, b, string(id)), "%s is left untouched", name)

		ref, err := s.Touch(t.Context(), id, time.Hour)
		require.NoError(t, err, name)
		require.Equal(t, time.Hour, ref.ExpiresIn)
		after := backendtest.MustGet(t, b, string(id))
		require.True(t, bytes.Equal(item.Image, after.Image), name)
		backendtest.AssertTimeLeft(t, time.Hour, after.ExpiresIn)

		require.NoError(t, s.Delete(t.Context(), id), name)
		requireAbsent(t, s, id)
	}
}

func requireUnreadable(t *testing.T, id sessionstore.ID, err error) {
	t.Helper()
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	require.Equal(t, id, unreadable.ID)
	require.NotEmpty(t, unreadable.Reason)
	require.NotContains(t, err.Error(), string(id), "an id is a credential")
}

// The caller parses ids. A text that was not parsed, and that a server would take
// for a part of a command, still reaches no server.
func testUnparsedIDs(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	for _, id := range []sessionstore.ID{"", "abc def", "a\r\nflush_all", "ab\x00", "é", sessionstore.ID(strings.Repeat("a", 251))} {
		_, get := s.Get(t.Context(), id)
		_, replace := s.Replace(t.Context(), id, hash("a", "1"), time.Hour, sessionstore.If{})
		_, touch := s.Touch(t.Context(), id, time.Hour)
		_, many := s.GetMany(t.Context(), []sessionstore.ID{id})
		for name, err := range map[string]error{"get": get, "replace": replace, "touch": touch, "get many": many, "delete": s.Delete(t.Context(), id)} {
			require.ErrorIs(t, err, backend.ErrInvalidKey, "%s %q", name, id)
		}
	}
}

func testSessionTooLarge(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	huge := func() *perldata.Hash { return hash("a", string(make([]byte, tooLarge))) }
	var refused *backend.TooLargeError
	_, err := s.Create(t.Context(), huge(), time.Hour)
	require.ErrorAs(t, err, &refused)
	assert.Less(t, refused.Limit, refused.Actual)
	assert.Positive(t, refused.Limit)

	id := sessionstore.NewID()
	_, err = s.Replace(t.Context(), id, huge(), time.Hour, sessionstore.If{})
	require.ErrorAs(t, err, &refused)
	requireAbsent(t, s, id)

	ref := mustCreate(t, s, hash("a", "small"))
	_, err = s.Replace(t.Context(), ref.ID, huge(), time.Hour, sessionstore.If{})
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, ref, mustRead(t, s, ref.ID).Ref, "the session that was there stays")
}

func testSessionUnrepresentable(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	deep := perldata.BytesOf("x")
	for range 100_000 {
		deep = perldata.ListOf(deep)
	}
	nested := func() *perldata.Hash {
		h := hash("a", "1")
		h.Set("deep", deep)
		return h
	}
	var refused *perldata.UnrepresentableError
	_, err := s.Create(t.Context(), nested(), time.Hour)
	require.ErrorAs(t, err, &refused)
	ref := mustCreate(t, s, hash("a", "1"))
	_, err = s.Replace(t.Context(), ref.ID, nested(), time.Hour, sessionstore.If{})
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, ref, mustRead(t, s, ref.ID).Ref)
}
