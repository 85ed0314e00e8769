package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

func TestInvalidEventSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	for want, args := range map[string][]string{
		"--lemonldap-events needs --lemonldap":          {"--lemonldap-events", "redis://host"},
		"--lemonldap-events-ca need --lemonldap-events": {"--lemonldap", "--lemonldap-events-ca", "ca.pem"},
		"--lemonldap-events: it must be redis://":       {"--lemonldap", "--lemonldap-events", "host:6379"},
		"--lemonldap-events has a password":             {"--lemonldap", "--lemonldap-events", "redis://u:precious@host", "--lemonldap-events-login-file", "f"},
		"--lemonldap-events-ca is for Redis with TLS":   {"--lemonldap", "--lemonldap-events", "redis://host", "--lemonldap-events-ca", "ca.pem"},
		"absent: no such file":                          {"--lemonldap", "--lemonldap-events", "redis://host", "--lemonldap-events-login-file", filepath.Join(folder, "absent")},
		"others must not read it":                       {"--lemonldap", "--lemonldap-events", "redis://host", "--lemonldap-events-login-file", file("open", "precious", 0o644)},
		"empty must be PASSWORD or USER:PASSWORD":       {"--lemonldap", "--lemonldap-events", "redis://host", "--lemonldap-events-login-file", file("empty", "\n", 0o600)},
		"has no certificate in PEM form":                {"--lemonldap", "--lemonldap-events", "rediss://host", "--lemonldap-events-ca", file("ca.pem", "precious", 0o644)},
	} {
		var errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code, want)
		assert.Contains(t, errs.String(), want)
		assert.NotContains(t, errs.String(), "precious")
	}
}

// Deletions by each instance, and by other programs on the servers, reach Redis and the
// subscribers of every instance within five seconds. No id is logged. The end of the
// service ends the subscriptions.
func TestDeletionsArePublished(t *testing.T) {
	t.Parallel()
	servers, redis := memcachedtest.Start(t), redistest.Start(t)
	one := startServe(t, "--servers", servers.Addr, "--lemonldap", "--lemonldap-events", redis.URL())
	two := startServe(t, "--servers", servers.Addr, "--lemonldap")
	subscription := redis.Client().Subscribe(t.Context(), "llng_events")
	t.Cleanup(func() { _ = subscription.Close() })
	_, err := subscription.Receive(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	subscribe := func(s *served) *websocket.Conn {
		require.Eventually(t, func() bool { return len(s.log.lines(t, "change stream connected")) == 1 }, time.Minute, 10*time.Millisecond)
		conn, _, err := websocket.Dial(ctx, strings.TrimSuffix(s.url, "/soap")+"/subscribe?channels=llng_events", nil) //nolint:bodyclose // Dial does
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
	here, there := subscribe(one), subscribe(two)
	// A message may come twice: an instance on a busy machine may see a deletion in the
	// change stream before it hears of the message of the instance that has deleted.
	var former []string
	receive := func(id string, next func() string) {
		t.Helper()
		text := next()
		for slices.ContainsFunc(former, func(id string) bool { return strings.Contains(text, id) }) {
			text = next()
		}
		assert.Contains(t, text, `"id":"`+id+`"`)
	}
	published := func(id string) {
		t.Helper()
		deleted := time.Now()
		receive(id, func() string {
			m, err := subscription.ReceiveMessage(ctx)
			require.NoError(t, err)
			assert.Regexp(t, `^{"action":"unlog","id":"[0-9a-f]+"}$`, m.Payload)
			return m.Payload
		})
		for _, conn := range []*websocket.Conn{here, there} {
			receive(id, func() string {
				_, text, err := conn.Read(ctx)
				require.NoError(t, err)
				assert.Regexp(t, `^{"channel":"llng_events","action":"unlog","id":"[0-9a-f]+"}$`, string(text))
				return string(text)
			})
		}
		former = append(former, id)
		assert.Less(t, time.Since(deleted), 5*time.Second)
	}
	const first, second, third, typed = "5fbc010fecf1bbba68cf4d2fac579001", "5fbc010fecf1bbba68cf4d2fac579002",
		"5fbc010fecf1bbba68cf4d2fac579003", "5fbc010fecf1bbba68cf4d2fac579004"
	for _, key := range []string{first, second} {
		_, err := servers.Command(ctx, "set "+key+" 1 0 4\r\n\x04\x0b\x08\x31")
		require.NoError(t, err)
	}
	call := func(s *served, id string) {
		t.Helper()
		answer, text := s.post(t, sent{}, operationCall("deleteSession", "<id>"+id+"</id>"))
		require.Equal(t, 200, answer.StatusCode, text)
	}
	call(one, first)
	published(first)
	call(two, second)
	published(second)
	for key, id := range map[string]string{third: third, "memcachedsoap:saml:" + typed: typed} {
		// At once, because memcached reports deletions from 1.6.20 on only.
		_, err := servers.Command(ctx, "set "+key+" 1 0 4\r\nabcd\r\ndelete "+key)
		require.NoError(t, err)
		published(id)
	}
	assert.Equal(t, exitDone, one.stop())
	_, _, err = here.Read(ctx)
	require.Error(t, err)
	require.NoError(t, ctx.Err())
	for _, s := range []*served{one, two} {
		assert.NotContains(t, s.log.String(), first[:28])
	}
	assert.Equal(t, exitDone, two.stop())
}
