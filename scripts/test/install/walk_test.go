//go:build interop

package install

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// Paths of the packages.
const (
	config   = "/etc/memcachedsoap/config.yaml"
	callers  = "/etc/memcachedsoap/callers.yaml"
	auditLog = "/var/log/memcachedsoap/audit.log"
)

// TestWalk follows docs/installing.md on a bare machine: install the deb, edit two lines,
// start, use a session, upgrade, remove, purge.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	before := s.snapshot(t)
	service := unit{s, "memcachedsoap.service"}

	s.run(t, "apt-get", "install", "--yes", "--no-install-recommends", s.take(t, olderPackage(t)))
	assert.Regexp(t, `^memcachedsoap:x:\d+:\d+::?[^:]*:/:/usr/sbin/nologin\n$`, s.run(t, "getent", "passwd", "memcachedsoap"))
	assert.Equal(t, "disabled\ndisabled\ndisabled\n", s.enabled(t), "nothing starts before the settings are made")

	server := memcachedtest.Start(t)
	edit(t, filepath.Join(s.dir, config), func(text string) string {
		text = regexp.MustCompile(`(?m)^#servers:.*`).ReplaceAllString(text, "servers: ["+server.Addr+"]")
		return regexp.MustCompile(`(?m)^#listen:.*`).ReplaceAllString(text, "listen: ['127.0.0.1:0']")
	})
	s.run(t, "memcachedsoap", "config", "check", config)
	old := service.start(t)
	url := "http://" + old.logged(t, `msg=listening address=(\S+)`) + "/soap"
	s.run(t, "memcachedsoap", "session", "set", "c0ffee", "uid=dwho", "--url", url)
	assert.Contains(t, s.run(t, "memcachedsoap", "session", "get", "c0ffee", "--url", url), "dwho")
	assert.Equal(t, "ok\n", s.run(t, "memcachedsoap", "health", "--url", url))
	old.stop(t)

	s.run(t, "systemctl", "enable", "memcachedsoap.socket", "memcachedsoap.service", "memcachedsoap-replicate.service")
	edited := s.read(t, config)
	s.run(t, "apt-get", "install", "--yes", "--no-install-recommends", "--option", "Dpkg::Options::=--force-confold", s.take(t, built(t, "_amd64.deb")))
	assert.Equal(t, edited, s.read(t, config), "an upgrade keeps what the operator has changed")
	assert.NotContains(t, s.read(t, config+".dpkg-dist"), olderNotice, "the new one is beside it")
	assert.NotContains(t, s.read(t, "/etc/memcachedsoap/replicate.yaml"), olderNotice, "a file that nobody has changed is replaced")
	assert.Equal(t, "enabled\nenabled\nenabled\n", s.enabled(t))
	s.testCallers(t, service)

	s.run(t, "apt-get", "remove", "--yes", "memcachedsoap")
	assert.Equal(t, edited, strings.TrimSuffix(s.read(t, config), accessSettings), "a removed package leaves the settings")
	assert.NoFileExists(t, filepath.Join(s.dir, "/etc/systemd/system/multi-user.target.wants/memcachedsoap.service"))
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "/etc/systemd/system/memcachedsoap.service.d"), 0o755)) //nolint:gosec // as systemctl edit does
	s.write(t, "/etc/systemd/system/memcachedsoap.service.d/override.conf", "[Service]\nRestartSec=1s\n")
	s.run(t, "apt-get", "purge", "--yes", "memcachedsoap")
	assert.Empty(t, difference(before, s.snapshot(t)), "a purged package leaves nothing")
}

// enabled returns whether each unit starts with the machine.
func (s system) enabled(t *testing.T) string {
	t.Helper()
	cmd := s.command("systemctl", "is-enabled", "memcachedsoap.socket", "memcachedsoap.service", "memcachedsoap-replicate.service")
	out, _ := cmd.Output() // fails if one is not enabled
	return string(out)
}

// accessSettings are added to the configuration by [system.testCallers].
const accessSettings = "auth-file: " + callers + "\naudit-log: " + auditLog + "\n"

// testCallers starts the service with an auth file and an audit log, reloads it by the
// unit's ExecReload, and lets logrotate move the log.
func (s system) testCallers(t *testing.T, service unit) {
	t.Helper()
	s.addCaller(t, "portal")
	s.run(t, "chgrp", "memcachedsoap", callers)
	s.run(t, "chmod", "640", callers)
	s.write(t, config, s.read(t, config)+accessSettings)
	r := service.start(t)
	address := r.logged(t, `msg=listening address=(\S+)`)
	log := func(caller string) {
		s.run(t, "memcachedsoap", "session", "set", "c0ffee", "by="+caller, "--url", "http://"+caller+":"+password+"@"+address+"/soap")
	}
	log("portal")
	assert.Equal(t, []string{"portal"}, s.audited(t, auditLog, 1))

	s.addCaller(t, "batch")
	s.run(t, "sh", "-c", strings.ReplaceAll(service.setting(t, "ExecReload"), "$MAINPID", strconv.Itoa(r.Process.Pid)))
	r.logged(t, `msg=callers .*number=2`)
	s.run(t, "logrotate", "--force", "/etc/logrotate.d/memcachedsoap")
	log("batch")
	assert.Equal(t, []string{"batch"}, s.audited(t, auditLog, 1))
	assert.Equal(t, []string{"portal"}, s.audited(t, auditLog+".1", 1))
	r.stop(t)
}

// password is that of all callers.
const password = "correct-horse-battery-staple"

// addCaller lets a program call that sends the password.
func (s system) addCaller(t *testing.T, name string) {
	t.Helper()
	cmd := s.command("memcachedsoap", "auth", "add", "--file", callers, name, "--roles", "read,write", "--password-stdin")
	cmd.Stdin = strings.NewReader(password)
	output(t, cmd)
}

// audited waits until an audit log has lines, and returns who has made each change.
func (s system) audited(t *testing.T, path string, lines int) (callers []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(s.dir, path))
		if err != nil || strings.Count(string(text), "\n") < lines {
			return false
		}
		callers = nil
		for text := range strings.Lines(string(text)) {
			var line struct {
				Caller string `json:"caller"`
			}
			require.NoError(t, json.Unmarshal([]byte(text), &line), text)
			callers = append(callers, line.Caller)
		}
		return true
	}, patience, pause)
	return callers
}
