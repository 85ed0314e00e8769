package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// cgiPath is where the programs of MemcachedSOAP.cgi have always found it.
const cgiPath = "/cgi-bin/MemcachedSOAP.cgi"

// Programs that were written for the CGI go on with the service, with every
// setting of SOAP::Lite.
func TestCGIProgramsGoOn(t *testing.T) {
	_, servers := startCaches(t, 3)
	s := start(t, "--servers="+servers)
	for _, endpoint := range []string{s.url + cgiPath, s.endpoint} {
		run(t, "perl", "perl/cgi-values.pl", endpoint, servers)
	}
	s.stop(t)
}

// Input that did harm to the CGI, or made it lie, gets a fault.
func TestCGIFaults(t *testing.T) {
	cache, hung := memcachedtest.Start(t), memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	down := start(t, "--servers="+stoppedServer(t))
	waiting := start(t, "--servers="+hung.Addr, "--store-timeout=200ms")
	hung.Freeze()
	run(t, "perl", "perl/cgi-faults.pl", s.url+cgiPath, cache.Addr, down.url+cgiPath, waiting.url+cgiPath)
	hung.Thaw()
	s.stop(t)
	down.stop(t)
	waiting.stop(t)
}

// SOAP::Lite and a program like mod_perl's store sessions and take over those
// of each other, at the same time.
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
	for turn := 1; turn <= len(all); turn++ {
		together(t, all, func(i int) string { return fmt.Sprintf("renew %d %s", turn, share(sessions, all, i, turn)) })
	}
	hot := strings.Join(sessions[:5], " ")
	together(t, all, func(int) string { return "hammer 10 " + hot })
	assert.Equal(t, "ok", all[1].do(fmt.Sprintf("check %d %s", len(all), strings.Join(sessions[5:], " "))))
	s.stop(t)
}
