package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
)

// audited is a service with an audit log that its test can read.
type audited struct {
	*service.Service

	log *audit.Log
	out *bytes.Buffer
}

func newAudited(t *testing.T) audited {
	t.Helper()
	a := audited{newFindable(t), nil, new(bytes.Buffer)}
	var err error
	a.log, err = audit.Open(audit.Stdout, audit.Options{Stdout: a.out})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.log.Close()) })
	a.Audit(a.log)
	return a
}

// lines returns the lines since the last call, without what every line has.
func (a audited) lines(t *testing.T) (all []map[string]any) {
	t.Helper()
	for row := range strings.Lines(a.out.String()) {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(row), &line), row)
		assert.Equal(t, "portal", line["caller"], row)
		assert.Equal(t, "r-1", line["request_id"], row)
		assert.Equal(t, "10.1.2.3", line["client"], row)
		assert.Equal(t, "address", line["authentication"], row)
		assert.Equal(t, "contract", line["dialect"], row)
		for _, name := range []string{"time", "caller", "request_id", "client", "authentication", "dialect"} {
			delete(line, name)
		}
		all = append(all, line)
	}
	a.out.Reset()
	return all
}

type fields = map[string]any

// Each change, deletion, search and look at the statistics has one line, with its
// outcome. No line has an id or a value.
func TestEachOperationHasItsLine(t *testing.T) {
	t.Parallel()
	s := newAudited(t)
	ctx := as(t, everything)
	require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
	const id = "5fbc010fecf1bbba68cf4d2fac579005"
	mark := sessionstore.ID(id).Fingerprint()
	one := func(session string, more fields) fields {
		more["sessions"], more["sessions_number"] = []any{session}, 1.0
		return more
	}
	for _, step := range []struct {
		name string
		call func() error
		want fields
	}{
		{"create", func() error {
			_, err := s.SetSession(ctx, id, attributes("uid", "precious", "mail", "m", "_session_id", id), time.Hour, sessionstore.If{})
			return err
		}, one(mark, fields{"operation": "setSession", "outcome": "ok", "created": true, "set": []any{"uid", "mail"}, "ttl": 3600.0})},
		{"replace", func() error {
			_, err := s.SetSession(ctx, id, attributes("uid", "precious"), time.Minute, sessionstore.If{})
			return err
		}, one(mark, fields{"operation": "setSession", "outcome": "ok", "set": []any{"uid"}, "ttl": 60.0})},
		{"conflict", func() error {
			_, err := s.SetSession(ctx, id, attributes("a", "1"), time.Minute, sessionstore.If{Version: "x"})
			return err
		}, one(mark, fields{"operation": "setSession", "outcome": "VersionConflictFault", "set": []any{"a"}})},
		{"update", func() error {
			_, err := s.UpdateSession(ctx, id, sessionstore.Change{Set: attributes("b", "precious"), Remove: []string{"a"}}, sessionstore.DefaultTTL)
			return err
		}, one(mark, fields{"operation": "updateSession", "outcome": "ok", "set": []any{"b"}, "removed": []any{"a"}, "ttl": 60.0})},
		{"touch", func() error { _, err := s.TouchSession(ctx, id, time.Hour); return err }, one(mark, fields{"operation": "touchSession", "outcome": "ok", "ttl": 3600.0})},
		{"find", func() error { _, err := s.FindSessions(ctx, "precious", ""); return err }, one(mark, fields{"operation": "findSessions", "by": "uid", "outcome": "ok"})},
		{"find none", func() error { _, err := s.FindSessions(ctx, "precious", "mail"); return err }, fields{
			"operation": "findSessions", "by": "mail", "outcome": "ok", "sessions": []any{}, "sessions_number": 0.0,
		}},
		{"find wrong", func() error { _, err := s.FindSessions(ctx, "precious", "cn"); return err }, fields{
			"operation": "findSessions", "by": "cn", "outcome": "Client", "sessions": []any{}, "sessions_number": 0.0,
		}},
		{"log-out", func() error { _, err := s.DeleteSessions(ctx, "precious", ""); return err }, one(mark, fields{"operation": "deleteSessions", "by": "uid", "outcome": "ok"})},
		{"delete again", func() error { _, err := s.DeleteSession(ctx, id, ""); return err }, one(mark, fields{"operation": "deleteSession", "outcome": "SessionNotFoundFault"})},
		{"deleted", func() error {
			_, err := s.UpdateSession(ctx, id, sessionstore.Change{}, sessionstore.DefaultTTL)
			return err
		}, one(mark, fields{"operation": "updateSession", "outcome": "SessionDeletedFault"})},
		{"bad id", func() error { _, err := s.DeleteSession(ctx, "precious", ""); return err }, fields{"operation": "deleteSession", "outcome": "InvalidSessionIdFault"}},
		{"stats", func() error { _, err := s.Stats(ctx); return err }, fields{"operation": "stats", "outcome": "ok"}},
		{"read", func() error { _, err := s.GetSession(ctx, id); return err }, nil},
		{"read several", func() error { _, err := s.GetSessions(ctx, []string{id}, 0); return err }, nil},
		{"status", func() error { _, err := s.Status(ctx); return err }, nil},
	} {
		err := step.call()
		if outcome := step.want["outcome"]; outcome == "ok" {
			require.NoError(t, err, step.name)
		}
		text := s.out.String()
		assert.NotContains(t, text, "precious", step.name)
		assert.NotContains(t, text, id, step.name)
		lines := s.lines(t)
		if step.want == nil {
			assert.Empty(t, lines, step.name)
			continue
		}
		require.Len(t, lines, 1, step.name)
		assert.Equal(t, step.want, lines[0], step.name)
	}

	session, err := s.NewSession(ctx)
	require.NoError(t, err)
	lines := s.lines(t)
	require.Len(t, lines, 1)
	former := session.ID.Fingerprint()
	assert.Equal(t, one(former, fields{"operation": "getSession", "outcome": "ok", "created": true, "ttl": 3600.0}), lines[0])

	// A session with a new id is found by both.
	_, err = s.RenameSession(ctx, string(session.ID), "", "x")
	require.Error(t, err)
	assert.Equal(t, []fields{one(former, fields{"operation": "renameSession", "outcome": "VersionConflictFault"})}, s.lines(t))
	_, err = s.RenameSession(ctx, string(session.ID), id, "")
	require.ErrorIs(t, err, sessionstore.ErrNewIDDeleted)
	assert.Equal(t, []fields{{
		"operation": "renameSession", "outcome": "SessionDeletedFault", "sessions": []any{former, mark}, "sessions_number": 2.0,
	}}, s.lines(t))
	ref, err := s.RenameSession(ctx, string(session.ID), "", "")
	require.NoError(t, err)
	assert.Equal(t, []fields{{
		"operation": "renameSession", "outcome": "ok", "sessions": []any{former, ref.ID.Fingerprint()}, "sessions_number": 2.0, "ttl": 3600.0,
	}}, s.lines(t))
	_, err = s.RenameSession(ctx, "precious", "", "")
	require.Error(t, err)
	assert.Equal(t, []fields{{"operation": "renameSession", "outcome": "InvalidSessionIdFault"}}, s.lines(t))
	_, err = s.RenameSession(ctx, string(ref.ID), "precious", "")
	require.Error(t, err)
	assert.Equal(t, []fields{one(ref.ID.Fingerprint(), fields{"operation": "renameSession", "outcome": "InvalidSessionIdFault"})}, s.lines(t))
}

