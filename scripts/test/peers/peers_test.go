package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the root of the repository.
const root = "../../.."

// This test measures only the service, so that it needs nothing that make deps does not
// install.
func TestService(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "benchmarks.md"))
	require.NoError(t, err)
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-root", root, "-peers", "none", "-rounds", "2", "-seconds", "0.05", "-connections", "2", "-seed", "7"}, &out, &progress))
	assert.Contains(t, strings.ReplaceAll(out.String(), "\n", " "), "2 connections, sessions of 24 attributes. 2 rounds of 50ms for")
	assert.Contains(t, out.String(), "(`-seed 7`)")
	for _, title := range []string{serviceTitle, nearTitle} {
		assert.Len(t, regexp.MustCompile(`\| `+title+` \| [1-9]\d+ \| \d+\.\d\d ms \| \d+\.\d\d ms \| \S* ?\S* ?\| \d+ µs \| \d+ µs \| [1-9]\d* % \|`).FindAllString(out.String(), -1), loadCount)
	}
	assert.Equal(t, loadCount, strings.Count(out.String(), "| "+nearTitle+" / "+serviceTitle+" | "))
	assert.Regexp(t, `, half setSession \| p99 \| \S+ \| at most 1.00: `, out.String())
	assert.Equal(t, "peers: the rounds take 1s\n", progress.String())
	after, err := os.ReadFile(filepath.Join(root, "docs", "benchmarks.md"))
	require.NoError(t, err)
	assert.Equal(t, string(page), string(after), "a run without the peers is only printed")
}

func TestFlags(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-seed", "1"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, settings{
		Rounds: load.Rounds{Count: 12, Interval: 2 * time.Second}, connections: 16, entries: 24, seed: 1, peers: peerNames(), root: ".",
	}, s)
	assert.True(t, s.complete())
	s, err = parse([]string{"-peers", "gsoap"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []string{"gsoap"}, s.peers)
	assert.False(t, s.complete())
	s, err = parse([]string{"-peers", "none"}, io.Discard)
	require.NoError(t, err)
	assert.Empty(t, s.peers)
	for _, args := range []string{
		"-rounds 0", "-seconds NaN", "-connections 0", "-entries 0", "-connections 513", "-entries 5001", "-rounds 200 -seconds 2",
		"-peers gsoap,gsoap", "-peers nosuch", "-peers ,", "surplus",
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		assert.ErrorContains(t, err, "peers: ", args)
	}
	assert.ErrorContains(t, run(t.Context(), []string{"-root", t.TempDir()}, io.Discard, io.Discard), "section: ")
}

// Each peer has what the program needs, with exact versions.
func TestFolders(t *testing.T) {
	t.Parallel()
	for _, p := range builtPeers() {
		for _, name := range []string{"build", "run"} {
			info, err := os.Stat(filepath.Join(p[0], name))
			require.NoError(t, err)
			assert.NotZero(t, info.Mode()&0o100, "%s can run", info.Name())
		}
		assert.FileExists(t, filepath.Join(p[0], "packages"))
	}
	assert.FileExists(t, filepath.Join(root, perlFolder, "packages"))
	assert.FileExists(t, filepath.Join("node", "package-lock.json"))
	pinned, err := os.ReadFile(filepath.Join("node", "package.json"))
	require.NoError(t, err)
	assert.NotRegexp(t, `": "[\^~*<>]`, string(pinned))
	pom, err := os.ReadFile(filepath.Join("cxf", "pom.xml"))
	require.NoError(t, err)
	assert.Equal(t, strings.Count(string(pom), "<artifactId>")-1, strings.Count(string(pom), "<version>")-1)
	assert.NotRegexp(t, `<version>[\[(]|LATEST|RELEASE|SNAPSHOT`, string(pom))
}

