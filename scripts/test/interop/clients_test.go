package interop_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// phpVariants are the variants in php/variants.php, pythonVariants the variants in
// python/variants.py.
var (
	phpVariants    = []string{"plain", "arrays", "classmap", "compressed", "soap12", "soap12-compressed"}
	pythonVariants = []string{"strict", "lax", "soap12"}
)

// client is a pair of programs. set stores the fixture under the id that follows.
// get reads the sessions whose ids follow and compares them with the fixture.
type client struct {
	name     string
	set, get []string
}

func clients(s *service, servers string) []client {
	list := []client{
		{"Cache::Memcached", []string{"perl", "perl/memcached-set.pl", servers}, []string{"perl", "perl/memcached-get.pl", servers}},
		{"SOAP::Lite", []string{"perl", "perl/set.pl", s.endpoint}, []string{"perl", "perl/get.pl", s.endpoint}},
	}
	for _, v := range phpVariants {
		list = append(list, client{"PHP " + v, []string{"php", "php/set.php", s.wsdl, v}, []string{"php", "php/get.php", s.wsdl, v}})
	}
	for _, v := range pythonVariants {
		list = append(list, client{"zeep " + v, []string{python, "python/set.py", s.wsdl, v}, []string{python, "python/get.py", s.wsdl, v}})
	}
	return list
}

// Every client reads what every other client has stored: the clients of the service
// and the Perl program that uses memcached directly.
func TestEveryClientReadsWhatEveryOtherHasStored(t *testing.T) {
	t.Parallel()
	servers := memcachedtest.Start(t).Addr + "," + memcachedtest.Start(t).Addr
	s := start(t, "--servers="+servers)
	clients := clients(s, servers)
	var ids []string
	for i, c := range clients {
		id := fmt.Sprintf("%032x", i+1)
		ids = append(ids, id)
		t.Run("set by "+c.name, func(t *testing.T) { run(t, append(c.set, id)...) })
	}
	// The first client is Cache::Memcached. It stores every session again, so the
	// other clients then read what Perl has written.
	again := clients[0]
	for _, c := range clients[1:] {
		t.Run("read by "+c.name, func(t *testing.T) { run(t, append(c.get, ids...)...) })
	}
	t.Run("read and stored again by "+again.name, func(t *testing.T) { run(t, append(again.get, ids...)...) })
	for _, c := range clients {
		t.Run("read after Perl by "+c.name, func(t *testing.T) { run(t, append(c.get, ids...)...) })
	}
	s.stop(t)
}

// The clients use a session from its first call to its last.
func TestLife(t *testing.T) {
	t.Parallel()
	s := start(t, "--servers="+memcachedtest.Start(t).Addr)
	for _, v := range phpVariants {
		t.Run("PHP "+v, func(t *testing.T) { run(t, "php", "php/life.php", s.wsdl, v) })
	}
	for _, v := range pythonVariants {
		t.Run("zeep "+v, func(t *testing.T) { run(t, python, "python/life.py", s.wsdl, v) })
	}
	t.Run("SOAP::Lite", func(t *testing.T) { run(t, "perl", "perl/life.pl", s.endpoint) })
	s.stop(t)
}

// The clients change single attributes, use versions, read several sessions, and
// find the sessions of a user.
func TestChange(t *testing.T) {
	t.Parallel()
	s := start(t, "--servers="+memcachedtest.Start(t).Addr, "--principal=owner")
	for _, v := range phpVariants {
		t.Run("PHP "+v, func(t *testing.T) { run(t, "php", "php/change.php", s.wsdl, v) })
	}
	for _, v := range pythonVariants {
		t.Run("zeep "+v, func(t *testing.T) { run(t, python, "python/change.py", s.wsdl, v) })
	}
	t.Run("SOAP::Lite", func(t *testing.T) { run(t, "perl", "perl/change.pl", s.endpoint) })
	s.stop(t)
}

// Every client gets every fault as the typed fault of the contract.
func TestFaults(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	withoutStore := start(t, "--servers="+stoppedServer(t))
	run(t, "perl", "perl/memcached-peculiar.pl", cache.Addr)
	const unreadable = "bad1" // the line above has stored it
	for _, v := range phpVariants {
		t.Run("PHP "+v, func(t *testing.T) { run(t, "php", "php/faults.php", s.wsdl, v, withoutStore.wsdl, unreadable) })
	}
	for _, v := range pythonVariants {
		t.Run("zeep "+v, func(t *testing.T) { run(t, python, "python/faults.py", s.wsdl, v, withoutStore.wsdl, unreadable) })
	}
	t.Run("SOAP::Lite", func(t *testing.T) {
		run(t, "perl", "perl/faults.pl", s.endpoint, withoutStore.endpoint, unreadable)
	})
	s.stop(t)
	withoutStore.stop(t)
}

// stoppedServer returns the address of a memcached that has ended.
func stoppedServer(t *testing.T) string {
	t.Helper()
	cache := memcachedtest.Start(t)
	cache.Stop()
	return cache.Addr
}

func TestStats(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	down := stoppedServer(t)
	s := start(t, "--servers="+cache.Addr+","+down)
	var report struct {
		Service map[string]string
		Servers []struct {
			Address, Tier string
			Alive         bool
			Stats         map[string]string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, "php", "php/stats.php", s.wsdl)), &report))
	assert.Subset(t, keys(report.Service), []string{"version", "uptime", "get_hits", "get_misses", "stats_requests", "getSession_latency_p99_us"})
	require.Len(t, report.Servers, 2)

	own, err := cache.Command(t.Context(), "stats")
	require.NoError(t, err)
	var names []string
	for line := range strings.Lines(string(own)) {
		if name, found := strings.CutPrefix(line, "STAT "); found {
			names = append(names, strings.Fields(name)[0])
		}
	}
	alive := report.Servers[0]
	assert.ElementsMatch(t, append(names, "pool_conflict"), keys(alive.Stats), "the statistics of memcached, and one of the service")
	assert.Contains(t, string(own), "STAT pid "+alive.Stats["pid"]+"\r\n")
	assert.Equal(t, cache.Addr, alive.Address)
	assert.Equal(t, "principal", alive.Tier)
	assert.True(t, alive.Alive)

	dead := report.Servers[1]
	assert.Equal(t, down, dead.Address)
	assert.False(t, dead.Alive)
	assert.Empty(t, dead.Stats)
	s.stop(t)
}

func keys(m map[string]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}
