package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// sectionOf returns a part of a page: from its heading to the next one of the same level.
func sectionOf(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	require.True(t, found, heading)
	level, _, _ := strings.Cut(heading, " ")
	section, _, _ = strings.Cut(section, "\n"+level+" ")
	return section
}

// freeAddress returns an address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// advisedOptions returns the options with which the page starts memcached.
func advisedOptions(t *testing.T, page string) []string {
	t.Helper()
	blocks, err := pagetest.Blocks(sectionOf(t, page, "### What memcached needs"))
	require.NoError(t, err)
	require.Len(t, blocks, 1)
	command := strings.Replace(blocks[0].Code, "\nmemcached ", "\necho ", 1)
	options, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	require.NoError(t, err)
	return strings.Fields(string(options))
}

// The steps on the page of replication make one server the copy of another one.
func TestStepsOfReplication(t *testing.T) {
	t.Parallel()
	const page = "../../docs/replication.md"
	section := sectionOf(t, page, "### Set up replication")
	blocks, err := pagetest.Blocks(section)
	require.NoError(t, err)
	require.Len(t, blocks, 5)
	options := advisedOptions(t, page)
	one, two := memcachedtest.Start(t, options...), memcachedtest.Start(t, options...)
	health := freeAddress(t)
	storePlainly(t, openPool(t, memcached.Options{Servers: []string{one.Addr}}), "ab12", "dwho")
	url, _, _ := startService(t, "--servers", one.Addr, "--store-timeout", "10s")
	dir := filepath.Dir(program(t))
	shell := pagetest.NewShell(t, t.TempDir(), "PATH="+dir+":"+os.Getenv("PATH"), "MEMCACHEDSOAP_URL="+url)
	here := strings.NewReplacer("cache1:11211", one.Addr, "cache2:11211", two.Addr, "127.0.0.1:9181", health)
	run := func(block int) string {
		b := blocks[block]
		require.Equal(t, "it needs servers of your own", b.Skip)
		b.Code = here.Replace(b.Code)
		return shell.Run(t, b)
	}

	run(0)
	itemOf(t, openPool(t, memcached.Options{Servers: []string{two.Addr}}), "ab12")

	settings := filepath.Join(t.TempDir(), "replicate.yaml")
	require.NoError(t, os.WriteFile(settings, []byte(here.Replace(blocks[1].Code)), 0o600))
	replicator := exec.Command(program(t), "replicate", "--config", settings)
	log := new(logBuffer)
	replicator.Stderr = log
	require.NoError(t, replicator.Start())
	t.Cleanup(func() {
		require.NoError(t, replicator.Process.Signal(os.Interrupt))
		assert.NoError(t, replicator.Wait(), "%s", log)
	})

	assert.Contains(t, run(3), "ready\n0 changes wait\n")
	assert.Regexp(t, `HD t(60|5\d)\r\n`, run(4))
	assert.NotContains(t, log.String(), "log buffers of a server are small")
}
