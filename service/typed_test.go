package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

var saml = sessionstore.TypedID("saml", "5fbc010fecf1bbba68cf4d2fac579005")

// setting returns a change that sets attributes.
func setting(pairs ...string) func(*perldata.Hash) (sessionstore.Rewritten, error) {
	return func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		if present == nil {
			present = perldata.NewHash(1)
		}
		for name, v := range attributes(pairs...).All() {
			present.Set(name, v)
		}
		return sessionstore.Rewritten{Attributes: present, ExpiresIn: time.Hour}, nil
	}
}

// The operations on sessions of any type do what the store does, and the faults of absent
// sessions are those of the contract.
func TestTypedOperations(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	ctx := t.Context()
	_, err := s.ReadTyped(ctx, saml)
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, "SessionNotFoundFault", service.FaultOf(err).Type)
	_, created, err := s.RewriteSession(ctx, "updateSession", saml, setting("uid", "dwho"))
	require.NoError(t, err)
	assert.True(t, created)
	session, err := s.ReadTyped(ctx, saml)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"uid": "dwho"}, texts(session))
	ref, err := s.CreateTyped(ctx, "saml", attributes("uid", "dwho"), 0)
	require.NoError(t, err)
	var found []sessionstore.ID
	require.NoError(t, s.FindEach(ctx, "saml", "uid", "dwho", func(id sessionstore.ID, _ sessionstore.Session) error {
		found = append(found, id)
		return nil
	}))
	assert.ElementsMatch(t, []sessionstore.ID{saml, ref.ID}, found)
	require.ErrorAs(t, s.FindEach(ctx, "saml", "cn", "dwho", nil), new(*sessionstore.UnknownPrincipalError))
	none, err := s.FindSessions(ctx, "dwho", "uid")
	require.NoError(t, err)
	assert.Empty(t, none, "the contract has global sessions only")
	var listed []sessionstore.ID
	require.NoError(t, s.EachSession(ctx, "saml", func(id sessionstore.ID, _ sessionstore.Session) error {
		listed = append(listed, id)
		return nil
	}))
	assert.ElementsMatch(t, found, listed)
	for _, want := range []bool{true, false} {
		deleted, err := s.DeleteTyped(ctx, saml)
		require.NoError(t, err)
		assert.Equal(t, want, deleted)
	}
	_, _, err = s.RewriteSession(ctx, "updateSession", saml, setting("uid", "dwho"))
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	assert.Equal(t, "SessionDeletedFault", service.FaultOf(err).Type)
}

// Attributes that are hidden from a caller are neither seen nor set by the operations on
// sessions of any type, and survive.
func TestTypedHides(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	full, portal := as(t, everything), as(t, everything+", hide: [mail]")
	_, _, err := s.RewriteSession(full, "updateSession", saml, setting("uid", "dwho", "mail", "m"))
	require.NoError(t, err)
	session, err := s.ReadTyped(portal, saml)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"uid": "dwho"}, texts(session))
	_, _, err = s.RewriteSession(portal, "updateSession", saml, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		_, seen := present.Get("mail")
		assert.False(t, seen)
		return setting("a", "1")(present)
	})
	require.NoError(t, err)
	session, err = s.ReadTyped(full, saml)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"uid": "dwho", "mail": "m", "a": "1"}, texts(session))
	visited := 0
	visit := func(_ sessionstore.ID, session sessionstore.Session) error {
		visited++
		assert.Equal(t, map[string]string{"uid": "dwho", "a": "1"}, texts(session))
		return nil
	}
	require.NoError(t, s.EachSession(portal, "saml", visit))
	require.NoError(t, s.FindEach(portal, "saml", "uid", "dwho", visit))
	assert.Equal(t, 2, visited)
	_, _, err = s.RewriteSession(portal, "updateSession", saml, setting("mail", "x"))
	require.ErrorAs(t, err, new(*access.HiddenError))
	_, err = s.CreateTyped(portal, "saml", attributes("mail", "x"), time.Hour)
	require.ErrorAs(t, err, new(*access.HiddenError))
	require.ErrorAs(t, s.FindEach(portal, "saml", "mail", "m", visit), new(*access.HiddenError))
}

