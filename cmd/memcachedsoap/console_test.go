package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// console asks for the console of a service.
func console(t *testing.T, url string) (status int, challenge, text string) {
	t.Helper()
	answer, err := http.Get(strings.TrimSuffix(url, "/soap") + "/console")
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header.Get("WWW-Authenticate"), string(body)
}

// The console is for callers, or for this machine; and off if the operator says so, or if
// everybody may call from everywhere.
func TestConsole(t *testing.T) {
	t.Parallel()
	callers := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(callers, []byte("callers: [{name: boss, roles: [admin], key: [sha256:"+strings.Repeat("0", 64)+"]}]"), 0o600))
	for name, tt := range map[string]struct {
		args   []string
		status int
	}{
		"on this machine": {nil, http.StatusOK},
		"off":             {[]string{"--no-console"}, http.StatusNotFound},
		"anonymous":       {[]string{"--allow-anonymous"}, http.StatusNotFound},
		"for callers":     {[]string{"--auth-file", callers}, http.StatusUnauthorized},
		"off for callers": {[]string{"--auth-file", callers, "--no-console"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _, _ := startService(t, tt.args...)
			status, challenge, text := console(t, url)
			assert.Equal(t, tt.status, status, text)
			if tt.status == http.StatusUnauthorized {
				assert.NotEmpty(t, challenge)
			}
		})
	}
}

// Each path of the console is for the callers with its roles. What its pages load is for
// everybody.
func TestRolesOfTheConsole(t *testing.T) {
	t.Parallel()
	const key = "a-key-of-a-caller-of-the-tests-with-"
	all := []string{"stats", "find", "read", "write", "delete", "admin", "find, read"}
	var callers strings.Builder
	for i, roles := range all {
		callers.WriteString("- {name: c" + strconv.Itoa(i) + ", roles: [" + roles + "], key: [" + access.HashKey(key+roles) + "]}\n")
	}
	file := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(file, []byte("callers:\n"+callers.String()), 0o600))
	endpoint, _, _ := startService(t, "--auth-file", file)
	for path, allowed := range map[string][]string{
		"/console":                   {"stats", "admin"},
		"/console/events":            {"stats", "admin"},
		"/console/sessions":          {"find, read", "admin"},
		"/console/sessions/server/0": {"find, read", "admin"},
		"/console/sessions/one/x":    {"find, read", "admin"},
		"/console/sessions/nosuch":   nil,
		"/console/nosuch":            nil,
		"/console/assets/nosuch.css": nil,
	} {
		for _, roles := range append(all, "") {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(endpoint, "/soap")+path, nil)
			require.NoError(t, err)
			if roles != "" {
				r.Header.Set("Authorization", "Bearer "+key+roles)
			}
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			want := []int{http.StatusForbidden}
			switch {
			case allowed == nil:
				want = []int{http.StatusNotFound}
			case roles == "":
				want = []int{http.StatusUnauthorized}
			case slices.Contains(allowed, roles):
				want = []int{http.StatusOK, http.StatusNotFound} // or there is no such session
			}
			assert.Contains(t, want, answer.StatusCode, "%s %s", roles, path)
		}
	}
}

// The console shows the other instances and the replicators on the servers of this one,
// and in which settings they differ.
func TestConsoleShowsNeighbours(t *testing.T) {
	t.Parallel()
	server, copied := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	url, _, _ := startService(t, "--servers", server)
	startService(t, "--servers", server, "--max-depth", "100")
	_, _, stopAlike := startService(t, "--servers", server)
	startReplicator(t, server, copied)
	shows := func(all ...string) func() bool {
		return func() bool {
			_, _, text := console(t, url)
			for _, one := range all {
				if !strings.Contains(text, one) {
					return false
				}
			}
			return true
		}
	}
	require.Eventually(t, shows("settings of Limits", "the pools are equal", "metrics at 127.0.0.1:0", "<td>nothing</td>"), time.Minute, 50*time.Millisecond)
	_, _, text := console(t, url)
	assert.Equal(t, 3, strings.Count(text, "<td>serve</td>"))
	assert.Equal(t, 1, strings.Count(text, "<td>replicate</td>"))
	stopAlike()
	require.Eventually(t, func() bool {
		_, _, text := console(t, url)
		return strings.Count(text, "<td>serve</td>") == 2
	}, time.Minute, 50*time.Millisecond, "it has taken its leave")
}

// Equal settings have equal fingerprints, from wherever they come; what is a matter of one
// process does not count.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	fingerprintsOf := func(args ...string) map[string]string {
		var g grammar
		parser, err := kong.New(&g, poolFlags(), daemonEnvironment())
		require.NoError(t, err)
		_, err = parser.Parse(append([]string{"serve"}, args...))
		require.NoError(t, err)
		require.NotEmpty(t, g.Serve.settings)
		return g.Serve.settings
	}
	one := fingerprintsOf()
	for _, same := range [][]string{
		{"--listen", "127.0.0.1:9999", "--metrics-listen", "127.0.0.1:9998", "--log-level", "debug"},
		{"--max-depth", "600", "--session-ttl=72000"},
	} {
		assert.Equal(t, one, fingerprintsOf(same...), same)
	}
	files := fingerprintsOf("--auth-file", "/a/b")
	assert.Equal(t, files, fingerprintsOf("--auth-file", "/c/d"))
	assert.NotEqual(t, one["Access"], files["Access"])
	events := fingerprintsOf("--lemonldap", "--lemonldap-events", "redis://:secret@a:1")
	assert.Equal(t, events, fingerprintsOf("--lemonldap", "--lemonldap-events", "redis://:another@a:1"), "no password is in a fingerprint")
	assert.NotEqual(t, events["LemonLDAP::NG"], fingerprintsOf("--lemonldap", "--lemonldap-events", "redis://:secret@b:1")["LemonLDAP::NG"], "another server")
	for group, args := range map[string][]string{
		"Limits": {"--max-depth", "100"}, "Sessions": {"--no-md5-key"}, "Servers": {"--servers", "a,b"}, "Near cache": {"--local-max-age", "6"},
	} {
		other := fingerprintsOf(args...)
		for title := range one {
			assert.Equal(t, title != group, one[title] == other[title], title)
		}
	}
}
