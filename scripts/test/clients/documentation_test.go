package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
)

// programs is the folder of the client programs, <language>/<toolkit>.
const programs = "../../clients"

// clientName returns the name <language>/<toolkit> of the client that a file of
// its folder belongs to.
func clientName(path string) string {
	folder := filepath.Dir(path)
	return filepath.Join(filepath.Base(filepath.Dir(folder)), filepath.Base(folder))
}

// clientFiles returns the files of this name in the folders of all clients. Session
// adapters of frameworks, which stand beside the clients, have a program adapter-test, and
// packages that adapters share have no program run; neither is a client.
func clientFiles(t *testing.T, name string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(programs, "*/*", name))
	require.NoError(t, err)
	return slices.DeleteFunc(paths, func(path string) bool {
		folder := filepath.Dir(path)
		return exists(filepath.Join(folder, "adapter-test")) || !exists(filepath.Join(folder, "run"))
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// The README has a table of what toolkits lose. The files named losses have the same
// rows, for the tests.
func TestLossesAreDocumented(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(programs, "README.md"))
	require.NoError(t, err)
	var documented []string
	for line := range strings.Lines(string(readme)) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") && len(cells) == 4 {
			documented = append(documented, strings.TrimSpace(line))
		}
	}
	var lost []string
	for _, path := range clientFiles(t, "losses") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(string(content)) {
			fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			require.Len(t, fields, 3, "%s: %q", path, line)
			lost = append(lost, fmt.Sprintf("| `%s` | %s | %s | %s |", clientName(path), fields[0], fields[1], fields[2]))
		}
	}
	slices.Sort(documented)
	slices.Sort(lost)
	assert.Equal(t, lost, documented, "the table in README.md")
}

// The page of a language names all packages that make interop installs for its
// clients. Node comes from its own web site.
func TestPagesNamePackages(t *testing.T) {
	t.Parallel()
	lists := clientFiles(t, "packages")
	require.NotEmpty(t, lists)
	for _, list := range lists {
		language := filepath.Dir(clientName(list))
		if language == "node" {
			continue
		}
		page, err := os.ReadFile(filepath.Join(programs, language, "README.md"))
		require.NoError(t, err)
		var named []string
		for line := range strings.Lines(string(page)) {
			if packages, ok := strings.CutPrefix(line, "sudo apt-get install "); ok {
				named = append(named, strings.Fields(packages)...)
			}
		}
		needed, err := os.ReadFile(list)
		require.NoError(t, err)
		for line := range strings.Lines(string(needed)) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			assert.Contains(t, named, name, "%s: packages of %s", language, clientName(list))
		}
	}
}

// Paths on the pages begin with scripts. A page that has such a path says where its
// commands start.
func TestPagesSayWherePathsStart(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(programs, "*/README.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		page, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.Contains(string(page), " scripts/") {
			assert.Contains(t, string(page), "`ln -s REPOSITORY/scripts scripts`", path)
		}
	}
}

// checklistClients are the clients that the checklist of the page about security runs.
var checklistClients = []string{"java/jaxws23", "php/soapclient", "dotnet/wcf", "perl/soaplite"}

// checklistInstalls matches the lines of the checklist that install packages.
var checklistInstalls = regexp.MustCompile(`(?m)^ *apt-get install (.*)$`)

// checklistBlocks returns the commands of the checklist, in its order, without those
// that need systemd.
func checklistBlocks(t *testing.T) []pagetest.Block {
	t.Helper()
	page, err := os.ReadFile("../../../docs/security.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(page), "\n## Checklist\n")
	require.True(t, ok)
	blocks, err := pagetest.Blocks(section)
	require.NoError(t, err)
	blocks = slices.DeleteFunc(blocks, func(b pagetest.Block) bool { return b.Skip == "it needs systemd" })
	for _, b := range blocks {
		require.Equal(t, "make interop follows these steps", b.Skip, "line %d of the checklist", b.Line)
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// The checklist installs what its programs need, and make interop installs all of it.
func TestChecklistNamesPackages(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	var all strings.Builder
	for _, b := range checklistBlocks(t) {
		all.WriteString(b.Code)
		for _, install := range checklistInstalls.FindAllStringSubmatch(b.Code, -1) {
			for name := range strings.FieldsSeq(install[1]) {
				named[name] = true
			}
		}
	}
	deps, err := os.ReadFile("../../tools/deps")
	require.NoError(t, err)
	needed := map[string]bool{"make": true} // which runs make interop
	for _, name := range []string{"memcached", "openssl", "curl"} {
		require.Contains(t, string(deps), "\nwant "+name+" ")
		needed[name] = true
	}
	for _, client := range checklistClients {
		assert.Contains(t, all.String(), " "+client+"\n")
		list, err := os.ReadFile(filepath.Join(programs, client, "packages"))
		require.NoError(t, err)
		for line := range strings.Lines(string(list)) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			needed[name] = true
		}
	}
	assert.Equal(t, needed, named)
}

// A block of a page that is "lines of FILE" has lines of that program, which make interop
// runs. Only the indentation may differ.
func TestPagesQuotePrograms(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(programs, "*/README.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		page, err := os.ReadFile(path)
		require.NoError(t, err)
		blocks, err := pagetest.Blocks(string(page))
		require.NoError(t, err)
		quoted := 0
		for _, b := range blocks {
			file, ok := strings.CutPrefix(b.Skip, "lines of ")
			if !ok {
				continue
			}
			quoted++
			program, err := os.ReadFile(filepath.Join(filepath.Dir(path), file))
			require.NoError(t, err, "%s, line %d", path, b.Line)
			assert.Contains(t, flat(string(program)), flat(b.Code), "%s, line %d: not lines of %s", path, b.Line, file)
		}
		assert.GreaterOrEqual(t, quoted, 2, "%s shows how to read with types and how to give a new id", path)
	}
}

// flat returns a text without the indentation of its lines.
func flat(code string) string {
	var lines strings.Builder
	lines.WriteString("\n")
	for line := range strings.Lines(code) {
		lines.WriteString(strings.TrimSpace(line) + "\n")
	}
	return lines.String()
}
