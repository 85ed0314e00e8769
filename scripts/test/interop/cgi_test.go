package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// cgiPath is the path at which programs call MemcachedSOAP.cgi.
const cgiPath = "/cgi-bin/MemcachedSOAP.cgi"

// Programs that were written for the CGI work with the service, with every setting
// of SOAP::Lite.
func TestCGIPrograms(t *testing.T) {
	_, servers := startCaches(t, 3)
	s := start(t, "--servers="+servers)
	for _, endpoint := range []string{s.url + cgiPath, s.endpoint} {
		run(t, "perl", "perl/cgi-values.pl", endpoint, servers)
	}
	s.stop(t)
}

// Objects that Perl programs store reach other Perl programs with their class, as
// SOAP::Lite sends them.
func TestCGIObjects(t *testing.T) {
	_, servers := startCaches(t, 3)
	s := start(t, "--servers="+servers)
	assert.Equal(t, "ok\n", run(t, "perl", "perl/cgi-objects.pl", s.url+cgiPath, servers))
	s.stop(t)
}

// Input that harmed the CGI, or to which it gave a wrong answer, gets a fault.
func TestCGIFaults(t *testing.T) {
	cache, hung := memcachedtest.Start(t), memcachedtest.Start(t)
	// A guard would store items of its own, and the script counts items.
	s := start(t, "--servers="+cache.Addr, "--no-guard-deletions")
	down := start(t, "--servers="+stoppedServer(t))
	waiting := start(t, "--servers="+hung.Addr, "--store-timeout=200ms")
	hung.Freeze()
	run(t, "perl", "perl/cgi-faults.pl", s.url+cgiPath, cache.Addr, down.url+cgiPath, waiting.url+cgiPath)
	hung.Thaw()
	s.stop(t)
	down.stop(t)
	waiting.stop(t)
}

// SOAP::Lite programs and a program that uses memcached directly, as mod_perl does,
// store sessions and change each other's sessions at the same time.
func TestCGIProgramsShareThePool(t *testing.T) {
	sessions := numbers(150)
	_, servers := startCaches(t, 3)
	s := start(t, "--servers="+servers)
	all := []member{
		startPerl(t, "CGISessions", s.url+cgiPath, "plain", "1"),
		startPerl(t, "Cache::Memcached", servers, "plain", "1"),
		startPerl(t, "CGISessions", s.endpoint, "plain", "1"),
	}
	together(t, all, func(i int) string { return "create 0 " + share(sessions, all, i, 0) })
	for round := 1; round <= len(all); round++ {
		together(t, all, func(i int) string { return fmt.Sprintf("renew %d %s", round, share(sessions, all, i, round)) })
	}
	hot := strings.Join(sessions[:5], " ")
	together(t, all, func(int) string { return "hammer 10 " + hot })
	assert.Equal(t, "ok", all[1].do(fmt.Sprintf("check %d %s", len(all), strings.Join(sessions[5:], " "))))
	s.stop(t)
}
