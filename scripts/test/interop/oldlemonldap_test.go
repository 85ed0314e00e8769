package interop_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// The portal and the handlers of the old Lemonldap tie sessions with
// Apache::Session::Memorycached, with the options principal and local. The service
// beside them reads the sessions and logs users out, and its sessions are read there.
func TestOldLemonldap(t *testing.T) {
	t.Parallel()
	servers, local := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	s := start(t, "--servers="+servers, "--principal=uid")
	old := func(command, local, argument string) string {
		return strings.TrimSuffix(run(t, "perl", "perl/old-lemonldap.pl", command, servers, local, argument), "\n")
	}
	cli := func(args ...string) string {
		return run(t, append([]string{program, "session"}, append(args, "--url", s.endpoint)...)...)
	}

	first := old("login", local, "dwho")
	assert.Equal(t, "dwho", old("handle", local, first))
	assert.Equal(t, first, old("find", "", "dwho"))
	shown := cli("show", first)
	assert.Contains(t, shown, "dwho@badwolf.org")
	assert.Contains(t, shown, "uid_MD5")
	assert.Contains(t, cli("find", "dwho"), first)

	// A change by the service reaches a handler without local, and one with local does
	// not see it before its own entry expires.
	cli("modify", first, "mail=other@badwolf.org")
	assert.Contains(t, cli("show", first), "other@badwolf.org")
	assert.Equal(t, "dwho", old("handle", "", first))

	second := old("login", "", "dwho")
	assert.Equal(t, second, old("find", "", "dwho"), "the newest")
	assert.Contains(t, cli("find", "dwho"), first)
	assert.Contains(t, cli("find", "dwho"), second)

	// A log-out here ends the sessions there, but for the entries in a local.
	cli("logout", "dwho")
	for _, id := range []string{first, second} {
		assert.Equal(t, "absent", old("handle", "", id))
	}
	assert.Equal(t, "absent", old("find", "", "dwho"))
	assert.Equal(t, "dwho", old("handle", local, first), "local is not told")

	// A log-out there is one here.
	third := old("login", local, "rtyler")
	assert.Contains(t, cli("find", "rtyler"), third)
	assert.Equal(t, "done", old("logout", local, third))
	assert.Equal(t, "absent", old("handle", local, third))
	out, err := clientCommand(t, program, "session", "find", "rtyler", "--url", s.endpoint).CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, "memcachedsoap: no session found\n", string(out))
	s.stop(t)
}
