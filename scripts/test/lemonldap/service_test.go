//go:build interop

package lemonldap

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// service is a running service on a memcached.
type service struct {
	address string // host:port
	args    []string
	group   *group
}

// startService starts the service for LemonLDAP::NG.
func startService(t *testing.T, cache string, args ...string) *service {
	t.Helper()
	s := &service{args: append([]string{"--servers=" + cache}, args...)}
	s.start(t, "127.0.0.1:0")
	return s
}

var listening = regexp.MustCompile(`"msg":"listening","address":"([^"]+)"`)

func (s *service) start(t *testing.T, listen string) {
	t.Helper()
	command := append([]string{
		program, "serve", "--listen=" + listen, "--log-format=json", "--store-timeout=5s", "--drain=0s", "--lemonldap",
	}, s.args...)
	s.group = startGroup(t, t.TempDir(), "service", os.Environ(), command...)
	s.group.await(t, func() bool {
		log, err := os.ReadFile(s.group.log)
		found := listening.FindSubmatch(log)
		if err != nil || found == nil {
			return false
		}
		s.address = string(found[1])
		return true
	})
}

// restart kills the service and starts it again at the same address.
func (s *service) restart(t *testing.T) {
	t.Helper()
	s.group.stop()
	s.start(t, s.address)
}

// Caller of the services that ask for a password, as the configurations have it.
const (
	callerName     = "portal"
	callerPassword = "a-long-password"
)

// withCallers returns the argument with which a service asks for the password of the
// configurations.
func withCallers(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "callers.yaml")
	command := exec.CommandContext(t.Context(), program, "auth", "add", callerName, "--file="+file,
		"--roles=read,write,delete,find", "--password-stdin")
	command.Stdin = strings.NewReader(callerPassword + "\n")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "--auth-file=" + file
}

// configuration returns one of the configurations in scripts/clients/lemonldap, for
// this service.
func (s *service) configuration(t *testing.T, name string) settings {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "scripts/clients/lemonldap", name))
	require.NoError(t, err)
	var found settings
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), "127.0.0.1:8080", s.address)), &found), name)
	return found
}

// session runs memcachedsoap session, and returns what it prints and whether it
// succeeds.
func (s *service) session(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, append([]string{"session"}, args...)...)
	command.Env = append(os.Environ(), "MEMCACHEDSOAP_URL=http://"+callerName+":"+callerPassword+"@"+s.address+"/soap")
	out, err := command.CombinedOutput()
	return string(out), err == nil
}

// attributes returns the attributes of a session, as strings, or nil if there is none.
func (s *service) attributes(t *testing.T, id string) map[string]any {
	t.Helper()
	status, body := s.call(t, http.MethodGet, "global/"+id, "")
	if status == http.StatusBadRequest {
		return nil
	}
	require.Equal(t, http.StatusOK, status, body)
	var found map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &found), body)
	return found
}

// call sends a request to the REST interface of the service.
func (s *service) call(t *testing.T, method, path, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+"/sessions/"+path, strings.NewReader(body))
	require.NoError(t, err)
	r.SetBasicAuth(callerName, callerPassword)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	all, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(all)
}
