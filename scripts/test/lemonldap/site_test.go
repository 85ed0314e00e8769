//go:build interop

package lemonldap

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// portal is a running portal.
type portal struct {
	*server
	instance *instance
}

func (i *instance) startPortal(t *testing.T) *portal {
	t.Helper()
	return &portal{i.startPSGI(t, "portal", "Lemonldap::NG::Portal"), i}
}

// ask sends a request to the portal as a program does that understands JSON.
func (p *portal) ask(t *testing.T, method, path, session string, form url.Values) answer {
	t.Helper()
	return p.server.ask(t, method, "http://auth.example.com"+path, []byte(form.Encode()),
		"Accept", "application/json", "Content-Type", "application/x-www-form-urlencoded", "Cookie", "lemonldap="+session)
}

// login logs a user in whose password is the name, and returns the id of the session.
func (p *portal) login(t *testing.T, user string) string {
	t.Helper()
	got := p.ask(t, http.MethodPost, "/", "", url.Values{"user": {user}, "password": {user}})
	require.Equal(t, http.StatusOK, got.status, "login of %s: %s", user, got.body)
	var result struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(got.body), &result), got.body)
	require.Regexp(t, "^([0-9a-f]{32}|[0-9a-f]{64})$", result.ID, got.body)
	return result.ID
}

// user returns the user whose session the portal finds, or "".
func (p *portal) user(t *testing.T, session string) string {
	t.Helper()
	got := p.ask(t, http.MethodGet, "/mysession/?whoami", session, nil)
	if got.status == http.StatusUnauthorized {
		return ""
	}
	require.Equal(t, http.StatusOK, got.status, got.body)
	var result struct{ Result string }
	require.NoError(t, json.Unmarshal([]byte(got.body), &result), got.body)
	return result.Result
}

func (p *portal) logout(t *testing.T, session string) {
	t.Helper()
	got := p.ask(t, http.MethodGet, "/?logout=1", session, nil)
	require.Equal(t, http.StatusOK, got.status, got.body)
}

// handler is a running handler.
type handler struct{ *server }

func (i *instance) startHandler(t *testing.T) *handler {
	t.Helper()
	return &handler{i.startPSGI(t, "handler", "Lemonldap::NG::Handler::Server::Nginx")}
}

// user returns the user who the handler lets in, or "". It asks as nginx does.
func (h *handler) user(t *testing.T, session string) string {
	t.Helper()
	got := h.ask(t, http.MethodGet, "http://test1.example.com/", nil, "X-Original-Uri", "/", "Cookie", "lemonldap="+session)
	if got.status == http.StatusUnauthorized {
		return ""
	}
	require.Equal(t, http.StatusOK, got.status, got.body)
	user := got.header.Get("Auth-User")
	assert.Equal(t, user+"@badwolf.org", got.header.Get("Auth-Mail"))
	return user
}

// within waits until a state is reached and returns how long it took. The test fails if
// it takes too long.
func within(t *testing.T, limit time.Duration, what string, state func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !state() {
		require.Less(t, time.Since(begin), limit, what)
		time.Sleep(poll)
	}
	return time.Since(begin)
}