// A peer that cannot be built is left out, and the report and the exit status say so.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	for path, program := range map[string]string{
		"scripts/tools/deps":             "#!/bin/sh\n",
		"scripts/test/peers/gsoap/build": "#!/bin/sh\necho start\necho 'Fatal \x1b[31mERROR: no | compiler' >&2\necho 'see the log'\nexit 1\n",
		"docs/benchmarks.md":             "# B\n<!-- make bench-peers: begin -->\n<!-- make bench-peers: end -->\n",
	} {
		path = filepath.Join(repository, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(program), 0o700)) //nolint:gosec // programs
	}
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-root", repository, "-peers", "gsoap", "-rounds", "1", "-seconds", "0.01", "-connections", "1"}, &out, &progress))
	assert.Contains(t, out.String(), "**Left out**: gSOAP (C++). scripts/test/peers/gsoap/build: exit status 1: Fatal ERROR: no / compiler\n")
	assert.Contains(t, progress.String(), "peers: gSOAP (C++) is left out: ")
	assert.NotContains(t, out.String(), "| gSOAP (C++) |")
}

func TestFirstProblem(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "it says nothing", firstProblem("\n \n"))
	assert.Equal(t, "last", firstProblem("first\nlast\n\n"))
	assert.Equal(t, "E: Unable to locate package x", firstProblem("Reading\nE: Unable to locate package x\nlast\n"))
	assert.Len(t, firstProblem(strings.Repeat("x", 1000)), 200)
}

// handler is a server with faults.
type handler struct{ get, absent, set, newID string }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	body := h.get
	switch {
	case bytes.Contains(text, []byte(strings.Repeat("0", 32))):
		w.WriteHeader(http.StatusInternalServerError)
		body = h.absent
	case bytes.Contains(text, []byte("<setSession ")):
		body = h.set
		if !bytes.Contains(text, []byte("<id>")) {
			body = strings.ReplaceAll(body, "%ID%", h.newID)
		}
	}
	id, _, _ := bytes.Cut(text[bytes.Index(text, []byte("<id>"))+4:], []byte("</id>"))
	_, _ = io.WriteString(w, `<s:Envelope xmlns:s="`+soap.Namespace11+`"><s:Body>`+strings.ReplaceAll(body, "%ID%", string(id))+`</s:Body></s:Envelope>`)
}

