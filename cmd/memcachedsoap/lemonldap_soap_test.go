package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
)

// TestServeLemonLDAPOverSOAP: the dialect answers on any path with --lemonldap, also
// where the REST dialect is, knows the key, and is not there without the flag.
func TestServeLemonLDAPOverSOAP(t *testing.T) {
	t.Parallel()
	keyFile := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(keyFile, []byte("qwertyui\n"), 0o600))
	call := func(endpoint, path, payload string) string {
		t.Helper()
		body := `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` + payload + `</Body></Envelope>`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimSuffix(endpoint, "/soap")+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(answer)
	}
	method := func(name, parameters string) string {
		return `<n:` + name + ` xmlns:n="` + rpc.Namespace + `">` + parameters + `</n:` + name + `>`
	}
	endpoint, log, stop := startService(t, "--lemonldap", "--lemonldap-key-file", keyFile)
	id := regexp.MustCompile(`[0-9a-f]{64}`).FindString(call(endpoint, "/adminSessions", method("newSession", "")))
	require.NotEmpty(t, id)
	assert.Contains(t, call(endpoint, "/index.pl/adminSessions", method("setAttributes", "<i>"+id+"</i><a><_whatToTrace>dwho</_whatToTrace></a>")), ">1</result>")
	for _, path := range []string{"/sessions", "/sessions/global", "/adminSessions", "/soap", "/sessions/global/" + id} {
		assert.Contains(t, call(endpoint, path, method("getAttributes", "<i>"+id+"</i>")), ">dwho</_whatToTrace>", path)
	}
	assert.Contains(t, done(t, endpoint, "session", "find", "dwho"), id)
	token := regexp.MustCompile(`>([^<]+)</result>`).FindStringSubmatch(call(endpoint, "/sessions", method("getCipheredToken", "")))
	require.Len(t, token, 2)
	_, ok := lemonldap.NewCipher([]byte("qwertyui")).Decrypt(token[1])
	assert.True(t, ok)
	done(t, endpoint, "session", "logout", "dwho")
	assert.Contains(t, call(endpoint, "/sessions", method("getAttributes", "<i>"+id+"</i>")), ">1</error>")
	assert.Equal(t, exitDone, stop())
	assert.NotContains(t, log.String(), id)

	endpoint, _, _ = startService(t)
	assert.Contains(t, call(endpoint, "/soap", method("newSession", "")), "soap:Client")
	assert.Equal(t, "Not Found\n", call(endpoint, "/adminSessions", method("newSession", "")))
}
