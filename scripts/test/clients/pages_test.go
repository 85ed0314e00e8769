//go:build interop

package clients

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

// The page of each language is followed as a reader would: its programs are
// saved under the names that stand behind their language, and its commands are
// run, in their order. In the end a session has been stored and read back by
// the page's own program, and by each walk.
func TestPages(t *testing.T) {
	s := newSite(t)
	paths, err := filepath.Glob(filepath.Join(programs, "*/README.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		language := filepath.Base(filepath.Dir(path))
		if only := os.Getenv("CLIENT"); only != "" && !strings.Contains(language, only) {
			continue
		}
		t.Run(language, func(t *testing.T) {
			page, err := os.ReadFile(path)
			require.NoError(t, err)
			id := s.id()
			text := strings.NewReplacer("http://127.0.0.1:8080/soap?wsdl", s.wsdl,
				"http://127.0.0.1:8080/soap", strings.TrimSuffix(s.wsdl, "?wsdl"), "c0ffee", id).Replace(string(page))
			out := follow(t, text)
			assert.Contains(t, strings.Fields(out), "uid", "what the session has:\n%s", out)
			assert.Equal(t, strings.Count(text, " walk "), strings.Count(out, "\nget\tdwho\n"), "walks:\n%s", out)
			_, err = s.store.Get(t.Context(), sessionstore.ID(id))
			require.NoError(t, err, "it is stored")
		})
	}
}

var (
	block    = regexp.MustCompile("(?s)```(\\w+) ?([^\n]*)\n(.*?)```")
	installs = regexp.MustCompile("(?m)^sudo apt-get install .*$")
	colour   = regexp.MustCompile("\x1b\\[[0-9;]*m") // Maven has some even when asked for none
)

// follow saves the programs of a page and runs its commands, but for those that
// install packages, which make interop does. It returns what they print.
func follow(t *testing.T, page string) string {
	t.Helper()
	folder := t.TempDir()
	scripts, err := filepath.Abs(filepath.Join(root, "scripts"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(scripts, filepath.Join(folder, "scripts")))
	var out strings.Builder
	for _, found := range block.FindAllStringSubmatch(page, -1) {
		language, file, text := found[1], found[2], strings.ReplaceAll(found[3], "/tmp/", folder+"/")
		switch {
		case strings.HasPrefix(file, "no-test: "):
		case language != "sh":
			require.NotEmpty(t, file, "what is it saved as?\n%s", text)
			require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600)) //nolint:gosec // a page of ours
		default:
			text = installs.ReplaceAllString(text, "")
			commands := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", text)
			commands.Dir = folder
			commands.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "MODE=", quickJava)
			var complaints bytes.Buffer
			commands.Stderr = &complaints
			printed, err := commands.Output()
			require.NoError(t, err, "%s\n%s\n%s", text, printed, cmp.Or(complaints.String(), fmt.Sprint(err)))
			out.Write(colour.ReplaceAll(printed, nil))
		}
	}
	return out.String()
}
