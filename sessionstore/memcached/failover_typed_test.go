package memcached

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// Sessions of types move away from a dead server and back as all others. The same digits
// are other sessions in other types meanwhile, and a deletion outlasts the outage.
func TestTypedSessionsFailOver(t *testing.T) {
	t.Parallel()
	kinds := []string{"", "saml", "oidc"}
	for _, kind := range kinds {
		t.Run("type "+kind, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, 3, 2)
			var stores []*sessionstore.Store
			for _, b := range p.processes {
				stores = append(stores, sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}, NoLookupKeys: true}))
			}
			digits := sessionstore.NewID()
			id := sessionstore.TypedID(kind, digits)
			home := p.processes[0].selector.Pick(string(id))

			require.True(t, storeTyped(t, stores[0], id, "before"))
			p.leave(home)
			for _, s := range stores {
				require.Empty(t, userOf(t, s, id), "its server has it and is away")
			}
			require.True(t, storeTyped(t, stores[0], id, "during"), "a login is a new session")
			for _, other := range kinds {
				if other != kind {
					require.Empty(t, userOf(t, stores[1], sessionstore.TypedID(other, digits)))
				}
			}
			require.Equal(t, "during", userOf(t, stores[1], id))
			found, err := stores[1].FindIn(t.Context(), kind, "uid", "during")
			require.NoError(t, err)
			require.Equal(t, []sessionstore.ID{id}, found)

			p.comeBack(home)
			require.Equal(t, "before", userIn(t, raw(t, p.processes[0], home, string(id))), "stale")
			for _, s := range stores {
				require.Equal(t, "during", userOf(t, s, id))
			}
			require.False(t, storeTyped(t, stores[1], id, "after"))

			p.leave(home)
			require.ErrorIs(t, stores[0].Delete(t.Context(), id), backend.ErrNotFound, "it cannot be seen meanwhile")
			p.comeBack(home)
			for _, s := range stores {
				require.Empty(t, userOf(t, s, id), "it was deleted")
				_, _, err := s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
					return sessionstore.Rewritten{ExpiresIn: time.Hour}, nil
				})
				require.ErrorIs(t, err, sessionstore.ErrDeleted, "no newer login")
			}
		})
	}
}

// storeTyped stores a session of a user, and says whether that has created it.
func storeTyped(t *testing.T, s *sessionstore.Store, id sessionstore.ID, uid string) (created bool) {
	t.Helper()
	_, created, err := s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
		h := perldata.NewHash(2)
		h.Set("uid", perldata.BytesOf(uid))
		return sessionstore.Rewritten{Attributes: h, ExpiresIn: time.Hour}, nil
	})
	require.NoError(t, err)
	return created
}

// userOf returns the user of a session, "" if there is none.
func userOf(t *testing.T, s *sessionstore.Store, id sessionstore.ID) string {
	t.Helper()
	session, err := s.Get(t.Context(), id)
	if err != nil {
		require.ErrorIs(t, err, backend.ErrNotFound)
		return ""
	}
	digits, _ := session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, id.Digits(), digits.Str())
	uid, _ := session.Attributes.Get("uid")
	return uid.Str()
}

// userIn returns the user of the session in an image.
func userIn(t *testing.T, image string) string {
	t.Helper()
	attributes, err := storable.Codec{}.DecodeWithin([]byte(image), func(int64) error { return nil })
	require.NoError(t, err)
	uid, _ := attributes.Get("uid")
	return uid.Str()
}
