package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// Who may only read, or only write, reads no session with a ttl, and touches none. The
// same caller reads it without.
func TestReadingWithTTLNeedsRoles(t *testing.T) {
	t.Parallel()
	s := newAudited(t)
	full := as(t, everything)
	ref, err := s.SetSession(full, "", attributes("uid", "precious"), time.Minute, sessionstore.If{})
	require.NoError(t, err)
	id := string(ref.ID)
	for roles, missing := range map[string]access.Role{"read": access.Write, "write": access.Read, "find, delete": access.Read | access.Write} {
		ctx := as(t, "roles: ["+roles+"]")
		require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
		s.out.Reset()
		for _, ttl := range []time.Duration{time.Hour, sessionstore.LongestTTL} {
			for operation, call := range map[string]func() error{
				"getSession": func() error {
					_, viewed, err := s.ViewSession(ctx, id, ttl, func(*sessionstore.Stored) bool {
						assert.Fail(t, "it is shown")
						return true
					})
					assert.False(t, viewed)
					return err
				},
				"getSessions": func() error {
					sessions, err := s.GetSessions(ctx, []string{id}, ttl)
					assert.Empty(t, sessions)
					return err
				},
			} {
				err := call()
				var denied *access.DeniedError
				require.ErrorAs(t, err, &denied, "%s with %s", operation, roles)
				assert.Equal(t, missing, denied.Missing, "%s with %s", operation, roles)
				fault := service.FaultOf(err)
				assert.Equal(t, service.BlameCaller, fault.Blame)
				assert.Contains(t, fault.Reason, "Access denied: ")
				assert.Empty(t, s.lines(t), "the line of a refusal is written with the answer")
				refusals := newAudited(t) // a log has one line for many
				service.AuditRefusal(ctx, refusals.log, operation, err)
				assert.Equal(t, []fields{{"operation": operation, "outcome": "AccessDenied", "reason": "role", "refusals": 1.0}}, refusals.lines(t))
			}
		}
		session, err := s.GetSession(full, id)
		require.NoError(t, err)
		assert.LessOrEqual(t, session.ExpiresIn, time.Minute, "nothing was touched")
	}
	reader := as(t, "roles: [read]")
	_, _, err = s.ViewSession(reader, id, sessionstore.DefaultTTL, nil)
	require.NoError(t, err)
	_, err = s.GetSessions(reader, []string{id}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	both := as(t, "roles: [read, write]")
	session, _, err := s.ViewSession(both, id, time.Hour, nil)
	require.NoError(t, err)
	assert.Equal(t, time.Hour, session.ExpiresIn)
	sessions, err := s.GetSessions(both, []string{id}, 2*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, 2*time.Hour, sessions[0].ExpiresIn)
}

// A read with a ttl is a change, and has a line: with the ttl that the session got, without
// its id and its values.
func TestReadingWithTTLHasItsLine(t *testing.T) {
	t.Parallel()
	s := newAudited(t)
	ctx := as(t, everything)
	require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
	ref, err := s.SetSession(ctx, "", attributes("uid", "precious"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	id, absent := string(ref.ID), string(sessionstore.NewID())
	mark, absentMark := ref.ID.Fingerprint(), sessionstore.ID(absent).Fingerprint()
	get := func(id string, ttl time.Duration) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := s.ViewSession(ctx, id, ttl, nil)
			return err
		}
	}
	many := func(ttl time.Duration, ids ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.GetSessions(ctx, ids, ttl)
			return err
		}
	}
	one := func(session string, more fields) []fields {
		more["operation"], more["sessions"], more["sessions_number"] = "getSession", []any{session}, 1.0
		return []fields{more}
	}
	for name, c := range map[string]struct {
		call func(context.Context) error
		want []fields
	}{
		"read":       {get(id, time.Minute), one(mark, fields{"outcome": "ok", "ttl": 60.0})},
		"absent":     {get(absent, time.Minute), one(absentMark, fields{"outcome": "SessionNotFoundFault"})},
		"wrong ttl":  {get(id, -time.Hour), one(mark, fields{"outcome": "Client"})},
		"wrong id":   {get("precious", time.Minute), []fields{{"operation": "getSession", "outcome": "InvalidSessionIdFault"}}},
		"without":    {get(id, sessionstore.DefaultTTL), nil},
		"several":    {many(time.Minute, id, absent), []fields{{"operation": "getSessions", "outcome": "ok", "sessions": []any{mark, absentMark}, "sessions_number": 2.0}}},
		"no several": {many(sessionstore.DefaultTTL, id), nil},
	} {
		s.out.Reset()
		_ = c.call(ctx)
		text := s.out.String()
		assert.NotContains(t, text, "precious", name)
		assert.NotContains(t, text, id, name)
		assert.NotContains(t, text, absent, name)
		assert.Equal(t, c.want, s.lines(t), name)
	}
	_, err = s.DeleteSession(ctx, id, "")
	require.NoError(t, err)
	s.out.Reset()
	require.ErrorIs(t, get(id, time.Hour)(ctx), backend.ErrNotFound)
	assert.Equal(t, one(mark, fields{"outcome": "SessionNotFoundFault"}), s.lines(t))
}
