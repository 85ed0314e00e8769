package interop_test

import (
	"encoding/hex"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A Perl program finds a user's session by the name, however the session was stored.
// The service does not return a session for the MD5 lookup key.
func TestPrincipal(t *testing.T) {
	servers := memcachedtest.Start(t).Addr + "," + memcachedtest.Start(t).Addr
	s := start(t, "--servers="+servers, "--principal=uid")
	find := func(user string) string {
		return run(t, "perl", "perl/memcached-find.pl", servers, hex.EncodeToString([]byte(user)))
	}

	requireNoKey := func(user string) {
		t.Helper()
		out, err := clientCommand(t, "perl", "perl/memcached-find.pl", servers, hex.EncodeToString([]byte(user))).CombinedOutput()
		require.Error(t, err)
		require.Equal(t, "there is no key for this user\n", string(out))
	}

	out := run(t, "perl", scripts+"setTest.pl", host(s))
	id := regexp.MustCompile(`(?m)^_session_id = (\w+)$`).FindStringSubmatch(out)[1]
	assert.Equal(t, id+" names its key\n", find("Le Vengeur Masqu\xe9"), "stored by SOAP::Lite")
	key := regexp.MustCompile(`(?m)^uid_MD5 = (\w+)$`).FindStringSubmatch(out)[1]
	assert.Equal(t, "Attributes of the session:\n", run(t, "perl", scripts+"getTest.pl", key, host(s)))

	run(t, "curl", "--silent", "--fail", s.endpoint, "--header", "Content-Type: text/xml", "--data", envelope(setSession("ab12")))
	assert.Equal(t, "ab12 names its key\n", find("dwho"), "stored through the contract")

	cli := func(args ...string) {
		run(t, append([]string{program, "session"}, append(args, "--url", s.endpoint)...)...)
	}
	cli("modify", "ab12", "uid=rtyler")
	assert.Equal(t, "ab12 names its key\n", find("rtyler"))
	requireNoKey("dwho")
	cli("delete", "ab12")
	requireNoKey("rtyler")
	s.stop(t)
}
