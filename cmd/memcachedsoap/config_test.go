package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/seal/sealtest"
)

// The example files have every setting, and are what the program prints.
func TestExampleConfigs(t *testing.T) {
	t.Parallel()
	for daemon, file := range map[string]string{"serve": "config.yaml", "replicate": "replicate.yaml"} {
		o := invokeWith(t, "", "config", "example", "--for", daemon)
		require.Zero(t, o.code)
		text, err := os.ReadFile("../../scripts/deploy/config/" + file)
		require.NoError(t, err)
		require.Equal(t, o.out, string(text), "run memcachedsoap config example --for %s >scripts/deploy/config/%s", daemon, file)

		path := writeConfig(t, o.out)
		if daemon == "serve" {
			assert.Equal(t, "valid, settings: 0\n", invokeWith(t, "", "config", "check", path).out)
		}
		for line := range strings.Lines(o.out) {
			assert.LessOrEqual(t, len(line), exampleWidth+1, line)
		}
		var names []string
		for _, found := range regexp.MustCompile(`(?m)^#([a-z0-9-]+): `).FindAllStringSubmatch(o.out, -1) {
			names = append(names, found[1])
		}
		var want []string
		parser, err := newParser()
		require.NoError(t, err)
		for _, command := range parser.Model.Children {
			for _, flag := range command.Flags {
				if command.Name == daemon && flag.Name != configFlag {
					want = append(want, flag.Name)
				}
			}
		}
		assert.Equal(t, want, names)
	}
}

// The defaults of the example are those of the program: a file that sets them changes
// nothing.
func TestExampleConfigHasTheDefaults(t *testing.T) {
	t.Parallel()
	o := invokeWith(t, "", "config", "example")
	var text strings.Builder
	parser, err := newParser()
	require.NoError(t, err)
	for _, flag := range parser.Model.Children[0].Flags {
		if flag.HasDefault {
			line := regexp.MustCompile(`(?m)^#(` + flag.Name + `: .*\n)`).FindStringSubmatch(o.out)
			require.NotNil(t, line, flag.Name)
			text.WriteString(line[1])
		}
	}
	set, unset := parseServe(t, "--config", writeConfig(t, text.String())), parseServe(t)
	assert.Greater(t, len(set.file.settings), 50)
	set.configSettings = configSettings{}
	assert.Equal(t, unset, set)
}

// The example of the page is valid.
func TestConfigOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	c := parseServe(t, "--config", writeConfig(t, string(block[1])))
	assert.Equal(t, []string{"cache1:11211", "cache2:11211=2"}, c.Servers)
	assert.Len(t, c.file.settings, 6)
}

// Each setting comes with its source. What is printed is a config file with the same
// settings.
func TestConfigShow(t *testing.T) {
	t.Setenv("MEMCACHEDSOAP_MAX_DEPTH", "20")
	t.Setenv("MEMCACHEDSOAP_MAX_BODY", "8192KiB")
	path := writeConfig(t, "max-depth: 10\nidle-timeout: 1h\nprincipal: [uid, 'a,b']\n")
	show := func(args ...string) []effective {
		o := invokeWith(t, "", append([]string{"config", "show", "--json"}, args...)...)
		require.Zero(t, o.code, o.err)
		var settings []effective
		require.NoError(t, json.Unmarshal([]byte(o.out), &settings))
		return settings
	}
	args := []string{path, "--", "--no-md5-key", "--lemonldap", "--lemonldap-events", "redis://me:secret@redis"}
	settings := show(args...)
	for _, want := range []effective{
		{Name: "max-depth", Value: "20", Source: "environment"},
		{Name: "max-body", Value: "8MiB", Source: "environment"},
		{Name: "idle-timeout", Value: "1h", Source: "file", Line: 2},
		{Name: "principal", Value: []any{"uid", "a,b"}, Source: "file", Line: 3},
		{Name: "md5-key", Value: false, Source: "flag"},
		{Name: "max-entries", Value: "50000", Source: "default"},
		{Name: "log-level", Value: "info", Source: "default"},
		{Name: "lemonldap-events", Value: "redis://me:xxxxx@redis", Source: "flag"},
	} {
		assert.Contains(t, settings, want)
	}
	for _, s := range settings {
		assert.NotEqual(t, "tls-cert", s.Name, "it has no value")
		assert.NotEqual(t, configFlag, s.Name)
	}

	text := invokeWith(t, "", append([]string{"config", "show"}, args[:4]...)...).out
	assert.Regexp(t, `(?m)^principal: \[uid, 'a,b'\] +# file, line 3$`, text)
	assert.Regexp(t, `(?m)^max-depth: 20 +# environment$`, text)
	again := show(writeConfig(t, text))
	require.Len(t, again, len(settings)-1)
	for _, s := range again {
		i := indexOfSetting(settings, s.Name)
		assert.Equal(t, settings[i].Value, s.Value, s.Name)
	}
}

