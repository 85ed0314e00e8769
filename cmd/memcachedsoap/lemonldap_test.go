package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
)

func TestInvalidLemonLDAPSettings(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--lemonldap-key-file needs --lemonldap":                     {"--lemonldap-key-file", "k"},
		"--lemonldap-timeout needs --lemonldap":                      {"--lemonldap-timeout", "60"},
		"--lemonldap-idle needs --lemonldap":                         {"--lemonldap-idle", "60"},
		"--lemonldap-persistent needs --lemonldap":                   {"--lemonldap-persistent"},
		"--lemonldap-index needs --lemonldap":                        {"--lemonldap-index", "mail"},
		"--lemonldap-timeout must be more than 0":                    {"--lemonldap", "--lemonldap-timeout", "0"},
		"--lemonldap-idle must not be longer than":                   {"--lemonldap", "--lemonldap-idle", "61", "--lemonldap-timeout", "60"},
		"--end-oldest-session cannot be combined with --lemonldap":   {"--lemonldap", "--end-oldest-session"},
		"--lemonldap-index has an empty name":                        {"--lemonldap", "--lemonldap-index", "mail,,sn"},
		"--lemonldap-index must not be _session_id":                  {"--lemonldap", "--lemonldap-index", "_session_id"},
		"--lemonldap-index ipAddr: sessions are found by it already": {"--lemonldap", "--lemonldap-index", "mail,ipAddr"},
		"--lemonldap-index mail: sessions are found by it already":   {"--lemonldap", "--lemonldap-index", "mail,mail"},
	} {
		var errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code, want)
		assert.Contains(t, errs.String(), want)
	}
}

func TestPrincipalsOfLemonLDAP(t *testing.T) {
	t.Parallel()
	c := serveCommand{Principal: []string{"uid", "ipAddr"}}
	assert.Equal(t, []string{"uid", "ipAddr"}, c.principals())
	c.LemonLDAP, c.LemonLDAPIndex = true, []string{"mail"}
	assert.Equal(t, []string{"_whatToTrace", "_session_uid", "ipAddr", "mail", "uid"}, c.principals())
	c.Principal = nil
	assert.Equal(t, []string{"_whatToTrace", "_session_uid", "ipAddr", "mail"}, c.principals())
}

// TestServeLemonLDAP: the settings reach the dialect, programs of the contract find the
// sessions, and no line of the log has the id of a session.
func TestServeLemonLDAP(t *testing.T) {
	t.Parallel()
	keyFile := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(keyFile, []byte("first\n"), 0o600))
	endpoint, log, stop := startService(t, "--lemonldap", "--lemonldap-key-file", keyFile, "--lemonldap-timeout", "600", "--log-level", "debug")
	base := strings.TrimSuffix(endpoint, "/soap") + "/sessions"
	id := strings.Repeat("0123456789abcdef", 4)
	put := func(kind, key string) int {
		body := fmt.Sprintf(`{"_whatToTrace":"dwho","_utime":%d,"__secret":%q}`,
			time.Now().Unix()-10, lemonldap.NewCipher([]byte(key)).Encrypt(strconv.FormatInt(time.Now().Unix(), 10)))
		status, _ := restCall(t, http.MethodPut, base+"/"+kind+"/"+id, body)
		return status
	}
	assert.Equal(t, http.StatusBadRequest, put("global", "second"), "a secret of another key")
	assert.Equal(t, http.StatusOK, put("global", "first"))
	assert.Equal(t, http.StatusBadRequest, put("persistent", "first"))
	assert.Equal(t, http.StatusBadRequest, put("unknown", "first"))
	assert.Regexp(t, `expires  in (9m|5\d+s)`, done(t, endpoint, "session", "get", id))
	assert.NotContains(t, done(t, endpoint, "session", "get", id), "_whatToTrace_MD5")

	require.NoError(t, os.WriteFile(keyFile+"~", []byte("second\r\nfirst\n"), 0o600))
	require.NoError(t, os.Rename(keyFile+"~", keyFile))
	require.Eventually(t, func() bool { return put("global", "second") == http.StatusOK }, 30*time.Second, 10*time.Millisecond)
	assert.Equal(t, http.StatusBadRequest, put("global", "first"), "the second line is no key")

	status, list := restCall(t, http.MethodPost, base+"/global?all=1&search=_whatToTrace,dwho", `{"data":["_whatToTrace"]}`)
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, fmt.Sprintf(`{%q:{"_whatToTrace":"dwho"}}`, id), list)
	for _, path := range []string{"/global/" + id + "/[_utime,x]", "//global/" + id, "/global/" + id + "x", "/" + id, "/nothing/" + id, "/global/" + id[:60]} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost} {
			restCall(t, method, base+path, "{")
		}
	}
	restCall(t, http.MethodGet, strings.TrimSuffix(base, "/sessions")+"/other/"+id, "")
	done(t, endpoint, "session", "get", id)
	done(t, endpoint, "session", "logout", "dwho")
	restCall(t, http.MethodDelete, base+"/global/"+id, "")
	status, answer := restCall(t, http.MethodGet, base+"/global/"+id, "")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, `{"error":"`)
	assert.Equal(t, exitDone, stop())
	assert.Contains(t, log.String(), `"path":"/other/ID"`)
	assert.NotContains(t, log.String(), id[:32], "the log has no id of a session")
}

// restCall sends a request of REST and returns the answer.
func restCall(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestWrongLemonLDAPKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, open := filepath.Join(dir, "empty"), filepath.Join(dir, "open")
	require.NoError(t, os.WriteFile(empty, []byte("\nkey\n"), 0o600))
	require.NoError(t, os.WriteFile(open, []byte("key\n"), 0o600))
	require.NoError(t, os.Chmod(open, 0o644)) //nolint:gosec // which is refused
	for path, want := range map[string]string{
		empty: "its first line must be LemonLDAP::NG's option key", open: "set 0600 or 0640", dir + "/none": "no such file",
	} {
		var errs bytes.Buffer
		code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--lemonldap", "--lemonldap-key-file", path},
			streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, errs.String(), want)
	}
}
