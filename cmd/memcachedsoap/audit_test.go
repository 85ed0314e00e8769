package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// auditLines returns the lines of an audit log.
func auditLines(t *testing.T, path string) (all []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	for row := range strings.Lines(string(text)) {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(row), &line), row)
		all = append(all, line)
	}
	return all
}

// awaitAudit waits for a line with these fields: lines of refusals are written after
// the answer.
func awaitAudit(t *testing.T, path string, want map[string]any) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, line := range auditLines(t, path) {
			found := true
			for name, value := range want {
				found = found && assert.ObjectsAreEqual(value, line[name])
			}
			if found {
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond, "%v is not in %v", want, auditLines(t, path))
}

// auditedFile writes an auth file with callers for every kind of line.
func auditedFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`callers:
  - {name: boss, roles: [admin], addresses: [127.0.0.1]}
  - {name: portal, roles: [read, write, perl], addresses: [127.0.0.2], hide: [mail]}
  - {name: slow, roles: [read, write], addresses: [127.0.0.3], rate: 0.001}
  - {name: few, roles: [read, write], addresses: [127.0.0.4], quota: 0.001}
`), 0o600))
	return path
}

const auditedID = "5fbc010fecf1bbba68cf4d2fac579005"

func setCall(name, value string) string {
	return operationCall("setSession", `<id>`+auditedID+`</id><attributes><entry><key>`+name+`</key><value>`+value+`</value></entry></attributes>`)
}

