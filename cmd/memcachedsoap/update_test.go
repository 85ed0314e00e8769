package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memory"
)

// versionOfA1 returns the version of the session a1 which get prints.
func versionOfA1(tb testing.TB, url string) string {
	tb.Helper()
	var got sessionDocument
	require.NoError(tb, json.Unmarshal([]byte(done(tb, url, "session", "get", "a1", "--json")), &got))
	return string(got.Version)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho", "mail=x", "--ttl=5000")
	first := versionOfA1(t, s.url)
	out := done(t, s.url, "session", "update", "a1", "uid=rtyler", "new=\xff", "--remove=mail", "--remove=never-there", "--if-version", first)
	assert.Regexp(t, `\Aid       a1\nversion  [0-9a-f]+\nexpires  in 1h(2[0-3])m\n\z`, out, "the time that was left")
	assert.JSONEq(t, `{"uid": "rtyler", "new": {"$binary": "/w=="}}`, attributesOf(t, s.url))
	assert.Regexp(t, `(?m)^expires  in (60|59)s$|^expires  in 1m0s$`, done(t, s.url, "session", "update", "a1", "uid=rtyler", "--ttl=60"))
	assert.Regexp(t, `(?m)^expires  never$`, done(t, s.url, "session", "update", "a1", "uid=rtyler", "--ttl=-1"))

	for _, args := range [][]string{
		{"session", "update", "a1", "uid=x", "--if-version", first},
		{"session", "set", "a1", "uid=x", "--if-version", first},
	} {
		o := invoke(t, s.url, args...)
		assert.Equal(t, exitConflict, o.code, args)
		assert.Contains(t, o.err, "The session has another version than the one given", args)
	}
	assert.JSONEq(t, `{"uid": "rtyler", "new": {"$binary": "/w=="}}`, attributesOf(t, s.url), "nothing was changed")
	done(t, s.url, "session", "set", "a1", "uid=y", "--update-only", "--if-version", versionOfA1(t, s.url))
	assert.JSONEq(t, `{"uid": "y"}`, attributesOf(t, s.url))
}

func TestRename(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho", "--only-new", "--ttl=5000")
	done(t, s.url, "session", "set", "b2", "uid=rtyler")
	first := versionOfA1(t, s.url)
	for _, args := range [][]string{
		{"session", "set", "a1", "uid=x", "--only-new"},
		{"session", "rename", "a1", "b2"},
		{"session", "rename", "a1", "--if-version", "1"},
		{"session", "delete", "a1", "--if-version", "1"},
		{"session", "delete", "a1", "uid", "--if-version", "1"},
	} {
		o := invoke(t, s.url, args...)
		assert.Equal(t, exitConflict, o.code, "%s: %s", args, o.err)
	}
	assert.Equal(t, first, versionOfA1(t, s.url), "nothing was changed")
	assert.Regexp(t, `\Aid       c3\nversion  [0-9a-f]+\nexpires  in 1h(2[0-3])m\n\z`, done(t, s.url, "session", "rename", "a1", "c3", "--if-version", first))
	assert.Equal(t, exitNoSession, invoke(t, s.url, "session", "get", "a1").code)
	var got sessionDocument
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "rename", "c3", "--json")), &got))
	assert.Regexp(t, "^[0-9a-f]{32}$", got.ID)
	assert.Nil(t, got.Attributes)
	assert.Contains(t, done(t, s.url, "session", "get", string(got.ID)), "dwho")
	for _, args := range [][]string{{"rename", "a1"}, {"rename", "c3", "d4"}, {"rename", "ef"}, {"rename", string(got.ID), "a1"}} {
		assert.Equal(t, exitNoSession, invoke(t, s.url, append([]string{"session"}, args...)...).code, args)
	}
	assert.Equal(t, exitUsage, invoke(t, s.url, "session", "rename", "b2", "b2").code)
	done(t, s.url, "session", "delete", string(got.ID), "--if-version", string(got.Version))
	assert.Equal(t, exitNoSession, invoke(t, s.url, "session", "get", string(got.ID)).code)
}

// TestDeleted: for every command, a deleted session does not exist.
func TestDeleted(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho")
	done(t, s.url, "session", "delete", "a1")
	for _, args := range [][]string{
		{"get", "a1"}, {"set", "a1", "uid=dwho"}, {"update", "a1", "uid=dwho"}, {"touch", "a1"}, {"delete", "a1"}, {"delete", "a1", "uid"},
	} {
		o := invoke(t, s.url, append([]string{"session"}, args...)...)
		assert.Equal(t, exitNoSession, o.code, args)
	}
	assert.Contains(t, invoke(t, s.url, "session", "set", "a1", "uid=dwho").err, "The session was deleted")
}

func TestGetSeveral(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho", "empty=", "bytes=\xff")
	done(t, s.url, "session", "set", "b2", "uid=rtyler", "--ttl=600")
	assert.Regexp(t, `\Aid       b2\nversion  [0-9a-f]+\nexpires  in \S+\n\nuid  rtyler\n\n`+
		`id       a1\nversion  [0-9a-f]+\nexpires  never\n\nuid    dwho\nempty  ""\nbytes  \(base64\) /w==\n\z`,
		done(t, s.url, "session", "get", "b2", "c3", "a1"))
	var got struct {
		Sessions []struct {
			ID         string          `json:"id"`
			Version    string          `json:"version"`
			Attributes json.RawMessage `json:"attributes"`
		} `json:"sessions"`
	}
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "get", "c3", "a1", "--json")), &got))
	require.Len(t, got.Sessions, 1)
	assert.Equal(t, "a1", got.Sessions[0].ID)
	assert.NotEmpty(t, got.Sessions[0].Version)
	assert.JSONEq(t, `{"uid": "dwho", "empty": "", "bytes": {"$binary": "/w=="}}`, string(got.Sessions[0].Attributes))
}

func TestFindAndLogout(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}), "uid", "mail")
	done(t, s.url, "session", "set", "a1", "uid=zoë", "mail=zoe@example.org")
	done(t, s.url, "session", "set", "b2", "uid=dwho")
	assert.Equal(t, "a1\n", done(t, s.url, "session", "find", "zoë"))
	assert.Equal(t, "a1\n", done(t, s.url, "session", "find", "zoe@example.org", "--attribute=mail"))
	assert.JSONEq(t, `{"ids": ["b2"]}`, done(t, s.url, "session", "find", "dwho", "--json"))
	nobody := outcome{err: "memcachedsoap: no session found\n", code: exitNoSession}
	assert.Equal(t, nobody, invoke(t, s.url, "session", "find", "nobody"))
	assert.Equal(t, nobody, invoke(t, s.url, "session", "logout", "nobody"))

	done(t, s.url, "session", "set", "c3", "uid=zoë")
	assert.Regexp(t, `\Adeleted 2\n(a1\nc3|c3\na1)\n\z`, done(t, s.url, "session", "logout", "zoë"))
	assert.Equal(t, nobody, invoke(t, s.url, "session", "find", "zoë"))
	assert.Equal(t, exitNoSession, invoke(t, s.url, "session", "get", "a1").code)
	assert.JSONEq(t, `{"deleted": ["b2"]}`, done(t, s.url, "session", "logout", "dwho", "--json"))
}
