//go:build interop

package clients

import (
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

// The first program on the page of a language that needs no compiling stores a
// session and prints the names of its attributes.
func TestPages(t *testing.T) {
	s := newSite(t)
	built := func(client string) string {
		path, err := filepath.Abs(filepath.Join("..", "..", "build", "clients", client))
		require.NoError(t, err)
		return path
	}
	library, err := filepath.Abs("perl/soaplite")
	require.NoError(t, err)
	for language, page := range map[string]struct {
		client, block, file string
		command             []string
	}{
		"php":    {"php/soapclient", "php", "page.php", []string{"php"}},
		"python": {"python/zeep", "python", "page.py", []string{built("python/zeep") + "/bin/python"}},
		"node":   {"node/soap", "js", "page.mjs", []string{"node"}},
		"perl":   {"perl/soaplite", "perl", "page.pl", []string{"perl", "-I" + library}},
	} {
		if !strings.Contains(page.client, os.Getenv("CLIENT")) {
			continue
		}
		t.Run(language, func(t *testing.T) {
			c := &client{name: page.client, out: built(page.client)}
			c.build(t, s.wsdl)
			text, err := os.ReadFile(filepath.Join(language, "README.md"))
			require.NoError(t, err)
			found := regexp.MustCompile("(?s)```" + page.block + "\n(.*?)```").FindSubmatch(text)
			require.NotNil(t, found, "the page has no program")
			id := s.id()
			program := strings.NewReplacer(
				"http://127.0.0.1:8080/soap", strings.TrimSuffix(s.wsdl, "?wsdl"), "c0ffee", id,
			).Replace(string(found[1]))
			path := filepath.Join(c.out, page.file)                        // where its libraries are
			require.NoError(t, os.WriteFile(path, []byte(program), 0o600)) //nolint:gosec // in a folder of ours
			command := exec.CommandContext(t.Context(), page.command[0], append(page.command[1:], path)...)
			command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, strings.Fields(string(out)), "uid", "%s", out)
			_, err = s.store.Get(t.Context(), sessionstore.ID(id))
			require.NoError(t, err, "it is stored")
		})
	}
}
