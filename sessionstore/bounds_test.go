package sessionstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// What survives is that of the session that is replaced, not of one that was there at
// an earlier try.
func TestExceptedAttributesAreThoseOfTheLastTry(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]string{"changed": "another", "gone": ""} {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b.Backend, string(id), "first")
		b.beforeCAS = func(key string) {
			b.beforeCAS = nil
			if meanwhile != "" {
				write(t, b.Backend, key, meanwhile)
				return
			}
			assert.NoError(t, b.Delete(t.Context(), key))
		}
		set := perldata.NewHash(1)
		set.Set("b", perldata.BytesOf("2"))
		_, _, err := s.ReplaceWithin(t.Context(), id, set, sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: []string{"a"}})
		require.NoError(t, err, name)
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err, name)
		v, _ := session.Attributes.Get("a")
		assert.Equal(t, meanwhile, v.Str(), name)
		assert.Nil(t, b.beforeCAS, name)
	}
}

// Nothing survives of a session that is beyond its absolute timeout, although its item
// is still there: another session begins.
func TestNothingSurvivesTheAbsoluteTimeout(t *testing.T) {
	t.Parallel()
	items := memory.New(memory.Options{})
	s := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Idle: time.Hour}})
	for end, survives := range map[int64]bool{time.Now().Unix() - 1: false, time.Now().Unix() + 1000: true} {
		id := sessionstore.NewID()
		old := attributes("old")
		old.Set(sessionstore.EndAttribute, perldata.IntOf(end))
		image, err := storable.Codec{}.Append(nil, old)
		require.NoError(t, err)
		require.NoError(t, items.Add(t.Context(), string(id), backend.Item{Image: image, Flags: 1}))
		_, _, err = s.ReplaceWithin(t.Context(), id, nil, sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: []string{"a", sessionstore.EndAttribute}})
		require.NoError(t, err)
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		_, there := session.Attributes.Get("a")
		assert.Equal(t, survives, there)
	}
}

// A bound of new sessions is asked for these only, and its error keeps them from being
// stored.
func TestNewSessionsMayBeBounded(t *testing.T) {
	t.Parallel()
	b, s := newIntruded()
	exhausted := errors.New("no more sessions")
	asked := 0
	bounds := sessionstore.Bounds{Create: func() error { asked++; return exhausted }}
	id := sessionstore.NewID()
	_, _, err := s.ReplaceWithin(t.Context(), id, attributes("1"), sessionstore.DefaultTTL, sessionstore.If{}, bounds)
	require.ErrorIs(t, err, exhausted)
	_, err = s.Get(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)
	_, _, err = s.ReplaceWithin(t.Context(), id, attributes("1"), sessionstore.DefaultTTL, sessionstore.If{Exists: true}, bounds)
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, 1, asked, "a call that creates nothing is not bounded")

	_, created, err := s.ReplaceWithin(t.Context(), id, attributes("1"), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{})
	require.NoError(t, err)
	assert.True(t, created)
	_, created, err = s.ReplaceWithin(t.Context(), id, attributes("2"), sessionstore.DefaultTTL, sessionstore.If{}, bounds)
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, 1, asked)

	// A session that is stored meanwhile is replaced.
	other := sessionstore.NewID()
	b.beforeAdd = func(key string) { b.beforeAdd = nil; write(t, b.Backend, key, "1") }
	_, created, err = s.ReplaceWithin(t.Context(), other, attributes("2"), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{})
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, "2", valueOf(t, s, other))
}