// A rewrite that creates a session, and a new session of a type, are of the caller's
// quota. A rewrite of one that is there is not.
func TestTypedQuota(t *testing.T) {
	t.Parallel()
	s := newFindable(t)
	ctx := as(t, everything+", quota: 0.01")
	for range 3 {
		_, _, err := s.RewriteSession(ctx, "updateSession", saml, setting("a", "1"))
		require.NoError(t, err)
	}
	_, err := s.CreateTyped(ctx, "saml", attributes(), time.Hour)
	require.ErrorAs(t, err, new(*access.LimitError))
	_, _, err = s.RewriteSession(ctx, "updateSession", sessionstore.NewID(), setting("a", "1"))
	require.ErrorAs(t, err, new(*access.LimitError))
	_, _, err = s.RewriteSession(ctx, "updateSession", saml, setting("a", "2"))
	require.NoError(t, err)
}

// Each change, deletion and list has its line: a rewrite with the names that it changes,
// a list with how many sessions it has.
func TestTypedLines(t *testing.T) {
	t.Parallel()
	s := newAudited(t)
	ctx := as(t, everything)
	require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
	line := func(call func(ctx context.Context) error) map[string]any {
		t.Helper()
		_ = s.lines(t)
		_ = call(ctx)
		text := s.out.String()
		assert.NotContains(t, text, "precious")
		assert.NotContains(t, text, saml.Digits())
		lines := s.lines(t)
		require.Len(t, lines, 1)
		return lines[0]
	}
	rewrite := func(change func(*perldata.Hash) (sessionstore.Rewritten, error)) map[string]any {
		t.Helper()
		return line(func(ctx context.Context) error {
			_, _, err := s.RewriteSession(ctx, "setAttributes", saml, change)
			return err
		})
	}
	got := rewrite(setting("uid", "precious", "cn", "precious"))
	assert.Equal(t, "setAttributes", got["operation"])
	assert.Equal(t, true, got["created"])
	assert.Equal(t, []any{"cn", "uid"}, got["set"])
	assert.InDelta(t, 3600, got["ttl"], 0)
	assert.Equal(t, []any{saml.Fingerprint()}, got["sessions"])
	got = rewrite(func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		present.Delete("cn")
		return setting("uid", "precious2")(present)
	})
	assert.Equal(t, []any{"uid"}, got["set"])
	assert.Equal(t, []any{"cn"}, got["removed"])
	got = line(func(ctx context.Context) error {
		_, err := s.CreateTyped(ctx, "saml", attributes("uid", "precious"), time.Hour)
		return err
	})
	assert.Equal(t, "setSession", got["operation"])
	assert.Equal(t, true, got["created"])
	for range audit.MaxSessions {
		_, err := s.CreateTyped(ctx, "saml", attributes(), time.Hour)
		require.NoError(t, err)
	}
	got = line(func(ctx context.Context) error {
		return s.EachSession(ctx, "saml", func(sessionstore.ID, sessionstore.Session) error { return nil })
	})
	assert.Equal(t, "listSessions", got["operation"])
	assert.InDelta(t, audit.MaxSessions+2, got["sessions_number"], 0)
	assert.Len(t, got["sessions"], audit.MaxSessions)
	got = line(func(ctx context.Context) error {
		_, err := s.DeleteTyped(ctx, saml)
		return err
	})
	assert.Equal(t, "deleteSession", got["operation"])
	assert.Equal(t, []any{saml.Fingerprint()}, got["sessions"])
	got = line(func(ctx context.Context) error {
		_, _, err := s.RewriteSession(ctx, "setAttributes", saml, setting("uid", "precious"))
		return err
	})
	assert.Equal(t, "SessionDeletedFault", got["outcome"])
}
