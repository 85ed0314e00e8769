package near_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// A read with a time to live reads the origin and touches the item there, although the near
// cache has an entry: one exchange to read, one to write. The entry has the new time at
// once, also when the change stream reports the write.
func TestReadsWithTTLTouchTheOrigin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, near.Options{TTL: time.Hour})
		writes := int64(0)
		count := func() { writes++ }
		n.origin.after.Store(&count)
		s := sessionstore.NewStore(n.Backend, storable.Codec{}, sessionstore.Options{})
		attributes := perldata.NewHash(1)
		attributes.Set("uid", perldata.TextOf("dwho"))
		ref, err := s.Create(t.Context(), attributes, 100*time.Second)
		require.NoError(t, err)
		id := string(ref.ID)
		n.Changed(id, false)
		many := func(ttl time.Duration) (sessionstore.Session, error) {
			sessions, err := s.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, ttl)
			if err != nil || len(sessions) == 0 {
				return sessionstore.Session{}, backend.ErrNotFound
			}
			return sessions[0], nil
		}
		one := func(ttl time.Duration) (sessionstore.Session, error) {
			session, _, err := s.ViewTouching(t.Context(), ref.ID, ttl, nil)
			return session, err
		}
		for name, read := range map[string]func(ttl time.Duration) (sessionstore.Session, error){"one": one, "many": many} {
			for _, ttl := range []time.Duration{900 * time.Second, 50 * time.Second, 2000 * time.Second} {
				time.Sleep(20 * time.Second)
				_, err := s.Get(t.Context(), ref.ID) // the near cache has an entry
				require.NoError(t, err)
				gets, before := n.origin.gets.Load(), writes
				_, err = s.Get(t.Context(), ref.ID)
				require.NoError(t, err)
				require.Equal(t, gets, n.origin.gets.Load(), "it does")

				session, err := read(ttl)
				require.NoError(t, err)
				assert.Equal(t, sessionstore.Ref{ID: ref.ID, Version: ref.Version, ExpiresIn: ttl}, session.Ref, name)
				uid, _ := session.Attributes.Get("uid")
				assert.Equal(t, "dwho", uid.Str())
				asked := int64(1)
				if name == "many" { // its read is no Get
					asked = 0
				}
				assert.Equal(t, asked, n.origin.gets.Load()-gets, name)
				assert.Equal(t, int64(1), writes-before, name)
				item, err := n.origin.Backend.Get(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, ttl, item.ExpiresIn, name)

				gets = n.origin.gets.Load()
				for range 2 {
					session, err = s.Get(t.Context(), ref.ID)
					require.NoError(t, err)
					assert.Equal(t, ttl, session.ExpiresIn, "%s: the entry has the new time", name)
					n.Changed(id, false) // the change stream reports the own write
				}
				assert.Equal(t, gets, n.origin.gets.Load(), "the near cache has answered")
			}
		}

		// Another instance has changed the session, and the change stream is late.
		changed := perldata.NewHash(1)
		changed.Set("uid", perldata.TextOf("rtyler"))
		other := sessionstore.NewStore(n.origin.Backend, storable.Codec{}, sessionstore.Options{})
		theirs, err := other.Update(t.Context(), ref.ID, sessionstore.Change{Set: changed}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		for _, read := range []func(ttl time.Duration) (sessionstore.Session, error){one, many} {
			session, err := read(time.Minute)
			require.NoError(t, err)
			assert.Equal(t, theirs.Version, session.Version)
			uid, _ := session.Attributes.Get("uid")
			assert.Equal(t, "rtyler", uid.Str(), "it is no stale entry")
		}
		require.NoError(t, other.Delete(t.Context(), ref.ID))
		for _, read := range []func(ttl time.Duration) (sessionstore.Session, error){one, many} {
			_, err := read(time.Hour)
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
	})
}

// If the origin does not answer, a read with a time to live fails: no entry is shown as if
// the session had been touched.
func TestReadsWithTTLFailWithTheOrigin(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{StaleIfError: time.Hour})
	s := sessionstore.NewStore(n.Backend, storable.Codec{}, sessionstore.Options{})
	ref, err := s.Create(t.Context(), nil, time.Hour)
	require.NoError(t, err)
	n.Changed(string(ref.ID), false)
	n.origin.down.Store(true)
	_, err = s.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	_, _, err = s.ViewTouching(t.Context(), ref.ID, time.Hour, nil)
	require.ErrorAs(t, err, new(*backend.UnavailableError))
	_, err = s.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, time.Hour)
	require.ErrorAs(t, err, new(*backend.UnavailableError))
}
