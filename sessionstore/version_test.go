package sessionstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
)

// versionOf returns the version of the item of a session or of its tombstone.
func versionOf(t *testing.T, b backend.Backend, id sessionstore.ID) backend.Version {
	t.Helper()
	item, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	return item.Version
}

// A write gets a later version than the one that it replaces, also on a host whose
// clock is two hours behind that of the writer before: replacing, updating, touching
// and deleting, and making the session again.
func TestVersionsGrowAcrossHosts(t *testing.T) {
	t.Parallel()
	const skew, life = 2 * time.Hour, 24 * time.Hour
	b := memory.New(memory.Options{})
	id := sessionstore.NewID()
	ahead := backend.VersionAt(time.Now().Add(skew))
	image, err := storable.Codec{}.Append(nil, attributes("ahead"))
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), string(id), backend.Item{Image: image, Flags: 1, ExpiresIn: life, Version: ahead}))

	for name, write := range map[string]func(s *sessionstore.Store) error{
		"replace": func(s *sessionstore.Store) error {
			_, err := s.Replace(t.Context(), id, attributes("replaced"), life, sessionstore.If{})
			return err
		},
		"update": func(s *sessionstore.Store) error {
			_, err := s.Update(t.Context(), id, sessionstore.Change{Set: attributes("updated")}, life)
			return err
		},
		"touch": func(s *sessionstore.Store) error {
			_, err := s.Touch(t.Context(), id, life)
			return err
		},
	} {
		// Each host has a clock of its own that has seen nothing so far.
		before := versionOf(t, b, id)
		require.GreaterOrEqual(t, before, ahead)
		require.NoError(t, write(sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})), name)
		after := versionOf(t, b, id)
		require.Greater(t, after, before, name)
		require.Less(t, after.Time().Sub(before.Time()), time.Minute, name)
	}

	behind := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	before := versionOf(t, b, id)
	require.NoError(t, behind.Delete(t.Context(), id))
	tombstone := versionOf(t, b, id)
	require.Greater(t, tombstone, before, "delete")
	ref, err := behind.Create(t.Context(), attributes("new"), life)
	require.NoError(t, err)
	require.Greater(t, versionOf(t, b, ref.ID), tombstone, "a clock remembers what it has seen")
}

// A clock follows what it reads: what a caller writes after it has read a session is
// later than that session, also under another id.
func TestVersionsFollowReads(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	id := sessionstore.NewID()
	ahead := backend.VersionAt(time.Now().Add(2 * time.Hour))
	image, err := storable.Codec{}.Append(nil, attributes("ahead"))
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), string(id), backend.Item{Image: image, Flags: 1, ExpiresIn: time.Hour, Version: ahead}))
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	_, err = s.Get(t.Context(), id)
	require.NoError(t, err)
	ref, err := s.Create(t.Context(), attributes("after"), time.Hour)
	require.NoError(t, err)
	require.Greater(t, versionOf(t, b, ref.ID), ahead)
}

// A version that is more than a day ahead is ignored: it moves no clock, and the next
// write gets the time at which it is made.
func TestVersionsOfAWrongClockAreIgnored(t *testing.T) {
	t.Parallel()
	wrong := backend.VersionAt(time.Now().Add(25 * time.Hour))
	b := reading{memory.New(memory.Options{}), wrong}
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	id := sessionstore.NewID()
	_, err := s.Replace(t.Context(), id, attributes("first"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	_, err = s.Get(t.Context(), id)
	require.NoError(t, err)
	_, err = s.Update(t.Context(), id, sessionstore.Change{Set: attributes("second")}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	got := versionOf(t, b.Backend, id)
	require.Less(t, got, wrong)
	require.WithinDuration(t, time.Now(), got.Time(), time.Minute)
}

// reading is a backend whose items have one and the same version when they are read.
type reading struct {
	*memory.Backend

	version backend.Version
}

func (r reading) Get(ctx context.Context, key string) (backend.Item, error) {
	item, err := r.Backend.Get(ctx, key)
	item.Version = r.version
	return item, err
}

// The version that a caller sees is that of the content. It is equal for equal content,
// although each write gives the item a later version, and on every server.
func TestContentVersionIgnoresItemVersion(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	id := sessionstore.NewID()
	first, err := s.Replace(t.Context(), id, attributes("a"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	last := versionOf(t, b, id)
	for name, write := range map[string]func() (sessionstore.Ref, error){
		"replace": func() (sessionstore.Ref, error) {
			return s.Replace(t.Context(), id, attributes("a"), time.Hour, sessionstore.If{Version: first.Version})
		},
		"update": func() (sessionstore.Ref, error) {
			return s.Update(t.Context(), id, sessionstore.Change{Set: attributes("a"), If: sessionstore.If{Version: first.Version}}, time.Hour)
		},
		"touch": func() (sessionstore.Ref, error) { return s.Touch(t.Context(), id, time.Hour) },
	} {
		ref, err := write()
		require.NoError(t, err, name)
		require.Equal(t, first.Version, ref.Version, name)
		now := versionOf(t, b, id)
		require.Greater(t, now, last, name)
		last = now
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, first.Version, session.Version, name)
	}
	for _, version := range []backend.Version{0, backend.VersionAt(time.Now().Add(-time.Hour)), last} {
		item, err := b.Get(t.Context(), string(id))
		require.NoError(t, err)
		item.Version = version
		require.NoError(t, b.CompareAndSwap(t.Context(), string(id), item))
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, first.Version, session.Version, version)
	}
	changed, err := s.Replace(t.Context(), id, attributes("b"), time.Hour, sessionstore.If{Version: first.Version})
	require.NoError(t, err)
	require.NotEqual(t, first.Version, changed.Version)
}

// While a server cannot be reached, a session that was deleted there is read and
// extended on another one. The deletion is later all the same, and earlier than a
// change of the attributes.
func TestUseIsNotLaterThanADeletionElsewhere(t *testing.T) {
	t.Parallel()
	here, there := memory.New(memory.Options{}), memory.New(memory.Options{})
	open := func(b backend.Backend) *sessionstore.Store {
		return sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	}
	used := open(there)
	ref, err := open(here).Create(t.Context(), attributes("a"), time.Hour)
	require.NoError(t, err)
	item, err := here.Get(t.Context(), string(ref.ID))
	require.NoError(t, err)
	require.NoError(t, there.Add(t.Context(), string(ref.ID), item))

	require.NoError(t, open(here).Delete(t.Context(), ref.ID))
	for range 3 {
		before := versionOf(t, there, ref.ID)
		_, err = used.Touch(t.Context(), ref.ID, 2*time.Hour)
		require.NoError(t, err)
		require.Greater(t, versionOf(t, there, ref.ID), before)
	}
	require.Less(t, versionOf(t, there, ref.ID), versionOf(t, here, ref.ID))
	_, err = used.Update(t.Context(), ref.ID, sessionstore.Change{Set: attributes("b")}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	require.Greater(t, versionOf(t, there, ref.ID), versionOf(t, here, ref.ID))
}