// The whole way of hide, rate, quota and the audit log: from the auth file to the
// answers, the audit log, the log and the metrics.
func TestServeAudited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	metrics := filepath.Join(t.TempDir(), "m")
	s := startServe(t, "--audit-log", path, "--auth-file", auditedFile(t), "--principal", "uid", "--metrics-listen", "unix:"+metrics)
	boss, portal := sent{from: "127.0.0.1"}, sent{from: "127.0.0.2"}

	response, text := s.post(t, boss, operationCall("setSession", `<id>`+auditedID+`</id><attributes><entry><key>uid</key><value>precious</value></entry><entry><key>mail</key><value>precious2</value></entry></attributes>`))
	require.Equal(t, 200, response.StatusCode, text)
	all := auditLines(t, path)
	require.Len(t, all, 1, "the line is there before the answer")
	assert.Equal(t, response.Header.Get("X-Request-Id"), all[0]["request_id"])
	delete(all[0], "time")
	delete(all[0], "request_id")
	assert.Equal(t, map[string]any{
		"caller": "boss", "client": "127.0.0.1", "authentication": "address", "dialect": "contract", "operation": "setSession", "outcome": "ok",
		"sessions": []any{"f22491349922"}, "sessions_number": 1.0, "created": true, "set": []any{"uid", "mail"}, "ttl": 72000.0,
	}, all[0])

	// The caller portal does not see mail, in either dialect, and keeps it.
	_, text = s.post(t, portal, operationCall("getSession", `<id>`+auditedID+`</id>`))
	assert.Contains(t, text, "precious<")
	assert.NotContains(t, text, "mail")
	response, text = s.post(t, portal, setCall("mail", "evil"))
	assert.Equal(t, 500, response.StatusCode)
	assert.Contains(t, text, "<faultcode>soap:Client</faultcode>")
	assert.Contains(t, text, "Access denied: the call names an attribute that is hidden from its caller.")
	awaitAudit(t, path, map[string]any{"caller": "portal", "outcome": "AccessDenied", "reason": "hidden", "operation": "setSession"})
	const perl = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><%s xmlns="urn:MemcachedSOAPClass">%s</%[1]s></soap:Body></soap:Envelope>`
	_, text = s.post(t, portal, fmt.Sprintf(perl, "getSession", "<a>"+auditedID+"</a>"))
	assert.Contains(t, text, "precious<")
	assert.NotContains(t, text, "mail")
	response, text = s.post(t, portal, fmt.Sprintf(perl, "setSession", "<a>_session_id</a><b>"+auditedID+"</b><c>uid</c><d>other</d>"))
	require.Equal(t, 200, response.StatusCode, text)
	awaitAudit(t, path, map[string]any{"caller": "portal", "dialect": "perl", "operation": "setSession", "outcome": "ok", "set": []any{"uid"}})
	_, text = s.post(t, portal, fmt.Sprintf(perl, "setSession", "<a>_session_id</a><b>"+auditedID+"</b><c>mail</c><d>evil</d>"))
	assert.Contains(t, text, "Access denied: the call names an attribute")
	_, text = s.post(t, boss, operationCall("getSession", `<id>`+auditedID+`</id>`))
	assert.Contains(t, text, "precious2", "it has survived")
	assert.Contains(t, text, ">other<")

	// Limits.
	for from, want := range map[string]string{"127.0.0.3": "rate", "127.0.0.4": "quota"} {
		create := operationCall("setSession", `<attributes/>`)
		response, text = s.post(t, sent{from: from}, create)
		require.Equal(t, 200, response.StatusCode, text)
		for range 20 {
			response, text = s.post(t, sent{from: from}, create)
		}
		assert.Equal(t, 503, response.StatusCode)
		assert.Regexp(t, `^(999|1000)$`, response.Header.Get("Retry-After"))
		assert.Contains(t, text, "<faultcode>soap:Server</faultcode>")
		assert.Contains(t, text, "than its limit, 0.001 a second.")
		awaitAudit(t, path, map[string]any{"outcome": "LimitExceeded", "reason": want, "client": from})
	}

	// A missing role, and nobody.
	response, _ = s.post(t, portal, operationCall("deleteSession", `<id>`+auditedID+`</id>`))
	assert.Equal(t, 500, response.StatusCode)
	awaitAudit(t, path, map[string]any{"caller": "portal", "outcome": "AccessDenied", "reason": "role", "operation": "deleteSession"})
	s.post(t, sent{from: "127.0.0.9"}, setCall("a", "1"))
	awaitAudit(t, path, map[string]any{"caller": nil, "client": "127.0.0.9", "outcome": "Unauthenticated", "reason": "none"})
	s.post(t, sent{from: "127.0.0.1", authorization: basic("boss", "precious3")}, setCall("a", "1"))
	awaitAudit(t, path, map[string]any{"caller": nil, "claimed_caller": "boss", "outcome": "Unauthenticated", "reason": "wrong"})

	// Search and log-out.
	s.post(t, boss, operationCall("findSessions", `<principal>other</principal>`))
	s.post(t, boss, operationCall("deleteSessions", `<principal>other</principal>`))
	s.post(t, boss, operationCall("stats", ``))
	awaitAudit(t, path, map[string]any{"operation": "findSessions", "by": "uid", "sessions_number": 1.0, "outcome": "ok"})
	awaitAudit(t, path, map[string]any{"operation": "deleteSessions", "by": "uid", "sessions": []any{"f22491349922"}, "outcome": "ok"})
	awaitAudit(t, path, map[string]any{"operation": "stats", "outcome": "ok"})

	// Metrics and log.
	found := scrape(t, clientOf("unix:", metrics))
	for name, want := range map[string]float64{
		`memcachedsoap_caller_calls_total{caller="portal",class="read"}`: 2, `memcachedsoap_caller_calls_total{caller="boss",class="delete"}`: 1,
		`memcachedsoap_denied_calls_total{reason="rate"}`: 20, `memcachedsoap_denied_calls_total{reason="quota"}`: 20,
		`memcachedsoap_denied_calls_total{reason="hidden"}`: 2, `memcachedsoap_denied_calls_total{reason="role"}`: 1,
		`memcachedsoap_faults_total{type="CallerLimit"}`: 40, `memcachedsoap_faults_total{type="Overload"}`: 0,
		`memcachedsoap_audit_failing`: 0, `memcachedsoap_audit_failures_total`: 0,
	} {
		assert.Equal(t, want, found[name], name)
	}
	assert.Equal(t, exitDone, s.stop())
	counted := map[any]float64{}
	for _, line := range auditLines(t, path) {
		if n, ok := line["refusals"].(float64); ok {
			counted[line["reason"]] += n
		}
	}
	assert.Equal(t, map[any]float64{"rate": 20, "quota": 20, "hidden": 2, "role": 1, "none": 1, "wrong": 1}, counted)
	audited, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, secret := range []string{auditedID, "precious", "evil", "other"} {
		assert.NotContains(t, string(audited), secret)
	}
	callers := map[any]int{}
	for _, line := range s.log.lines(t, "request") {
		callers[line["caller"]]++
		assert.NotEqual(t, "ERROR", line["level"], line)
	}
	assert.Equal(t, 21, callers["slow"])
	assert.Equal(t, 21, callers["few"])
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// The program makes a new file when the old one was moved, and on SIGHUP, which does
// not end it.
func TestAuditLogIsRotated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	p := startServeProgram(t, nil, "--audit-log", path)
	p.change(t)
	require.NoError(t, os.Rename(path, path+".1"))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, time.Minute, 10*time.Millisecond)
	p.change(t)
	require.NoError(t, os.Rename(path, path+".2"))
	p.change(t)
	assert.Equal(t, "ready\n", p.ready(t, ""))
	p.stop(t)
	for _, file := range []string{path, path + ".1", path + ".2"} {
		assert.Len(t, auditLines(t, file), 1, file)
	}
}

// A full disk does not stop the calls. Each line that cannot be written is in the log,
// and /readyz says so, until there is room: then the audit log says what it lacks.
func TestAuditLogOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	// A file system of its own, in the namespace of the program, needs no other right.
	p := startServeProgram(t, []string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", `mount -t tmpfs -o size=8k tmpfs "$0" && exec "$@"`, disk}, "--audit-log", disk+"/audit.log")
	inside := fmt.Sprintf("/proc/%d/root%s/audit.log", p.cmd.Process.Pid, disk)
	full := 0
	for full < 3 {
		p.change(t)
		if p.ready(t, "") != "ready\n" {
			full++
		}
	}
	assert.Contains(t, p.ready(t, ""), "ready\naudit log cannot be written: no space left on device\n")
	assert.Contains(t, p.ready(t, "?all"), "not ready\naudit log cannot be written: no space left on device\n")
	require.NoError(t, os.Truncate(inside, 0))
	require.Eventually(t, func() bool { return p.ready(t, "?all") == "ready\n" }, time.Minute, 10*time.Millisecond)
	p.change(t)
	last := auditLines(t, inside)
	assert.Equal(t, "LinesNotWritten", last[0]["outcome"])
	assert.Equal(t, float64(p.unwritten(t)), last[0]["lines_not_written"])
	assert.Equal(t, "ok", last[len(last)-1]["outcome"])
	p.stop(t)
}

func TestAuditLogThatCannotBeOpened(t *testing.T) {
	var errs strings.Builder
	code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--audit-log", t.TempDir()}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs.String(), "--audit-log: audit: ")
	assert.Contains(t, errs.String(), "is a directory")
}

// On standard output there is nothing but the audit log.
func TestAuditLogOnStandardOutput(t *testing.T) {
	t.Parallel()
	p := startServeProgram(t, nil, "--audit-log", "-")
	p.change(t)
	p.stop(t)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(p.stdout.String()), &line), p.stdout.String())
	assert.Equal(t, "setSession", line["operation"])
	assert.Nil(t, line["caller"])
	assert.Equal(t, "127.0.0.1", line["client"])
}

// startedProgram is the program as a process.
type startedProgram struct {
	cmd    *exec.Cmd
	base   string // URL of the service
	stdout strings.Builder
	log    logBuffer
	done   chan struct{} // closed when its log has ended
}

// startServeProgram starts the program with its sessions in memory, behind the words of
// another command, such as one that isolates it.
func startServeProgram(t *testing.T, before []string, args ...string) *startedProgram {
	t.Helper()
	words := append(append([]string{}, before...), program(t), "serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s")
	words = append(words, args...)
	p := &startedProgram{cmd: exec.Command(words[0], words[1:]...), done: make(chan struct{})}
	p.cmd.Stdout = &p.stdout
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.done)
		for rows := bufio.NewScanner(stderr); rows.Scan(); {
			_, _ = p.log.Write(append(rows.Bytes(), '\n'))
		}
	}()
	require.Eventually(t, func() bool { return len(p.log.lines(t, "listening")) == 1 }, time.Minute, 10*time.Millisecond)
	p.base = fmt.Sprint("http://", p.log.lines(t, "listening")[0]["address"])
	return p
}

// change makes a change through the service.
func (p *startedProgram) change(t *testing.T) {
	t.Helper()
	response, err := http.Post(p.base+"/soap", "text/xml", strings.NewReader(setCall("uid", "precious")))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)
}

// ready returns what /readyz says.
func (p *startedProgram) ready(t *testing.T, query string) string {
	t.Helper()
	response, err := http.Get(p.base + "/readyz" + query)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	want := 200
	if strings.HasPrefix(string(text), "not") {
		want = 503
	}
	assert.Equal(t, want, response.StatusCode)
	return string(text)
}

// unwritten returns how many lines of the audit log are in the log instead.
func (p *startedProgram) unwritten(t *testing.T) int {
	t.Helper()
	failed := p.log.lines(t, "could not write to the audit log")
	for _, line := range failed {
		assert.Contains(t, line["line"], `"operation":"setSession"`)
		assert.Contains(t, line["error"], "no space left")
	}
	return len(failed)
}

func (p *startedProgram) stop(t *testing.T) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	<-p.done
	require.NoError(t, p.cmd.Wait())
}
