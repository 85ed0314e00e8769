package interop_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const scripts = "../../"

// host is where a service listens, as the scripts take it.
func host(s *service) string { return strings.TrimPrefix(s.url, "http://") }

// The scripts that users of the Perl CGI know print what they know.
func TestScripts(t *testing.T) {
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	for _, at := range []string{host(s), s.endpoint} {
		assert.Equal(t, "...... MEMCACHED SOAP OK ......\n", run(t, "perl", scripts+"statTest.pl", at))

		out := run(t, "perl", scripts+"setTest.pl", at)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		require.Len(t, lines, 1+25, out)
		assert.Contains(t, lines, "uid = Le Vengeur Masqu\xe9", "a byte, as it was sent")
		assert.Contains(t, lines, "APT_APT = 00000")
		assert.Contains(t, lines, "profil_ghe = lllllll")

		id := regexp.MustCompile(`(?m)^_session_id = ([0-9a-f]{32})$`).FindStringSubmatch(out)[1]
		assert.Equal(t, out, run(t, "perl", scripts+"getTest.pl", id, at))
		assert.Contains(t, item(t, cache, id), "VALUE "+id+" 1 ", "as Perl stores it")
	}

	assert.Equal(t, "Attributes of the session:\n", run(t, "perl", scripts+"getTest.pl", "abc", host(s)), "an absent one")
	assert.Regexp(t, `\AAttributes of the session:\n_session_id = [0-9a-f]{32}\n\z`, run(t, "perl", scripts+"getTest.pl", "", host(s)), "a new one")
	s.stop(t)
}

// Where to is said by a variable, too, and a fault ends a script.
func TestScriptsFail(t *testing.T) {
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	environment := append(os.Environ(), "MEMCACHEDSOAP_URL="+s.endpoint)
	script := func(name string, args ...string) (out, complaints string, err error) {
		command := clientCommand(t, append([]string{"perl", scripts + name}, args...)...)
		command.Env = environment
		var stderr strings.Builder
		command.Stderr = &stderr
		text, err := command.Output()
		return string(text), stderr.String(), err
	}
	out, _, err := script("statTest.pl")
	require.NoError(t, err)
	assert.Equal(t, "...... MEMCACHED SOAP OK ......\n", out)
	out, complaints, err := script("getTest.pl", "../etc")
	require.Error(t, err)
	assert.Empty(t, out)
	assert.Regexp(t, `\AERROR \( soap:Server \) OCCURRED : Invalid session ID: `, complaints)

	cache.Stop()
	for _, name := range []string{"statTest.pl", "setTest.pl"} {
		out, complaints, err = script(name)
		require.Error(t, err, name)
		assert.Empty(t, out)
		assert.Regexp(t, `\AERROR \( soap:Server \) OCCURRED : The sessions cannot be reached`, complaints, name)
	}
	s.stop(t)
}