// A server whose answers differ from the contract ends the run.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	sessions, err := contract.NewSessions(1, 2)
	require.NoError(t, err)
	right := handler{
		set: `<setSessionResponse xmlns="` + wsdl.Namespace + `"><setSessionResult><id>%ID%</id></setSessionResult></setSessionResponse>`,
		get: `<getSessionResponse xmlns="` + wsdl.Namespace + `"><getSessionResult><id>%ID%</id><attributes><entry><key>uid</key><value>user0-0</value></entry>` +
			`<entry><key>cn</key><value>Doctor Who</value></entry></attributes></getSessionResult></getSessionResponse>`,
		newID:  strings.Repeat("a", 32),
		absent: `<s:Fault><faultcode>s:Client</faultcode><faultstring>none</faultstring></s:Fault>`,
	}
	for want, change := range map[string]func(*handler){
		"":                                  func(*handler) {},
		"setSession has another id":         func(h *handler) { h.set = strings.ReplaceAll(h.set, "%ID%", sessions[0].ID+"0") },
		"setSession without an id has none": func(h *handler) { h.newID = "A" },
		"getSession has another id":         func(h *handler) { h.get = strings.ReplaceAll(h.get, "%ID%", "f"+sessions[0].ID) },
		"getSession returns map":            func(h *handler) { h.get = strings.ReplaceAll(h.get, "Doctor", "doctor") },
		"the answer lacks user0-":           func(h *handler) { h.get = strings.ReplaceAll(h.get, "user0-", "user1-") },
		"a fault with a text":               func(h *handler) { h.absent = strings.ReplaceAll(h.absent, "none", "") },
	} {
		h := right
		change(&h)
		err := prepare(t.Context(), serve(t, h), sessions)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// serve runs a handler, with a process that stands for its server.
func serve(t *testing.T, h http.Handler) *load.Process {
	t.Helper()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return &load.Process{Address: listener.Addr().String()}
}

// fixed returns a report with three servers and three rounds.
func fixed() *report {
	g := &group{title: "The contract", pairs: [][2]int{{0, 2}, {1, 2}, {1, 0}}}
	for i, title := range []string{serviceTitle, nearTitle, "gSOAP (C++)"} {
		s := &server{title: title}
		for l := range loadCount {
			for round := range 3 {
				n := (i + 1) * 1000 * (10 + round)
				s.samples[l] = append(s.samples[l], sample{load.Result{
					Requests: n, Rate: float64(n), P50: time.Millisecond, P99: time.Duration(i+2) * time.Millisecond, P999: 9 * time.Millisecond,
					CPU: time.Duration(n*40) * time.Microsecond, Load: 0.25,
				}, time.Duration(n*11) * time.Microsecond})
			}
		}
		g.servers = append(g.servers, s)
	}
	return &report{settings: settings{Rounds: load.Rounds{Count: 3, Interval: time.Second}, connections: 16, entries: 24, seed: 1}, groups: []*group{g}}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := fixed()
	r.versions, r.lemonldap = []string{"gSOAP 2.8"}, "| a |\n|---|\n| b |"
	text := r.markdown()
	assert.Contains(t, text, "| memcachedsoap | 11000 | 1.00 ms | 2.00 ms | 9.00 ms | 40 µs | 11 µs | 25 % |\n")
	assert.Contains(t, text, "| memcachedsoap / gSOAP (C++) | 0.33 | 0.33 to 0.33 | 1.00 | 1.00 to 1.00 | 0.50 | 0.50 to 0.50 |\n")
	assert.Contains(t, text, "| with a near cache / memcachedsoap | 2.00 |")
	assert.Contains(t, text, "| memcachedsoap / gSOAP (C++), getSession | req/s | 0.33 | at least 1.20: **missed** |\n")
	assert.Contains(t, text, "| memcachedsoap / gSOAP (C++), half setSession | p99 | 0.50 | at most 1.00: met |\n")
	assert.Contains(t, text, "| memcachedsoap / gSOAP (C++), getSession | CPU per request | 1.00 | at most 0.60: **missed** |\n")
	assert.Contains(t, text, "Compared with: gSOAP 2.8.")
	assert.Contains(t, text, "LemonLDAP::NG's REST server:\n\n| a |\n")
	assert.NotContains(t, text, "Left out")
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, len([]rune(line)), 121, line)
	}

	// Too few requests have no p99.9; other numbers keep two digits that matter.
	r.groups[0].servers[0].samples[0] = []sample{{load.Result{Requests: 50, Rate: 25.14, CPU: 3 * time.Second}, 0}, {load.Result{Requests: 50, Rate: 25.14, CPU: 3 * time.Second}, 0}, {load.Result{Requests: 50, Rate: 25.14, CPU: 3 * time.Second}, 0}}
	text = r.markdown()
	assert.Contains(t, text, "| memcachedsoap | 25.1 | 0.00 ms | 0.00 ms |  | 60000 µs | 0 µs | 0 % |\n")
	assert.Contains(t, text, "| memcachedsoap / gSOAP (C++) | 0.00076 |")
}

func TestQuartiles(t *testing.T) {
	t.Parallel()
	var of, to []sample
	for _, rate := range []float64{5, 1, 4, 2, 3} {
		of, to = append(of, sample{load.Result{Rate: 2 * rate * rate}, 0}), append(to, sample{load.Result{Rate: rate}, 0})
	}
	assert.Equal(t, quartiles{4, 6, 8}, ratio(of, to, sample.rate))
}

// docs/benchmarks.md has the place for the report.
func TestDocument(t *testing.T) {
	t.Parallel()
	_, err := section.Read(filepath.Join(root, "docs", "benchmarks.md"), sectionName)
	require.NoError(t, err)
}
