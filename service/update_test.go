package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

func TestUpdateSession(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	first, err := s.SetSession(ctx, "ab12", attributes("uid", "dwho", "mail", "x"), 30*time.Minute, sessionstore.If{})
	require.NoError(t, err)
	ref, err := s.UpdateSession(ctx, "ab12", sessionstore.Change{
		Set: attributes("uid", "rtyler", "_session_id", "ab12"), Remove: []string{"mail", "none"}, If: sessionstore.If{Version: first.Version},
	}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	assert.Greater(t, ref.ExpiresIn, 20*time.Minute)
	assert.LessOrEqual(t, ref.ExpiresIn, 30*time.Minute, "its time to live is unchanged")
	session, err := s.GetSession(ctx, "ab12")
	require.NoError(t, err)
	assert.Equal(t, ref.Version, session.Version)
	uid, _ := session.Attributes.Get("uid")
	assert.Equal(t, "rtyler", uid.Str())
	assert.Equal(t, 2, session.Attributes.Len(), "uid and the id")

	_, err = s.UpdateSession(ctx, "ab12", sessionstore.Change{Remove: []string{"uid"}, If: sessionstore.If{Version: first.Version}}, 0)
	conflict, ok := errors.AsType[*sessionstore.VersionConflictError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, &sessionstore.VersionConflictError{ID: "ab12", Current: ref.Version}, conflict)
	_, err = s.UpdateSession(ctx, "cd34", sessionstore.Change{}, 0)
	require.ErrorIs(t, err, backend.ErrNotFound)

	for _, change := range []sessionstore.Change{
		{Remove: []string{"_session_id"}}, {Remove: []string{"a", "a"}}, {Set: attributes("a", "1"), Remove: []string{"a"}},
	} {
		_, err := s.UpdateSession(ctx, "ab12", change, 0)
		_, ok := errors.AsType[*service.RequestError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, service.BlameCaller, service.FaultOf(err).Blame)
	}
	_, err = s.UpdateSession(ctx, "ab12", sessionstore.Change{Set: attributes("_session_id", "cd34")}, 0)
	assertInvalid(t, err)
}

func TestGetSessions(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	for _, id := range []string{"a1", "b2"} {
		_, err := s.SetSession(ctx, id, attributes("uid", id), 0, sessionstore.If{})
		require.NoError(t, err)
	}
	sessions, err := s.GetSessions(ctx, []string{"b2", "c3", "a1", "b2"}, 0)
	require.NoError(t, err)
	var got []sessionstore.ID
	for _, session := range sessions {
		got = append(got, session.ID)
		uid, _ := session.Attributes.Get("uid")
		assert.Equal(t, string(session.ID), uid.Str())
	}
	assert.Equal(t, []sessionstore.ID{"b2", "a1", "b2"}, got)

	_, err = s.GetSessions(ctx, strings.Split(strings.Repeat("a1,", sessionstore.MaxBatch)+"x", ","), 0)
	many, ok := errors.AsType[*sessionstore.TooManyError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, &sessionstore.TooManyError{Limit: sessionstore.MaxBatch, Actual: sessionstore.MaxBatch + 1}, many)
	_, err = s.GetSessions(ctx, []string{"a1", "x"}, 0)
	assertInvalid(t, err)
	sessions, err = s.GetSessions(ctx, nil, 0)
	require.NoError(t, err)
	assert.Empty(t, sessions)
}

func TestFindWithoutAnIndex(t *testing.T) {
	s, _ := newService(t)
	_, err := s.FindSessions(t.Context(), "", "uid")
	require.Error(t, err)
	_, err = s.DeleteSessions(t.Context(), "", "")
	require.Error(t, err)
	_, err = s.FindSessions(t.Context(), "dwho", "uid")
	unknown, ok := errors.AsType[*sessionstore.UnknownPrincipalError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "uid", unknown.Attribute)
	assert.NotContains(t, service.FaultOf(err).Reason, "dwho")
}