// A refused call has no line of the operation: its line is written with the answer.
func TestRefusedCallHasOneLine(t *testing.T) {
	t.Parallel()
	s := newAudited(t)
	for what, c := range map[string]struct {
		ctx  context.Context //nolint:containedctx // of the case
		want fields
	}{
		"role":   {as(t, "roles: [read]"), fields{"outcome": "AccessDenied", "reason": "role"}},
		"hidden": {as(t, "roles: [write], hide: [uid]"), fields{"outcome": "AccessDenied", "reason": "hidden"}},
		"quota":  {as(t, "roles: [write], quota: 0.001"), fields{"outcome": "LimitExceeded", "reason": "quota"}},
		"rate":   {as(t, "roles: [write], rate: 0.001"), fields{"outcome": "LimitExceeded", "reason": "rate"}},
	} {
		require.NoError(t, service.EnterDialect(c.ctx, access.ContractDialect))
		set := func() error {
			_, err := s.SetSession(c.ctx, "", attributes("uid", "precious"), time.Hour, sessionstore.If{})
			return err
		}
		if what == "quota" || what == "rate" {
			require.NoError(t, set())
			s.lines(t)
		}
		err := set()
		require.Error(t, err)
		assert.Empty(t, s.lines(t), what)
		service.AuditRefusal(c.ctx, s.log, "setSession", err)
		lines := s.lines(t)
		require.Len(t, lines, 1, what)
		c.want["operation"], c.want["refusals"] = "setSession", 1.0
		assert.Equal(t, c.want, lines[0])
		reason, refused := service.Refusal(err)
		assert.True(t, refused)
		assert.Equal(t, what, reason)
	}
	ctx := as(t, everything)
	_, err := s.GetSession(ctx, "abc")
	service.AuditRefusal(ctx, s.log, "getSession", err)
	service.AuditRefusal(ctx, s.log, "getSession", nil)
	service.AuditRefusal(ctx, nil, "getSession", &access.LimitError{})
	assert.Empty(t, s.out.String())
}

