package main

import (
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storable"
)

func TestEncryptKey(t *testing.T) {
	t.Parallel()
	named, unnamed := invokeWith(t, "", "encrypt-key", "2026-11"), invokeWith(t, "", "encrypt-key")
	require.Zero(t, named.code)
	assert.Regexp(t, `\A2026-11:[A-Za-z0-9+/]{43}=\n\z`, named.out)
	assert.Regexp(t, `\A20\d\d-\d\d-\d\d-[a-z2-7]{6}:[A-Za-z0-9+/]{43}=\n\z`, unnamed.out)
	sealtest.Keyring(t, named.out, unnamed.out)
	for name, want := range map[string]string{
		"plain": "must not be plain", "a b": "at most 32", "a:b": "at most 32", strings.Repeat("x", 33): "at most 32",
	} {
		o := invokeWith(t, "", "encrypt-key", name)
		assert.Equal(t, exitUsage, o.code)
		assert.Contains(t, o.err, want)
	}
}

// items opens a server past the service.
func items(t *testing.T, server string) *memcached.Backend {
	t.Helper()
	b, err := memcached.New(memcached.Options{Servers: []string{server}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

func itemOf(t *testing.T, b backend.Backend, id string) backend.Item {
	t.Helper()
	item, err := b.Get(t.Context(), id)
	require.NoError(t, err)
	return item
}

// storePlainly stores a session as a Perl program does.
func storePlainly(t *testing.T, b backend.Backend, id, uid string) {
	t.Helper()
	h := perldata.NewHash(2)
	h.Set("uid", perldata.BytesOf(uid))
	h.Set(sessionstore.IDAttribute, perldata.BytesOf(id))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), id, backend.Item{Image: image, Flags: 1, ExpiresIn: time.Hour}))
}

func TestServeEncrypts(t *testing.T) {
	t.Parallel()
	server := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
	b := items(t, server)
	keys := sealtest.File(t, sealtest.Lines(t, "a")...)
	common := []string{"--servers", server, "--store-timeout", "10s", "--principal", "uid"}
	url, log, _ := startService(t, append(common, "--encrypt-key-file", keys, "--local", "memory:1MiB")...)
	lines := log.lines(t, "sessions are stored encrypted")
	require.Len(t, lines, 1)
	assert.Equal(t, "a", lines[0]["key"])
	assert.Len(t, log.lines(t, "Perl programs find no session that is stored encrypted, and no MD5 lookup key is written, read or followed (--encrypt-key-file)"), 1)

	done(t, url, "session", "set", "ab12", "uid=dwho", "mail=secret")
	item := itemOf(t, b, "ab12")
	assert.Equal(t, uint32(9), item.Flags)
	assert.NotContains(t, string(item.Image), "secret")
	sum := md5.Sum([]byte("dwho")) //nolint:gosec // as Perl has it
	_, err := b.Get(t.Context(), hex.EncodeToString(sum[:]))
	require.ErrorIs(t, err, backend.ErrNotFound, "no lookup key")

	storePlainly(t, b, "cd34", "dwho")
	assert.Contains(t, done(t, url, "session", "get", "ab12", "cd34"), "secret")
	found := done(t, url, "session", "find", "dwho")
	assert.Contains(t, found, "ab12")
	assert.Contains(t, found, "cd34")
	assert.Equal(t, uint32(1), itemOf(t, b, "cd34").Flags, "reading does not encrypt")
	done(t, url, "session", "update", "cd34", "mail=secret")
	assert.Equal(t, uint32(9), itemOf(t, b, "cd34").Flags)

	// Another instance without the key says so, and can end the sessions.
	other, _, _ := startService(t, common...)
	o := invoke(t, other, "session", "get", "ab12")
	assert.Equal(t, exitFailed, o.code)
	assert.Contains(t, o.err, "it is encrypted, and the service has no keys (--encrypt-key-file)")
	done(t, other, "session", "touch", "ab12")
	done(t, other, "session", "delete", "ab12")
	gone := func() bool { return invoke(t, url, "session", "get", "ab12").code == exitNoSession }
	assert.Eventually(t, gone, time.Minute, 10*time.Millisecond, "the near cache knows of changes by others a moment later")
}

