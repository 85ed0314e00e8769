package layout

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the root of the repository.
const root = "../../.."

// rooms lists the names that a folder may hold. A folder that is not listed may
// hold anything.
var rooms = map[string][]string{
	".": {
		"cmd", "docs", "scripts", "service", "sessionstore", "soap", "wsdl",
		"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md",
		"Makefile", "go.mod", "go.sum",
		".ci", ".github", ".gitignore", ".golangci.yml",
	},
	"scripts": {
		"README.md", "getTest.pl", "setTest.pl", "statTest.pl",
		"clients", "deploy", "test", "tools",
	},
}

// Every file is in a room that exists. A new folder at the top of the
// repository or of scripts needs a line in rooms and a reason.
func TestRooms(t *testing.T) {
	t.Parallel()
	files := repositoryFiles(t)
	require.Contains(t, files, "go.mod")
	require.Contains(t, files, "scripts/README.md")
	assert.Empty(t, misplaced(files))
}

func TestMisplaced(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"notes.md", "internal/x.go", ".env", "scripts/apache/http.conf", "scripts/run.sh",
		"scripts/clients/clients_test.go", "scripts/clients/php/x_test.go", "scripts/deploy/apache/doc_test.go", "scripts/tools/x_test.go",
	} {
		assert.Equal(t, []string{file}, misplaced([]string{file}))
	}
	for _, file := range []string{
		"go.mod", "docs/api.md", "sessionstore/near/near.go", ".github/workflows/ci.yml", "scripts/getTest.pl",
		"scripts/clients/php/README.md", "scripts/deploy/apache/http.conf", "scripts/test/layout/layout_test.go", "scripts/tools/go.mod",
	} {
		assert.Empty(t, misplaced([]string{file}))
	}
}

// misplaced returns the files that no room allows. Go tests of scripts belong
// to scripts/test.
func misplaced(files []string) []string {
	var found []string
	for _, file := range files {
		test := strings.HasSuffix(file, "_test.go") && strings.HasPrefix(file, "scripts/") && !strings.HasPrefix(file, "scripts/test/")
		if test || !allowed(file) {
			found = append(found, file)
		}
	}
	return found
}

// allowed reports whether each folder on the way to the file may hold the name
// below it.
func allowed(file string) bool {
	for name := file; name != "."; name = path.Dir(name) {
		if names, listed := rooms[path.Dir(name)]; listed && !slices.Contains(names, path.Base(name)) {
			return false
		}
	}
	return true
}

// repositoryFiles lists the files of the repository, relative to its root: the
// tracked files of a git checkout, else all files without build results.
func repositoryFiles(t *testing.T) []string {
	t.Helper()
	// The prefix is empty only if the checkout begins here. A copy of the
	// sources may lie inside another repository.
	prefix, err := git(t, "rev-parse", "--show-prefix")
	if err == nil && strings.TrimSpace(prefix) == "" {
		list, err := git(t, "ls-files", "-z")
		require.NoError(t, err)
		return strings.Split(strings.TrimSuffix(list, "\x00"), "\x00")
	}
	return filesBelow(t, root)
}

func git(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	return string(out), err
}

// filesBelow lists the files of a folder without the results of builds and
// without git's own files.
func filesBelow(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "bin" || name == "build":
			return fs.SkipDir
		case name == ".git" && entry.IsDir():
			return fs.SkipDir
		case name == ".git" || entry.IsDir(): // .git is a file in a linked worktree
		default:
			files = append(files, name)
		}
		return nil
	}))
	return files
}

func TestFilesBelow(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"go.mod", "bin/memcachedsoap", "build/test.log", ".git/HEAD", "scripts/test/bin/x"} {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	assert.ElementsMatch(t, []string{"go.mod", "scripts/test/bin/x"}, filesBelow(t, folder))
}
