package docs

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark/ast"
)

// outline are the pages that a reader can rely on.
var outline = []string{
	"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
	"docs/api.md", "docs/adapters.md", "docs/architecture.md", "docs/benchmarks.md", "docs/clients.md", "docs/configuration.md", "docs/console.md",
	"docs/installing.md", "docs/lemonldap.md", "docs/memcached.md", "docs/metrics.md", "docs/migrating-from-perl.md", "docs/operations.md",
	"docs/replication.md", "docs/runbook.md", "docs/scaling.md", "docs/security.md",
}

// README.md leads to every page, in at most 150 lines.
func TestOutline(t *testing.T) {
	t.Parallel()
	files, err := Files(root)
	require.NoError(t, err)
	readme, err := Read(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	destinations := readme.Destinations()
	for _, page := range outline {
		assert.Contains(t, files, page)
		if page != "README.md" {
			assert.Contains(t, destinations, page)
		}
	}
	for _, file := range files {
		if strings.HasPrefix(file, "docs/") {
			assert.Contains(t, outline, file, "the outline has every page of docs")
		}
	}
	assert.LessOrEqual(t, bytes.Count(readme.Source, []byte("\n")), 150, "lines of README.md")
}

// A page begins with its title, and its headings skip no level.
func TestHeadings(t *testing.T) {
	t.Parallel()
	for file, page := range allPages(t) {
		level := 0
		for i, heading := range Nodes[*ast.Heading](page) {
			assert.Equal(t, i == 0, heading.Level == 1, "%s: %s", file, page.Text(heading))
			assert.LessOrEqual(t, heading.Level, level+1, "%s: %s", file, page.Text(heading))
			level = heading.Level
		}
		assert.Positive(t, level, "%s has no heading", file)
	}
}

const maxWidth = 120

// Lines have at most 120 characters, rows of tables too; code can be wider.
func TestWidth(t *testing.T) {
	t.Parallel()
	for file, page := range allPages(t) {
		code := map[int]bool{}
		for _, block := range Nodes[*ast.FencedCodeBlock](page) {
			for i := range block.Lines().Len() {
				code[page.Line(block.Lines().At(i).Start)] = true
			}
		}
		for i, line := range strings.Split(string(page.Source), "\n") {
			if !code[i+1] {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), maxWidth, "%s:%d", file, i+1)
			}
		}
	}
}

var (
	// machinePath finds paths that exist on one machine only.
	machinePath = regexp.MustCompile(`(?:^|[\s"'(=])(?:/home/|/root/|/Users/|[A-Z]:\\)\S*`)
	// ownPath finds code spans that are paths of the repository.
	ownPath = regexp.MustCompile(`^(?:\.ci|cmd|docs|scripts|service|sessionstore|soap|wsdl)(?:/[\w.*-]+)+$`)
)

// A path that a page names exists. CHANGELOG.md is about the past.
func TestPaths(t *testing.T) {
	t.Parallel()
	for file, page := range allPages(t) {
		assert.Empty(t, machinePath.FindString(string(page.Source)), file)
		if file == "CHANGELOG.md" {
			continue
		}
		for _, span := range page.Code(page.Root) {
			if !ownPath.MatchString(span) {
				continue
			}
			found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(strings.TrimSuffix(span, "/..."))))
			require.NoError(t, err)
			assert.NotEmpty(t, found, "%s names %s", file, span)
		}
	}
}

// docs/architecture.md names every package that is not below scripts.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	page, err := Read(filepath.Join(root, "docs", "architecture.md"))
	require.NoError(t, err)
	named := page.Code(page.Root)
	for _, top := range []string{"cmd", "service", "sessionstore", "soap", "wsdl"} {
		require.NoError(t, fs.WalkDir(os.DirFS(root), top, func(name string, _ fs.DirEntry, err error) error {
			if err == nil && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
				assert.Contains(t, named, path.Dir(name), "docs/architecture.md")
			}
			return err
		}))
	}
}

// allPages returns all pages by the paths of their files.
func allPages(t *testing.T) map[string]*Page {
	t.Helper()
	files, err := Files(root)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	pages := make(map[string]*Page, len(files))
	for _, file := range files {
		page, err := Read(filepath.Join(root, file))
		require.NoError(t, err)
		pages[file] = page
	}
	return pages
}