func indexOfSetting(settings []effective, name string) int {
	for i := range settings {
		if settings[i].Name == name {
			return i
		}
	}
	return -1
}

// The check reads the files that the settings name, and makes the pools, as the start
// does. It makes and changes no file.
func TestConfigCheckReadsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	require.NoError(t, os.WriteFile(broken, []byte("callers: x\n"), 0o600))
	for text, want := range map[string]string{
		"listen: [bogus]":                               "serve: --listen: httpd: address bogus: missing port in address: use HOST:PORT, :PORT, unix:PATH or systemd (%s: listen in line 1)",
		"metrics-listen: '::1:9180'":                    "serve: --metrics-listen: httpd: address ::1:9180: too many colons in address: ",
		"auth-file: " + broken:                          "--auth-file " + broken + ": line 1: callers must be a list, such as [ONE, TWO] (%s: auth-file in line 1)",
		"auth-file: /nowhere":                           "--auth-file /nowhere: the file cannot be read: no such file or directory (%s: auth-file in line 1)",
		"tls-cert: /nowhere\ntls-key: /nowhere":         "--tls-cert: open /nowhere: no such file or directory certificate: open /nowhere: no such file or directory (%s: tls-cert in line 1)",
		"servers: a\nencrypt-key-file: " + broken:       "--encrypt-key-file: seal: " + broken + ": line 1: the key named callers is not the base64 of 32 bytes (%s: encrypt-key-file in line 2)",
		"audit-log: " + dir:                             "--audit-log: open " + dir + ": is a directory (%s: audit-log in line 1)",
		"audit-log: /nowhere/audit.log":                 "--audit-log: /nowhere/audit.log cannot be made: its folder: no such file or directory (%s: audit-log in line 1)",
		"servers: 'a=b=c'":                              `--servers: memcached: server "a=b=c": weight "c" is invalid: use a number above 0 and up to 1000 (%s: servers in line 1)`,
		"servers: 'a=0.5'\nhash: modula":                "--servers: memcached: ",
		"servers: tls:a\nserver-ca: /nowhere":           "--servers: memcached: the authorities of the servers: open /nowhere: no such file or directory",
		"servers: a\nserver-auth-file: " + broken:       "--servers: memcached: the passwords of the servers: " + broken,
		"servers: a\nprevious-servers: a":               "--previous-servers is the same pool as --servers, so that no session moves: leave it out (%s: previous-servers in line 2, servers in line 1)",
		"servers: 'srv:'":                               `--servers: discovery of servers: "srv:"`,
		"servers: a\nlocal: 'b=c'":                      `--local: memcached: server "b=c": `,
		"servers: a\nstandby: 'b=c'":                    `--standby: memcached: server "b=c": `,
		"lemonldap: true\nlemonldap-key-file: /nowhere": "--lemonldap-key-file: ",
		"lemonldap: true\nlemonldap-events: redis://a\nlemonldap-events-login-file: /nowhere": "--lemonldap-events-login-file: ",
		"servers: a\nprincipal: uid\npeer-key-file: /nowhere\nadvertise-url: http://b:1":      "--peer-key-file: ",
	} {
		path := writeConfig(t, text)
		o := invokeWith(t, "", "config", "check", path)
		assert.Equal(t, exitUsage, o.code, text)
		assert.Contains(t, o.err, strings.ReplaceAll("memcachedsoap: "+want, "%s", path), text)
	}
	keys := sealtest.File(t, sealtest.Lines(t, "a")...)
	audit := filepath.Join(dir, "audit.log")
	path := writeConfig(t, "servers: [a, b=2]\nencrypt-key-file: "+keys+"\naudit-log: "+audit+"\nlocal: memory:1MiB\nstandby: c\nlisten: unix:"+dir+"/s\n")
	assert.Equal(t, "valid, settings: 6\n", invokeWith(t, "", "config", "check", path).out)
	assert.JSONEq(t, `{"settings": 6}`, invokeWith(t, "", "config", "check", path, "--json").out)
	assert.NoFileExists(t, audit)
	assert.NoFileExists(t, filepath.Join(dir, "s"))

	path = writeConfig(t, "from: a\nto: 'b=c'\n")
	assert.Contains(t, invokeWith(t, "", "config", "check", path, "--for", "replicate").err, `memcachedsoap: --to: memcached: server "b=c": `)
	assert.Equal(t, "valid, settings: 2\n", invokeWith(t, "", "config", "check", path, "--for", "replicate", "--", "--to=b").out)
	assert.Contains(t, invokeWith(t, "", "config", "check", path, "--", "--config=/nowhere").err, "/nowhere: the file cannot be read")
	other := writeConfig(t, "max-depth: 7\n")
	assert.Contains(t, invokeWith(t, "", "config", "check", other, "--", "--config="+keys+"x").err, "the file cannot be read")
	assert.Contains(t, invokeWith(t, "", "config", "check", other, "--", "--config="+writeConfig(t, "")).err, "another --config behind -- would take the place of "+other)
	assert.Contains(t, invokeWith(t, "", "config", "check", other, "--", "--help").out, "Usage: memcachedsoap serve")
}

