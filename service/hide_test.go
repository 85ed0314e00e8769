package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// as returns the context of a request of a caller whose entry in the auth file has
// these fields.
func as(t *testing.T, fields string) context.Context {
	t.Helper()
	file, err := access.ParseFile([]byte("callers: [{name: portal, addresses: [unix], " + fields + "}]"))
	require.NoError(t, err)
	ctx, record := requestlog.New(t.Context(), "r-1")
	record.Client = "10.1.2.3"
	ctx = access.NewGuard(file, access.Options{}).Begin(ctx, access.Sent{Unix: true})
	require.NoError(t, access.Authenticate(ctx))
	return ctx
}

// newFindable returns a service that finds sessions by uid and mail.
func newFindable(t *testing.T) *service.Service {
	t.Helper()
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: time.Hour}, Principals: []string{"uid", "mail"},
	})
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return service.New(store, service.NewCounters("1"))
}

const everything = "roles: [admin]"

func texts(session sessionstore.Session) map[string]string {
	all := map[string]string{}
	for name, v := range session.Attributes.All() {
		if name != sessionstore.IDAttribute {
			all[name] = v.Str()
		}
	}
	return all
}

func TestHiddenAttributesAreNotShown(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	full, portal := as(t, everything), as(t, everything+", hide: [mail, secret]")
	inner := perldata.NewHash(1)
	inner.Set("mail", perldata.BytesOf("inner"))
	whole := attributes("uid", "u", "mail", "m")
	whole.Set("secret", perldata.HashOf(inner))
	whole.Set("open", perldata.HashOf(inner))
	ref, err := s.SetSession(full, "", whole, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	views := func(ctx context.Context) (seen bool) {
		_, _, err := s.ViewSession(ctx, string(ref.ID), 0, func(*sessionstore.Stored) bool {
			seen = true
			return false
		})
		require.NoError(t, err)
		return seen
	}
	assert.True(t, views(full))
	assert.False(t, views(portal), "all attributes are in the stored session")

	read := func(ctx context.Context) sessionstore.Session {
		session, err := s.GetSession(ctx, string(ref.ID))
		require.NoError(t, err)
		many, err := s.GetSessions(ctx, []string{string(ref.ID), string(ref.ID)}, 0)
		require.NoError(t, err)
		require.Len(t, many, 2)
		assert.Equal(t, texts(session), texts(many[0]))
		assert.Equal(t, texts(session), texts(many[1]))
		assert.Equal(t, ref.Version, session.Version, "the version is that of the whole session")
		return session
	}
	shown := texts(read(portal))
	assert.NotContains(t, shown, "mail")
	assert.NotContains(t, shown, "secret")
	assert.NotContains(t, shown, "mail_MD5", "it tells the value")
	assert.Contains(t, shown, "uid_MD5")
	open, _ := read(portal).Attributes.Get("open")
	_, there := open.Hash().Get("mail")
	assert.True(t, there, "a hidden name is that of an attribute of the session")
	assert.Contains(t, texts(read(full)), "mail_MD5")
}

// A session that contains itself does not show at its inside what is hidden at its
// outside.
func TestHiddenAttributesOfASessionThatContainsItself(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	h := attributes("secret", "x")
	h.Set("self", perldata.HashOf(h))
	ref, err := s.SetSession(as(t, everything), "", h, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	session, err := s.GetSession(as(t, everything+", hide: [secret]"), string(ref.ID))
	require.NoError(t, err)
	v, _ := session.Attributes.Get("self")
	for range 3 {
		require.NotNil(t, v.Hash())
		_, there := v.Hash().Get("secret")
		assert.False(t, there)
		v, _ = v.Hash().Get("self")
	}
}

func TestHiddenAttributesSurvive(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	full, portal := as(t, everything), as(t, everything+", hide: [mail, secret]")
	ref, err := s.SetSession(full, "", attributes("uid", "u", "mail", "m", "secret", "s", "a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	id := string(ref.ID)
	state := func() map[string]string {
		session, err := s.GetSession(full, id)
		require.NoError(t, err)
		return texts(session)
	}
	before := state()

	// What was read can be stored, under the condition that nobody was faster.
	session, err := s.GetSession(portal, id)
	require.NoError(t, err)
	session.Attributes.Set("a", perldata.TextOf("2"))
	stored, err := s.SetSession(portal, id, session.Attributes, time.Hour, sessionstore.If{Version: session.Version})
	require.NoError(t, err)
	before["a"] = "2"
	assert.Equal(t, before, state())
	again, err := s.GetSession(full, id)
	require.NoError(t, err)
	assert.Equal(t, stored.Version, again.Version)

	_, err = s.UpdateSession(portal, id, sessionstore.Change{Set: attributes("a", "3"), If: sessionstore.If{Version: stored.Version}}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	before["a"] = "3"
	assert.Equal(t, before, state())

	// Naming one is refused, and nothing changes.
	for _, name := range []string{"mail", "secret", "mail_MD5", "secret_MD5"} {
		for what, call := range map[string]func() error{
			"set": func() error {
				_, err := s.SetSession(portal, id, attributes("a", "x", name, "evil"), time.Hour, sessionstore.If{})
				return err
			},
			"create": func() error {
				_, err := s.SetSession(portal, "", attributes(name, "evil"), time.Hour, sessionstore.If{})
				return err
			},
			"update": func() error {
				_, err := s.UpdateSession(portal, id, sessionstore.Change{Set: attributes(name, "evil")}, time.Hour)
				return err
			},
			"remove": func() error {
				_, err := s.UpdateSession(portal, id, sessionstore.Change{Remove: []string{"a", name}}, time.Hour)
				return err
			},
		} {
			err := call()
			var hidden *access.HiddenError
			require.ErrorAs(t, err, &hidden, what+" "+name)
			fault := service.FaultOf(err)
			assert.Equal(t, service.BlameCaller, fault.Blame)
			assert.Contains(t, fault.Reason, "Access denied: ")
			assert.NotContains(t, fault.Reason, name)
		}
	}
	assert.Equal(t, before, state())

	// A session that does not exist is stored as it is sent.
	_, err = s.SetSession(portal, "abc123", attributes("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	created, err := s.GetSession(full, "abc123")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "1"}, texts(created))

	existed, err := s.DeleteSession(portal, id, "")
	require.NoError(t, err)
	assert.True(t, existed, "the role allows it")
}

// Finding by a hidden attribute would tell whether a session has a value.
func TestFindByAHiddenAttribute(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	_, err := s.SetSession(as(t, everything), "", attributes("uid", "u", "mail", "m"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	portal := as(t, everything+", hide: [mail]")
	first := as(t, everything+", hide: [uid]")
	for name, call := range map[string]func(context.Context, string, string) ([]sessionstore.ID, error){"find": s.FindSessions, "delete": s.DeleteSessions} {
		var hidden *access.HiddenError
		_, err := call(portal, "m", "mail")
		require.ErrorAs(t, err, &hidden, name)
		_, err = call(first, "u", "")
		require.ErrorAs(t, err, &hidden, name+" by the default attribute")
	}
	ids, err := s.FindSessions(portal, "u", "")
	require.NoError(t, err)
	assert.Len(t, ids, 1)
}

// A caller that creates too many sessions is refused, and told when to retry; changing
// sessions is not bounded by the quota.
func TestQuota(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	ctx := as(t, everything+", quota: 0.01")
	_, err := s.SetSession(ctx, "abc123", attributes("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	for name, create := range map[string]func() error{
		"set": func() error { _, err := s.SetSession(ctx, "", attributes(), time.Hour, sessionstore.If{}); return err },
		"replace": func() error {
			_, err := s.SetSession(ctx, "abc124", attributes(), time.Hour, sessionstore.If{})
			return err
		},
		"new": func() error { _, err := s.NewSession(ctx); return err },
	} {
		err := create()
		var limit *access.LimitError
		require.ErrorAs(t, err, &limit, name)
		fault := service.FaultOf(err)
		assert.Equal(t, service.BlameService, fault.Blame)
		assert.InDelta(t, 100, fault.RetryAfter.Seconds(), 1)
		assert.Contains(t, fault.Reason, "The caller creates more sessions than its limit, 0.01 a second.")
	}
	_, err = s.SetSession(ctx, "abc123", attributes("a", "2"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	_, err = s.GetSession(as(t, everything), "abc124")
	require.Error(t, err, "nothing was stored")
}

// A call costs one of the calls of its caller, whatever it does inside.
func TestRate(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	ctx := as(t, everything+", rate: 9")
	_, err := s.SetSession(ctx, "abc123", attributes("a", "1"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	calls := []func() error{
		func() error { _, err := s.Status(ctx); return err },
		func() error { _, err := s.GetSession(ctx, "abc123"); return err },
		func() error { _, err := s.GetSessions(ctx, []string{"abc123", "abc123"}, 0); return err },
		func() error {
			_, err := s.UpdateSession(ctx, "abc123", sessionstore.Change{}, sessionstore.DefaultTTL)
			return err
		},
		func() error { _, err := s.TouchSession(ctx, "abc123", time.Hour); return err },
		func() error { _, err := s.FindSessions(ctx, "u", ""); return err },
		func() error { _, err := s.Stats(ctx); return err },
		func() error { _, err := s.DeleteSession(ctx, "abc123", ""); return err },
	}
	for i, call := range calls {
		require.NoError(t, call(), i)
	}
	for i, call := range calls {
		var limit *access.LimitError
		require.ErrorAs(t, call(), &limit, i)
		assert.False(t, limit.Sessions)
	}
}
