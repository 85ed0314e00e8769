package memcached_test

import (
	"context"
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// A Perl program finds the session of a user that another program has logged in:
// the MD5 lookup key of the name has the id of the session.
func TestPerlFindsSessionsByPrincipal(t *testing.T) {
	t.Parallel()
	servers := addresses([]*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)})
	s := sessionstore.NewStore(open(t, memcached.Options{Servers: servers}), storable.Codec{}, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { t.Error(err) },
	})
	p := startPerlScript(t, "testdata/principal.pl", servers)
	for name, c := range map[string]struct {
		user    perldata.Value
		command map[string]any
	}{
		"ascii":           {perldata.TextOf("dwho"), map[string]any{"text": "dwho"}},
		"ascii as bytes":  {perldata.BytesOf("rtyler"), map[string]any{"text": "rtyler"}},
		"Latin-1 text":    {perldata.TextOf("Zoë"), map[string]any{"text": "Zoë"}},
		"as Perl's bytes": {perldata.TextOf("Anaïs"), map[string]any{"bytes": hex.EncodeToString([]byte("Ana\xefs"))}},
		"bytes":           {perldata.BytesOf("\xff\x00"), map[string]any{"bytes": "ff00"}},
		"zero":            {perldata.TextOf("0"), map[string]any{"text": "0"}},
		"a number":        {perldata.IntOf(42), map[string]any{"text": "42"}},
	} {
		t.Run(name, func(t *testing.T) {
			find := func() map[string]string {
				c.command["op"] = "find"
				return p.call(c.command)
			}
			h := perldata.NewHash(2)
			h.Set("uid", c.user)
			ref, err := s.Create(t.Context(), h, time.Hour)
			require.NoError(t, err)
			found := find()
			require.Equal(t, string(ref.ID), found["id"])
			require.Equal(t, "1", found["same"], "the value is the user's name to Perl")
			require.Equal(t, found["key"], found["MD5"])

			// Perl logs the user in again, and then the service takes over.
			theirs := sessionstore.NewID()
			c.command["op"], c.command["id"] = "save", string(theirs)
			p.call(c.command)
			require.NoError(t, s.Delete(t.Context(), ref.ID))
			require.Equal(t, string(theirs), find()["id"], "the key is that of Perl's session")
			_, err = s.Get(t.Context(), sessionstore.ID(found["key"]))
			require.ErrorIs(t, err, backend.ErrNotFound)

			session, err := s.Get(t.Context(), theirs)
			require.NoError(t, err)
			session.Attributes.Set("uid", perldata.TextOf("somebody else"))
			_, err = s.Replace(t.Context(), theirs, session.Attributes, time.Hour, sessionstore.If{})
			require.NoError(t, err)
			require.Empty(t, find())
			require.Equal(t, string(theirs), p.call(map[string]any{"op": "find", "text": "somebody else"})["id"])
			require.NoError(t, s.Delete(t.Context(), theirs))
			require.Empty(t, p.call(map[string]any{"op": "find", "text": "somebody else"}))
		})
	}
}

// The persistent session that LemonLDAP::NG stores for a user lies under the MD5 of
// the user's name. Logins through a Store do not end it. A session that was stored
// through a Store under such an id does not keep Perl from finding the user.
func TestLookupKeyAndPersistentSession(t *testing.T) {
	t.Parallel()
	servers := []string{memcachedtest.Start(t).Addr}
	s := sessionstore.NewStore(open(t, memcached.Options{Servers: servers}), storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid"},
	})
	p := startPerlScript(t, "testdata/principal.pl", servers)
	login := func(name string) sessionstore.ID {
		ref, err := s.Create(t.Context(), user(name), time.Hour)
		require.NoError(t, err)
		return ref.ID
	}
	p.call(map[string]any{"op": "persist", "text": "dwho"})
	require.NoError(t, s.Delete(t.Context(), login("dwho")))
	login("dwho")
	require.Equal(t, "s", p.call(map[string]any{"op": "seed", "text": "dwho"})["seed"])

	sum := md5.Sum([]byte("rtyler")) //nolint:gosec // as Perl has it
	squat := perldata.NewHash(1)
	squat.Set("seed", perldata.TextOf("squat"))
	_, err := s.Replace(t.Context(), sessionstore.ID(hex.EncodeToString(sum[:])), squat, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, "squat", p.call(map[string]any{"op": "seed", "text": "rtyler"})["seed"], "Perl reads it as any session")
	require.Equal(t, string(login("rtyler")), p.call(map[string]any{"op": "find", "text": "rtyler"})["id"])
}

// Perl's md5 dies of characters above U+FF; programs hash their UTF-8.
func TestWidePrincipal(t *testing.T) {
	t.Parallel()
	b := open(t, memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
	h := perldata.NewHash(2)
	h.Set("uid", perldata.TextOf("漢字"))
	ref, err := s.Create(t.Context(), h, time.Hour)
	require.NoError(t, err)
	sum := md5.Sum([]byte("漢字")) //nolint:gosec // as Perl has it
	item, err := b.Get(t.Context(), hex.EncodeToString(sum[:]))
	require.NoError(t, err)
	require.Equal(t, string(ref.ID), string(item.Image))
}