func TestWrongEncryptKeyFile(t *testing.T) {
	t.Parallel()
	good := sealtest.Lines(t, "a")[0]
	unsafe := sealtest.File(t, good)
	require.NoError(t, os.Chmod(unsafe, 0o644)) //nolint:gosec // as a careless operator does
	for want, args := range map[string][]string{
		"--encrypt-key-file needs --servers":                            {"--encrypt-key-file", sealtest.File(t, good)},
		"line 2: it is not NAME:KEY":                                    {"--servers", "127.0.0.1:1", "--encrypt-key-file", sealtest.File(t, good, "x")},
		"has mode 0644: others must not read it":                        {"--servers", "127.0.0.1:1", "--encrypt-key-file", unsafe},
		"it has no key; memcachedsoap encrypt-key prints one":           {"--servers", "127.0.0.1:1", "--encrypt-key-file", sealtest.File(t)},
		"--encrypt-key-file: seal: open /nowhere/keys: no such file or": {"--servers", "127.0.0.1:1", "--encrypt-key-file", "/nowhere/keys"},
	} {
		o := invokeWith(t, "", append([]string{"serve"}, args...)...)
		assert.Equal(t, exitUsage, o.code, args)
		assert.Contains(t, o.err, want)
		assert.NotContains(t, o.err, good[2:])
	}
}

// A broken file leaves the keys as they are; SIGHUP reads the file again.
func TestReloadOfKeys(t *testing.T) {
	server := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
	lines := sealtest.Lines(t, "a", "b")
	folder := t.TempDir()
	first, second := filepath.Join(folder, "1"), filepath.Join(folder, "2")
	sealtest.Write(t, first, lines[0])
	sealtest.Write(t, second, lines[1], lines[0])
	link := filepath.Join(folder, "keys") // as in a volume of Kubernetes
	require.NoError(t, os.Symlink(first, link))
	url, log, _ := startService(t, "--servers", server, "--store-timeout", "10s", "--encrypt-key-file", link)
	used := func(n int) []map[string]any {
		t.Helper()
		var found []map[string]any
		require.Eventually(t, func() bool {
			found = log.lines(t, "sessions are stored encrypted")
			return len(found) >= n
		}, time.Minute, 5*time.Millisecond)
		require.Len(t, found, n)
		return found
	}
	used(1)
	done(t, url, "session", "set", "ab12", "uid=dwho")

	require.NoError(t, os.Symlink(second, link+".new"))
	require.NoError(t, os.Rename(link+".new", link))
	assert.Equal(t, "b", used(2)[1]["key"])
	done(t, url, "session", "get", "ab12")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	used(3)

	failed := func() []map[string]any {
		return log.lines(t, "could not read --encrypt-key-file again: its former content stays in use")
	}
	sealtest.Write(t, second, lines[1], "nonsense")
	require.Eventually(t, func() bool { return len(failed()) == 1 }, time.Minute, 5*time.Millisecond)
	assert.Contains(t, failed()[0]["error"], "line 2: it is not NAME:KEY")
	require.NoError(t, os.Remove(link))
	require.Eventually(t, func() bool { return len(failed()) == 2 }, time.Minute, 5*time.Millisecond)
	done(t, url, "session", "get", "ab12")
	require.NoError(t, os.Symlink(first, link))
	assert.Equal(t, "a", used(4)[3]["key"])
}

