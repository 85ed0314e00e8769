//go:build interop

package clients

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/wsdl"
)

// checklist is a machine on which the steps of the checklist are done.
type checklist struct {
	folder string // what is in /etc and /var/log on the page
	port   string // of the service
	shell  *pagetest.Shell
	output strings.Builder // of the steps
}

// TestChecklist follows the checklist of the page about security on a machine that has
// what its steps install, and then tries what the page promises.
func TestChecklist(t *testing.T) {
	if !slices.ContainsFunc(checklistClients, selected) {
		return
	}
	c := newChecklist(t)
	c.follow(t)
	t.Run("callers", func(t *testing.T) { c.callers(t) })
	t.Run("anonymous", func(t *testing.T) { c.anonymous(t) })
	t.Run("audit", func(t *testing.T) { c.audit(t) })
}

func newChecklist(t *testing.T) *checklist {
	t.Helper()
	c := &checklist{folder: t.TempDir(), port: freePort(t)}
	for _, folder := range []string{filepath.Dir(c.folder), c.folder} {
		require.NoError(t, os.Chmod(folder, 0o711)) //nolint:gosec // the user of memcached enters it
	}
	repository, err := filepath.Abs(root)
	require.NoError(t, err)
	c.shell = pagetest.NewShell(t, repository, "MODE=", quickJava, "MAKEFLAGS=", "MAKELEVEL=",
		"PREFIX="+filepath.Join(c.folder, "usr"), "PATH="+filepath.Join(c.folder, "usr/bin")+":"+os.Getenv("PATH"))
	return c
}

// freePort returns a port on which nobody listens, and that no client gets.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10_000 + rand.IntN(20_000)) //nolint:gosec // any
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// follow does the steps. It leaves out what installs packages, because make interop has
// installed them.
func (c *checklist) follow(t *testing.T) {
	t.Helper()
	machine := strings.NewReplacer(
		"/etc/memcachedsoap", c.path("etc"), "/etc/memcached", c.path("memcached"), "/var/log/memcachedsoap", c.path("log"),
		"8443", c.port, "11211", freePort(t),
	)
	t.Cleanup(func() { c.stop(t) })
	for _, b := range checklistBlocks(t) {
		b.Code = machine.Replace(checklistInstalls.ReplaceAllString(b.Code, ""))
		b.Code = strings.Replace(b.Code, " &\n", " &\necho $! >>"+c.path("servers")+"\n", 1)
		begin := time.Now()
		c.output.WriteString(c.shell.Run(t, b))
		t.Logf("line %d of the page: %s", b.Line, time.Since(begin).Round(time.Millisecond))
	}
}

// stop stops the servers, and prints what they have logged if the test has failed.
func (c *checklist) stop(t *testing.T) {
	t.Helper()
	servers, err := os.ReadFile(c.path("servers"))
	require.NoError(t, err)
	for server := range strings.FieldsSeq(string(servers)) {
		pid, err := strconv.Atoi(server)
		require.NoError(t, err)
		assert.NoError(t, syscall.Kill(pid, syscall.SIGTERM), "a server has ended")
	}
	require.Eventually(t, func() bool { return !reachable(c.port) }, time.Minute, 10*time.Millisecond, "the service ends")
	for _, name := range []string{"service", "memcached"} {
		if text, err := os.ReadFile(c.path("log/" + name + ".log")); err == nil && t.Failed() {
			t.Logf("log of %s:\n%s", name, text[:min(len(text), 4<<10)])
		}
	}
}

// path returns the path of a folder or a file of the machine.
func (c *checklist) path(name string) string { return filepath.Join(c.folder, name) }

func reachable(port string) bool {
	nc, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		_ = nc.Close()
	}
	return err == nil
}

