//go:build interop

package browser

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startApache starts Apache with a configuration, and returns its address.
func startApache(t *testing.T, configuration string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o755)) //nolint:gosec // for Apache's user
	address := freeAddress(t)
	var text strings.Builder
	fmt.Fprintf(&text, "ServerRoot %q\nServerName 127.0.0.1\nListen %s\nPidFile pid\nErrorLog error.log\nDefaultRuntimeDir .\n", folder, address)
	for module := range strings.FieldsSeq("mpm_event authz_core proxy proxy_http headers unixd") {
		if file := "/usr/lib/apache2/modules/mod_" + module + ".so"; exists(file) { // the others are built in
			fmt.Fprintf(&text, "LoadModule %s_module %s\n", module, file)
		}
	}
	if os.Geteuid() == 0 {
		text.WriteString("User www-data\nGroup www-data\n")
	}
	text.WriteString(configuration)
	path := filepath.Join(folder, "apache.conf")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	cmd := exec.Command("apache2", "-DFOREGROUND", "-f", path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		_ = cmd.Wait() // ended by the signal
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		return err == nil && conn.Close() == nil
	}, ample, 5*time.Millisecond, "Apache does not start")
	return address
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// freeAddress returns an address on which nobody listens. Its port is below those that
// the kernel chooses for clients, so that no connection takes it before Apache starts.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000))) //nolint:gosec // no secret
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// Behind Apache, below a prefix, every link and every form leads where it should: with
// the configuration of the page, without X-Forwarded-Prefix, and with a wrong one.
func TestBehindApache(t *testing.T) {
	t.Parallel()
	right, err := os.ReadFile("../../deploy/apache/sub-path.conf")
	require.NoError(t, err)
	const header = "RequestHeader set X-Forwarded-Prefix /apps/sessions"
	require.Contains(t, string(right), header)
	s := startService(t)
	for name, prefix := range map[string]string{"right": header, "none": "", "wrong": "RequestHeader set X-Forwarded-Prefix /wrong", "hostile": "RequestHeader set X-Forwarded-Prefix //evil.example/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := "http://" + startApache(t, "Define SESSIONS "+s.address+"\n"+strings.Replace(string(right), header, prefix, 1))
			for _, path := range []string{"/apps/sessions", "/apps/sessions/", "/apps/sessions/soap"} {
				b := openTab(t, proxy+path)
				b.click(`a[href="?op=setSession"]`)
				b.click("form.try button[type=submit]")
				b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 200')`)
				assert.NotEqual(t, "rgba(0, 0, 0, 0)", evaluate[string](b, `getComputedStyle(document.querySelector('header')).backgroundColor`), "the page has its style")
				b.click(`nav a[data-path="console"]`)
				b.appears(`nav a[data-path="console"][aria-current]`)
				assert.Equal(t, "/apps/sessions/console", evaluate[string](b, `location.pathname`))
				b.click(`nav li:first-child a`)
				b.appears(`a[href="?op=setSession"]`)
				assert.Equal(t, "/apps/sessions/", evaluate[string](b, `location.pathname`))
			}
		})
	}
}
