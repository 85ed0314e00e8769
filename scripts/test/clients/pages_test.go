//go:build interop

package clients

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/sessionstore"
)

// Where the README and the pages call the service, the one that answers only callers,
// and such a one on TLS.
const (
	pageAddress    = "127.0.0.1:8080"
	guardedAddress = "127.0.0.1:8081"
	secureAddress  = "127.0.0.1:8443"
	secureName     = "localhost:8443" // for mono, which compares names only
)

// A reader follows the README first and then the page of each language, all on
// one service. The README stores sessions, so a page must not need a session id
// that the README uses. Each page saves its programs under the names that it
// gives them and runs its commands in their order. At the end the program of the
// page has stored a session and has read it back, and so has each walk.
func TestPages(t *testing.T) {
	s := newSite(t)
	t.Run("README", func(t *testing.T) { s.readme(t) })
	paths, err := filepath.Glob(filepath.Join(programs, "*/README.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	t.Run("curl", func(t *testing.T) { s.curl(t) })
	for _, path := range paths {
		language := filepath.Base(filepath.Dir(path))
		if !selected(language) {
			continue
		}
		t.Run(language, func(t *testing.T) { s.page(t, path) })
		if language == "perl" {
			t.Run("program of the Perl page", func(t *testing.T) { s.perlProgram(t) })
		}
	}
}

// blocks reads a page and lets its blocks call the service of the site.
func (s *site) blocks(t *testing.T, path string) []pagetest.Block {
	t.Helper()
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	blocks, err := pagetest.Blocks(string(page))
	require.NoError(t, err)
	address := func(wsdl string) string {
		u, err := url.Parse(wsdl)
		require.NoError(t, err)
		return u.Host
	}
	secure := address(s.secure)
	addresses := strings.NewReplacer(
		pageAddress, address(s.wsdl), guardedAddress, address(s.guarded),
		secureAddress, secure, secureName, strings.Replace(secure, "127.0.0.1", "localhost", 1),
	)
	for i := range blocks {
		blocks[i].Code = addresses.Replace(blocks[i].Code)
	}
	return blocks
}

// readme runs the examples of the README in the root of the repository. It does
// not compare what they print: this service has a principal and therefore adds
// an attribute. The interop tests compare it.
func (s *site) readme(t *testing.T) {
	t.Helper()
	shell := pagetest.NewShell(t, root, "MEMCACHEDSOAP_URL="+strings.TrimSuffix(s.wsdl, "?wsdl"))
	ran := 0
	for _, b := range s.blocks(t, filepath.Join(root, "README.md")) {
		if b.Runs() {
			b.Expect = nil
			shell.Run(t, b)
			ran++
		}
	}
	require.Positive(t, ran)
}

var (
	installs = regexp.MustCompile("(?m)^sudo apt-get install .*$")
	colour   = regexp.MustCompile("\x1b\\[[0-9;]*m") // Maven prints colours even in batch mode
	// stored is the line that the program of each page prints.
	stored = regexp.MustCompile(`(?m)^session ([0-9a-f]{32})$`)
	shown  = regexp.MustCompile(`(?m)^uid\b`) // an attribute of that session
	walked = regexp.MustCompile(`(?m)^get\tdwho$`)
)

// page follows the page of a language.
func (s *site) page(t *testing.T, path string) {
	t.Helper()
	blocks := s.blocks(t, path)
	output := s.follow(t, blocks)
	assert.Regexp(t, shown, output)
	assert.Len(t, walked.FindAllString(output, -1), walks(blocks), "walks:\n%s", output)
	ids := stored.FindAllStringSubmatch(output, -1)
	require.NotEmpty(t, ids, "the program prints the id of the session that it stores:\n%s", output)
	for _, id := range ids {
		_, err := s.store.Get(t.Context(), sessionstore.ID(id[1]))
		require.NoError(t, err)
	}
}

// walks counts the commands that run a walk.
func walks(blocks []pagetest.Block) int {
	n := 0
	for _, b := range blocks {
		if b.Runs() {
			n += strings.Count(b.Code, " walk ")
		}
	}
	return n
}

// readerFolder makes the folder in which the pages tell their readers to start, with the
// authority of the service on TLS and the certificate of a caller.
func (s *site) readerFolder(t *testing.T, caller string) string {
	t.Helper()
	folder := t.TempDir()
	scripts, err := filepath.Abs(filepath.Join(root, "scripts"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(scripts, filepath.Join(folder, "scripts")))
	own := s.guard.certificates[caller]
	for name, path := range map[string]string{"ca.pem": s.guard.authority, callerName + ".pem": own.cert, callerName + ".key": own.key} {
		require.NoError(t, os.Symlink(path, filepath.Join(folder, name)))
	}
	return folder
}

// follow saves the programs of a page, runs its commands and returns what they
// print. It leaves out the commands that install packages, because make interop
// has installed them.
func (s *site) follow(t *testing.T, blocks []pagetest.Block) string {
	t.Helper()
	folder := s.readerFolder(t, callerName)
	shell := pagetest.NewShell(t, folder, append([]string{"MODE=", quickJava}, ownAuthority...)...)
	var output strings.Builder
	for _, b := range blocks {
		b.Code = strings.ReplaceAll(installs.ReplaceAllString(b.Code, ""), "/tmp/", folder+"/")
		switch {
		case b.Skip != "":
		case b.File != "":
			require.NoError(t, os.WriteFile(filepath.Join(folder, b.File), []byte(b.Code), 0o600))
		default:
			require.True(t, b.Runs(), "line %d: which file does the reader save this in?", b.Line)
			output.WriteString(colour.ReplaceAllString(shell.Run(t, b), ""))
		}
	}
	return output.String()
}