// callers checks that the program of each language has stored a session and read it.
func (c *checklist) callers(t *testing.T) {
	t.Helper()
	output := c.output.String()
	for _, caller := range []string{"hr-java", "portal-php", "crm-dotnet", "batch-perl"} {
		_, read, _ := strings.Cut(output, "\n"+caller+" read\n")
		read, _, _ = strings.Cut(read, " write\n") // of the next caller
		assert.Contains(t, read, "\n706c61696e\tt:706c61696e\n", "the attribute plain that %s reads", caller)
	}
	assert.NoFileExists(t, c.path("etc/ca.key"))
}

// anonymous checks that a client without credentials gets nothing but the WSDL, the page
// with the address of the WSDL, and the probes.
func (c *checklist) anonymous(t *testing.T) {
	t.Helper()
	authority, err := os.ReadFile(c.path("etc/ca.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(client.CloseIdleConnections)
	base := "https://localhost:" + c.port
	ask := func(method, path, message string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(message))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "text/xml")
		response, err := client.Do(r)
		require.NoError(t, err)
		defer func() { assert.NoError(t, response.Body.Close()) }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	_, contract := ask(http.MethodGet, "/soap?wsdl", "")
	operations := regexp.MustCompile(`soapAction="[^"#]*#(\w+)"`).FindAllStringSubmatch(contract, -1)
	require.NotEmpty(t, operations)
	for _, envelope := range []string{"http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"} {
		for _, operation := range operations {
			for _, namespace := range []string{wsdl.Namespace, "urn:MemcachedSOAPClass"} {
				status, text := ask(http.MethodPost, "/soap", fmt.Sprintf(`<Envelope xmlns=%q><Body><%s xmlns=%q/></Body></Envelope>`, envelope, operation[1], namespace))
				assert.Equal(t, http.StatusUnauthorized, status, operation[1])
				assert.Contains(t, text, "The request has no credentials.", operation[1])
			}
		}
	}
	for path, want := range map[string]int{
		"/soap?wsdl": 200, "/soap?xsd=1": 200, "/": 200, "/healthz": 200, "/readyz": 200,
		"/metrics": 404, "/debug/pprof/": 404, "/debug/vars": 404, "/soap/": 405, "/etc/passwd": 404, "/callers.yaml": 404,
	} {
		status, text := ask(http.MethodGet, path, "")
		assert.Equal(t, want, status, path)
		assert.NotContains(t, text, c.folder, path)
		assert.NotContains(t, text, "portal-php", path)
	}
	response, err := http.Post("http://localhost:"+c.port+"/soap", "text/xml", strings.NewReader(""))
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "without TLS")
	require.NoError(t, response.Body.Close())
}

// audit checks that the audit log has each change with its caller, and the refusals. No
// log has a secret.
func (c *checklist) audit(t *testing.T) {
	t.Helper()
	file, err := os.Open(c.path("log/audit.log"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	seen := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct{ Caller, Operation, Outcome, Authentication, Reason string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		seen[strings.Trim(strings.Join([]string{line.Caller, line.Authentication, line.Operation, line.Outcome, line.Reason}, " "), " ")]++
	}
	for _, want := range []string{
		"hr-java basic setSession ok", "portal-php basic setSession ok", "crm-dotnet basic setSession ok", "batch-perl basic setSession ok",
		"portal-php basic deleteSession AccessDenied role", "Unauthenticated none",
	} {
		assert.Positive(t, seen[want], "%s in %v", want, seen)
	}
	logs, err := filepath.Glob(c.path("log/*"))
	require.NoError(t, err)
	require.Len(t, logs, 3)
	secrets := []string{"5fbc010fecf1bbba68cf4d2fac579005"} // the id of a session
	for name, form := range map[string]string{"memcached.passwords": `:(.+)`, "callers.yaml": `argon2id\$.*\$([^"\n]+)`, "server.key": `(?m)^([^-\n]{20,})$`} {
		text, err := os.ReadFile(c.path("etc/" + name))
		require.NoError(t, err)
		found := regexp.MustCompile(form).FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found, name)
		for _, secret := range found {
			secrets = append(secrets, secret[1])
		}
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, secret := range secrets {
			assert.NotContains(t, string(text), secret, path)
		}
	}
}
