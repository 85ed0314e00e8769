package storetest

import (
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

// Attributes that are excepted survive a replacement, whole and in their form, and
// the version is that of the whole session.
func testBounds(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	kept := perldata.NewHash(1)
	kept.Set("deep", perldata.ListOf(perldata.IntOf(7), perldata.TextOf("é"), perldata.Value{}))
	before := hash("a", "1", "mail", "m")
	before.Set("nested", perldata.HashOf(kept))
	ref := mustCreate(t, s, before)
	hidden := []string{"mail", "nested", "absent", sessionstore.IDAttribute, sessionstore.EndAttribute}

	replaced, _, err := s.ReplaceWithin(t.Context(), ref.ID, hash("b", "2"), sessionstore.DefaultTTL, sessionstore.If{Version: ref.Version}, sessionstore.Bounds{Except: hidden})
	require.NoError(t, err)
	session := mustRead(t, s, ref.ID)
	assert.Equal(t, replaced, session.Ref)
	mail, _ := session.Attributes.Get("mail")
	assert.Equal(t, "m", mail.Str())
	nested, _ := session.Attributes.Get("nested")
	require.Equal(t, perldata.KindHash, nested.Kind())
	deep, _ := nested.Hash().Get("deep")
	require.Len(t, deep.List().Items, 3)
	assert.Equal(t, int64(7), deep.List().Items[0].Int())
	assert.Equal(t, "é", deep.List().Items[1].Str())
	_, gone := session.Attributes.Get("a")
	assert.False(t, gone)
	assert.Equal(t, 4, session.Attributes.Len(), "mail, nested, b and _session_id")

	// The version depends on the content, not on the caller.
	again, _, err := s.ReplaceWithin(t.Context(), ref.ID, hash("b", "2"), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: hidden})
	require.NoError(t, err)
	assert.Equal(t, replaced.Version, again.Version)
	_, _, err = s.ReplaceWithin(t.Context(), ref.ID, nil, sessionstore.DefaultTTL, sessionstore.If{Version: ref.Version}, sessionstore.Bounds{Except: hidden})
	var conflict *sessionstore.VersionConflictError
	require.ErrorAs(t, err, &conflict)
	_, _, err = s.ReplaceWithin(t.Context(), ref.ID, nil, sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: hidden})
	require.NoError(t, err)
	assert.Equal(t, 3, mustRead(t, s, ref.ID).Attributes.Len())

	// Without a session there is nothing to keep.
	absent := sessionstore.NewID()
	_, _, err = s.ReplaceWithin(t.Context(), absent, hash("b", "2"), time.Hour, sessionstore.If{Exists: true}, sessionstore.Bounds{Except: hidden})
	require.ErrorIs(t, err, backend.ErrNotFound)
	_, _, err = s.ReplaceWithin(t.Context(), absent, hash("b", "2"), time.Hour, sessionstore.If{}, sessionstore.Bounds{Except: hidden})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"b": "2"}, texts(t, mustRead(t, s, absent)))

	// An item that is no session stays.
	strange := backend.Item{Image: []byte("what somebody else has stored"), Flags: 1}
	other := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(other), strange))
	_, _, err = s.ReplaceWithin(t.Context(), other, hash("b", "2"), time.Hour, sessionstore.If{}, sessionstore.Bounds{Except: hidden})
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
}

// A principal that survives still leads to the session, also for Perl programs.
func testBoundsPrincipal(t *testing.T, b backend.Backend) {
	s := findable(b, 0)
	user, mail := newKey(), newKey()
	ref := mustCreate(t, s, hash("uid", user, "mail", mail))
	before, _ := mustRead(t, s, ref.ID).Attributes.Get("mail_MD5")
	_, _, err := s.ReplaceWithin(t.Context(), ref.ID, hash("uid", user), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: []string{"mail", "mail_MD5"}})
	require.NoError(t, err)
	assert.Equal(t, []sessionstore.ID{ref.ID}, mustFind(t, s, "mail", mail))
	after, _ := mustRead(t, s, ref.ID).Attributes.Get("mail_MD5")
	assert.NotEmpty(t, before.Str())
	assert.Equal(t, before.Str(), after.Str())

	_, _, err = s.ReplaceWithin(t.Context(), ref.ID, hash("uid", user), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: []string{"uid2"}})
	require.NoError(t, err)
	assert.Empty(t, mustFind(t, s, "mail", mail), "a replacement without exceptions takes the session from its principal")
}

// One writer replaces the session over and over, others change what survives: none of
// their changes is lost.
func testBoundsRaces(t *testing.T, b backend.Backend) {
	const each, changers = 10, 8
	stores := []*sessionstore.Store{neverExpiring(b), neverExpiring(b)} // as two processes
	ref := mustCreate(t, stores[0], hash("a", "0"))
	var names []string
	for i := range changers {
		names = append(names, strconv.Itoa(i))
	}
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			for n := range each {
				_, err := stores[i%2].Update(t.Context(), ref.ID, sessionstore.Change{Set: hash(name, strconv.Itoa(n))}, sessionstore.DefaultTTL)
				assert.NoError(t, err)
				_, _, err = stores[i%2].ReplaceWithin(t.Context(), ref.ID, hash("a", name), sessionstore.DefaultTTL, sessionstore.If{}, sessionstore.Bounds{Except: names})
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	session := mustRead(t, stores[0], ref.ID)
	for _, name := range names {
		v, _ := session.Attributes.Get(name)
		assert.Equal(t, strconv.Itoa(each-1), v.Str(), name)
	}
}