// A login that ends the oldest session of its user has a line for that, too.
func TestEndedSessionHasALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newAudited(t)
		store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
			Principals: []string{"uid"}, MaxSessionsPerPrincipal: 1, OldestEnded: service.AuditEnded(s.log),
		})
		defer store.Close()
		sessions := service.New(store, service.NewCounters("1"))
		sessions.Audit(s.log)
		ctx := as(t, everything)
		require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
		first, err := sessions.SetSession(ctx, "", attributes("uid", "u"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		_, err = sessions.SetSession(ctx, "", attributes("uid", "u"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		lines := s.lines(t)
		require.Len(t, lines, 3)
		assert.Equal(t, fields{"operation": "endOldestSession", "outcome": "ok", "sessions": []any{first.ID.Fingerprint()}, "sessions_number": 1.0}, lines[1])
	})
}

// Calls are counted by caller and class, a bounded number of callers one by one.
func TestCallsAreCountedByCaller(t *testing.T) {
	t.Parallel()
	s, counters := newService(t)
	for i := range 150 {
		file, err := access.ParseFile([]byte("callers: [{name: c" + strings.Repeat("x", i%50) + string(rune('a'+i/50)) + ", roles: [read], addresses: [unix]}]"))
		require.NoError(t, err)
		ctx := access.NewGuard(file, access.Options{}).Begin(t.Context(), access.Sent{Unix: true})
		require.NoError(t, access.Authenticate(ctx))
		for range 2 {
			_, err = s.GetSession(ctx, "abc")
			require.Error(t, err)
		}
		_, err = s.DeleteSessions(ctx, "u", "")
		require.Error(t, err, "without the role, and counted")
	}
	_, err := s.GetSession(t.Context(), "abc") // has no caller
	require.Error(t, err)
	callers, sum := map[string]bool{}, int64(0)
	for _, c := range counters.Snapshot().Callers {
		callers[c.Caller] = true
		sum += c.Calls
		switch c.Caller {
		case "_other":
			assert.Equal(t, map[string]int64{"read": 100, "delete": 50}[c.Class], c.Calls)
		default:
			assert.Equal(t, map[string]int64{"read": 2, "delete": 1}[c.Class], c.Calls)
		}
	}
	assert.Len(t, callers, 101)
	assert.Equal(t, int64(450), sum)
}
