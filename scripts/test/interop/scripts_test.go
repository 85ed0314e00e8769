package interop_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const scripts = "../../"

// host returns the address of a service as host:port.
func host(s *service) string { return strings.TrimPrefix(s.url, "http://") }

// The three Perl programs print what they print with the CGI.
func TestScripts(t *testing.T) {
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	for _, at := range []string{host(s), s.endpoint} {
		assert.Equal(t, "...... MEMCACHED SOAP OK ......\n", run(t, "perl", scripts+"statTest.pl", at))

		out := run(t, "perl", scripts+"setTest.pl", at)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		require.Len(t, lines, 1+25, out)
		assert.Contains(t, lines, "uid = Le Vengeur Masqu\xe9", "one byte, as the program sent it")
		assert.Contains(t, lines, "APT_APT = 00000")
		assert.Contains(t, lines, "profil_ghe = lllllll")

		id := regexp.MustCompile(`(?m)^_session_id = ([0-9a-f]{32})$`).FindStringSubmatch(out)[1]
		assert.Equal(t, out, run(t, "perl", scripts+"getTest.pl", id, at))
		flags, err := strconv.Atoi(regexp.MustCompile(`^VALUE ` + id + ` (\d+) `).FindStringSubmatch(item(t, cache, id))[1])
		require.NoError(t, err)
		assert.Equal(t, 1, flags&0xf, "the flags of Perl, below those of the version")
	}

	assert.Equal(t, "Attributes of the session:\n", run(t, "perl", scripts+"getTest.pl", "abc", host(s)), "absent")
	assert.Regexp(t, `\AAttributes of the session:\n_session_id = [0-9a-f]{32}\n\z`, run(t, "perl", scripts+"getTest.pl", "", host(s)), "new")
	s.stop(t)
}

// A variable can hold the URL, and a fault ends a program.
func TestScriptsFail(t *testing.T) {
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	environment := append(os.Environ(), "MEMCACHEDSOAP_URL="+s.endpoint)
	script := func(name string, args ...string) (out, stderr string, err error) {
		command := clientCommand(t, append([]string{"perl", scripts + name}, args...)...)
		command.Env = environment
		var printed strings.Builder
		command.Stderr = &printed
		text, err := command.Output()
		return string(text), printed.String(), err
	}
	out, _, err := script("statTest.pl")
	require.NoError(t, err)
	assert.Equal(t, "...... MEMCACHED SOAP OK ......\n", out)
	out, stderr, err := script("getTest.pl", "../etc")
	require.Error(t, err)
	assert.Empty(t, out)
	assert.Regexp(t, `\AERROR \( soap:Server \) OCCURRED : Invalid session ID: `, stderr)

	cache.Stop()
	for _, name := range []string{"statTest.pl", "setTest.pl"} {
		out, stderr, err = script(name)
		require.Error(t, err, name)
		assert.Empty(t, out)
		assert.Regexp(t, `\AERROR \( soap:Server \) OCCURRED : The sessions cannot be reached`, stderr, name)
	}
	s.stop(t)
}