// The steps on the page of operations switch encryption on, change the key, and
// switch it off, and no instance ever fails to read a session.
func TestStepsOfEncryption(t *testing.T) {
	t.Parallel()
	const page = "../../docs/operations.md"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Encryption at rest\n")
	section, _, _ = strings.Cut(section, "\n## ")
	folder := t.TempDir()
	blocks, err := pagetest.Blocks(strings.ReplaceAll(section, "/etc/memcachedsoap", folder))
	require.NoError(t, err)
	require.Len(t, blocks, 6)
	shell := pagetest.NewShell(t, folder, "PATH="+filepath.Dir(program(t))+":"+os.Getenv("PATH"))
	var services []string
	var logs []*logBuffer
	server := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
	start := func(args ...string) {
		url, log, _ := startService(t, append([]string{"--servers", server, "--store-timeout", "10s"}, args...)...)
		services, logs = append(services, url), append(logs, log)
	}
	// step runs a block and waits until every instance has read the file.
	step := func(block int) {
		t.Helper()
		shell.Run(t, blocks[block])
		for _, log := range logs {
			require.Eventually(t, func() bool { return lastState(t, log) == wantedState(t, folder) }, time.Minute, 5*time.Millisecond)
		}
	}
	b := items(t, server)
	stored := 0
	// everyoneReads stores and changes sessions through each instance, and reads
	// them through all. It returns the flags of the last item.
	everyoneReads := func() uint32 {
		t.Helper()
		id := ""
		for _, writer := range services {
			id = fmt.Sprintf("ab%d", stored)
			stored++
			done(t, writer, "session", "set", id, "uid=dwho")
			done(t, writer, "session", "update", "ab0", "uid=dwho")
			for _, reader := range services {
				done(t, reader, "session", "get", id)
				done(t, reader, "session", "get", "ab0")
			}
		}
		return itemOf(t, b, id).Flags
	}
	keys := []string{"--encrypt-key-file", filepath.Join(folder, "keys")}
	start()
	everyoneReads()
	logs = nil // this instance gets no keys
	step(0)
	require.Regexp(t, "^plain 1", wantedState(t, folder))
	start(keys...)
	require.EqualValues(t, 1, everyoneReads(), "the old instance reads them")
	services = services[1:]
	start(keys...)
	var seen []string
	for block := 1; block <= 4; block++ {
		step(block)
		seen = append(seen, wantedState(t, folder))
		require.EqualValues(t, 9, everyoneReads())
	}
	require.Regexp(t, "^encrypted 1 (.+), encrypted 2 (.+), encrypted 2 (.+), encrypted 1 (.+)$", strings.Join(seen, ", "))
	require.Equal(t, strings.Fields(seen[0])[2], strings.Fields(seen[1])[2])
	require.NotEqual(t, seen[1], seen[2], "the new key encrypts")
	require.Equal(t, strings.Fields(seen[2])[2], strings.Fields(seen[3])[2])
	step(5)
	require.Regexp(t, "^plain 1", wantedState(t, folder))
	require.EqualValues(t, 1, everyoneReads())
	start()
	services = services[len(services)-1:]
	done(t, services[0], "session", "get", "ab0")
}

// wantedState returns what an instance that has read the key file logs.
func wantedState(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "keys"))
	require.NoError(t, err)
	lines := strings.Fields(string(text))
	if lines[0] == "plain" {
		return fmt.Sprint("plain ", len(lines)-1)
	}
	name, _, _ := strings.Cut(lines[0], ":")
	return fmt.Sprint("encrypted ", len(lines), " ", name)
}

// lastState returns what the log of an instance says of its keys.
func lastState(t *testing.T, log *logBuffer) string {
	t.Helper()
	state := ""
	log.each(t, func(line map[string]any) {
		switch line["msg"] {
		case "sessions are stored encrypted":
			state = fmt.Sprint("encrypted ", line["keys"], " ", line["key"])
		case "sessions are stored unencrypted, encrypted ones are read":
			state = fmt.Sprint("plain ", line["keys"])
		}
	})
	return state
}
