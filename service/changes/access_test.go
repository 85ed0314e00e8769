package changes

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// get sends a request to an instance. prepare may sign it.
func get(t *testing.T, n *node, path string, prepare func(r *http.Request)) (status int, first string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.server.URL+path, nil)
	require.NoError(t, err)
	if prepare != nil {
		prepare(r)
	}
	answer, err := n.server.Client().Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	require.NoError(t, err)
	return answer.StatusCode, line
}

// Only those read who prove the key for this relay, or a caller with the role admin.
func TestAccess(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, reader := pair(t, []string{server.Addr}, func(s *settings) { s.Keys = keysOf(t, "# rotating\n"+secret+"\n\n"+other) })
	sign := func(key, url string) func(r *http.Request) {
		return func(r *http.Request) { keysOf(t, key).sign(r, url) }
	}
	for name, c := range map[string]struct {
		prepare func(r *http.Request)
		status  int
	}{
		"the key":             {sign(secret, relay.server.URL), 200},
		"the second key":      {sign(other, relay.server.URL), 200},
		"no key":              {nil, 401},
		"a wrong key":         {sign("wrong "+secret, relay.server.URL), 401},
		"for another relay":   {sign(secret, "https://elsewhere:8443"), 401},
		"the key in clear":    {func(r *http.Request) { r.Header.Set("Authorization", "Peer "+secret) }, 401},
		"for another request": {func(r *http.Request) { sign(secret, relay.server.URL)(r); r.URL.RawQuery = "after=1" }, 401},
		"twice": {func(r *http.Request) {
			sign(secret, relay.server.URL)(r)
			r.Header.Add("Authorization", r.Header.Get("Authorization"))
		}, 401},
	} {
		for _, path := range []string{Path, clockPath} {
			status, line := get(t, relay, path, c.prepare)
			assert.Equal(t, c.status, status, name)
			assert.Equal(t, c.status == 200 && path == Path, strings.HasPrefix(line, protocol), name)
		}
	}
	assert.EqualValues(t, 12, relay.metric("changes_refused_total"))

	status, line := get(t, reader, Path, sign(secret, reader.server.URL))
	assert.Equal(t, 503, status, "no chains")
	assert.Equal(t, "this instance does not watch the servers itself\n", line)
	signed := sign(secret, relay.server.URL)
	status, _ = get(t, relay, Path+"/elsewhere", signed)
	assert.Equal(t, 404, status)
	status, _ = get(t, relay, barrierPath+"?server=0&stream=another", signed)
	assert.Equal(t, 410, status)
	status, _ = get(t, relay, indexPath+"?identity=i", signed)
	assert.Equal(t, 409, status, "it has no index")
	status, _ = get(t, relay, Path, func(r *http.Request) { r.Method = http.MethodPost; signed(r) })
	assert.Equal(t, 405, status)
}

// A caller of the auth file needs the role admin.
func TestCallers(t *testing.T) {
	t.Parallel()
	file, err := access.ParseFile([]byte("callers: [{name: boss, roles: [admin], key: [sha256:" + sha("boss") + "]}, {name: portal, roles: [read, stats], key: [sha256:" + sha("portal") + "]}]"))
	require.NoError(t, err)
	guard := access.NewGuard(file, access.Options{Tokens: true})
	server := memcachedtest.Start(t)
	relay, _ := pair(t, []string{server.Addr}, func(s *settings) {
		s.wrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent := access.Sent{Authorization: r.Header.Values("Authorization")}
				next.ServeHTTP(w, r.WithContext(guard.Begin(r.Context(), sent)))
			})
		}
	})
	for credentials, status := range map[string]int{"boss": 200, "portal": 403, "nobody": 401, "": 401} {
		got, _ := get(t, relay, Path, func(r *http.Request) {
			if credentials != "" {
				r.Header.Set("Authorization", "Bearer "+keyOf(credentials))
			}
		})
		assert.Equal(t, status, got, credentials)
	}
}

// A server that does not have the key is no relay, whatever a lease says.
func TestFalseRelay(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	truth := start(t, []string{server.Addr}, relays(2)).connected(t)
	truth.advertises(t, 1)
	asked := make(chan struct{}, 1000)
	impostor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// It passes the request on to the true one, which refuses what is not for it.
		passed, err := http.NewRequestWithContext(r.Context(), http.MethodGet, truth.server.URL+r.URL.RequestURI(), nil) //nolint:gosec // as an impostor does
		if err != nil {
			return
		}
		passed.Header = r.Header
		answer, err := http.DefaultTransport.RoundTrip(passed)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		asked <- struct{}{}
		if r.Header.Get("Authorization") == "" || strings.Contains(r.Header.Get("Authorization"), secret) {
			t.Error("the key was sent, or nothing")
		}
		io.WriteString(w, hello{stream: "s", pool: truth.peer.identity, index: nothing}.line()) //nolint:errcheck // it may go
	}))
	defer impostor.Close()
	lies := newPlaces(truth.peer.Pool, 2)
	note := relay{url: impostor.URL, pool: truth.peer.identity, index: nothing, connected: 1}.note()
	for slot := range 2 {
		lies.leases[slot].Life = time.Hour
		lies.take(t.Context(), []int{slot}, note)
	}
	reader := start(t, []string{server.Addr}, relays(2)).connected(t)
	require.Equal(t, truth.server.URL, reader.peer.reader.session.Load().relay.url)
	reader.peer.reader.session.Load().end(errWorse)
	require.Eventually(t, func() bool { return reader.log.Count("does not prove that it has the key") > 0 }, ample, 10*time.Millisecond)
	assert.NotEmpty(t, asked)
	requireSees(t, server, reader)
}

// A relay has room for a number of readers.
func TestTooManyReaders(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	relay, _ := pair(t, []string{server.Addr}, func(s *settings) { s.MaxReaders = 1 })
	status, line := get(t, relay, Path, func(r *http.Request) { keysOf(t, secret).sign(r, relay.server.URL) })
	assert.Equal(t, 503, status)
	assert.Equal(t, "too many readers\n", line)
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	keys := new(Keys)
	path := filepath.Join(t.TempDir(), "keys")
	for text, want := range map[string]string{
		"":                              "it has no key",
		"# " + secret + "\n":            "it has no key",
		"\nshort\n":                     "line 2: a key has 32 characters at least",
		strings.Repeat(secret+"\n", 17): "line 17: there are more than 16 keys",
		strings.Repeat("x", maxFile+1):  "is larger than",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		err := keys.ReadFile(path)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "short")
	}
	require.NoError(t, os.Chmod(path, 0o644)) //nolint:gosec // that is the test
	require.ErrorContains(t, keys.ReadFile(path), "others must not read it")
	require.Error(t, keys.ReadFile(t.TempDir()))
	require.Error(t, keys.ReadFile(path+"-"))
	r := httptest.NewRequest(http.MethodGet, Path, nil)
	proves := keys.sign(r, "http://a")
	assert.False(t, proves(http.Header{}))
	_, ok := keys.verify(r, "http://a")
	assert.False(t, ok, "without a key nobody is trusted")
}

func keyOf(name string) string { return "key of " + name }

func sha(name string) string {
	sum := sha256.Sum256([]byte(keyOf(name)))
	return hex.EncodeToString(sum[:])
}