// A service with a config file, and what SIGHUP and changes do to it.
func TestServeWithConfig(t *testing.T) {
	path := writeConfig(t, "max-depth: 10\nmax-entries: 7\n")
	url, log, _ := startService(t, "--config", path, "--max-entries", "8")
	assert.Contains(t, done(t, url, "session", "set", "ab12", "uid=dwho"), "ab12")
	require.Len(t, log.lines(t, "config file"), 1)
	said := func(n int, msg string) map[string]any {
		t.Helper()
		var lines []map[string]any
		require.Eventually(t, func() bool {
			lines = log.lines(t, msg)
			return len(lines) >= n
		}, time.Minute, 5*time.Millisecond)
		return lines[n-1]
	}
	write := func(text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	}
	const changed, wrong = "the config file has changed: restart to use its settings", "could not read --config "
	write("max-depth: 11\nmax-body: 1MiB\nmax-entries: 7\n")
	assert.Equal(t, []any{"max-depth", "max-body"}, said(1, changed)["changed"])
	write("max-dpth: 11\n")
	assert.Contains(t, said(1, wrong+path+" again: its former content stays in use")["error"], `line 1: unknown setting "max-dpth"`)
	before := len(log.lines(t, changed))
	write("max-entries: 7\nmax-depth: 10\n")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	assert.Contains(t, done(t, url, "session", "get", "ab12"), "dwho", "the service runs")
	assert.Len(t, log.lines(t, changed), before, "its settings are those of the start")
}

// SIGHUP does not end a replicator that has a config file.
func TestReplicateWithConfig(t *testing.T) {
	path := writeConfig(t, "from: 127.0.0.1:1\nto: 127.0.0.1:2\nlog-format: json\n")
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"replicate", "--config", path}, streams{In: new(bytes.Buffer), Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "replicating")) == 1 }, time.Minute, 5*time.Millisecond)
	require.NoError(t, os.WriteFile(path, []byte("from: 127.0.0.1:1\nto: 127.0.0.1:3\n"), 0o600))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	const changed = "the config file has changed: restart to use its settings"
	require.Eventually(t, func() bool { return len(log.lines(t, changed)) > 0 }, time.Minute, 5*time.Millisecond)
	assert.Equal(t, []any{"to", "log-format"}, log.lines(t, changed)[0]["changed"])
	stop()
	assert.Equal(t, exitDone, <-ended)
}
