package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInstall installs into a folder of its own, as a packager does, tries
// what is there in each shell, and uninstalls it.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	arguments := []string{"DESTDIR=" + dir, "PREFIX=/usr", "program=" + program(t)}
	run := func(target string) {
		out, err := makeTarget(append([]string{target}, arguments...)...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	run("install")
	assert.Equal(t, map[string]fs.FileMode{
		"usr/bin/memcachedsoap":                                  0o755,
		"usr/share/bash-completion/completions/memcachedsoap":    0o644,
		"usr/share/fish/vendor_completions.d/memcachedsoap.fish": 0o644,
		"usr/share/man/man1/memcachedsoap.1":                     0o644,
		"usr/share/zsh/site-functions/_memcachedsoap":            0o644,
	}, filesIn(t, dir))

	bin, share := filepath.Join(dir, "usr/bin"), filepath.Join(dir, "usr/share")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Run("program", func(t *testing.T) {
		assert.Regexp(t, `\Amemcachedsoap \d+\.\d+\.\d+ \((commit [0-9a-f]{12}, (modified, )?)?go1\.[^)]*\)\n\z`, shell(t, "memcachedsoap", "--version"))
	})
	t.Run("bash", func(t *testing.T) { testBash(t, filepath.Join(share, "bash-completion/completions/memcachedsoap")) })
	t.Run("zsh", func(t *testing.T) { testZsh(t, filepath.Join(share, "zsh/site-functions/_memcachedsoap")) })
	t.Run("fish", func(t *testing.T) { testFish(t, filepath.Join(share, "fish/vendor_completions.d/memcachedsoap.fish")) })
	t.Run("man", func(t *testing.T) { testManual(t, filepath.Join(share, "man/man1/memcachedsoap.1")) })

	run("uninstall")
	assert.Empty(t, filesIn(t, dir))
}

func testBash(t *testing.T, script string) {
	t.Helper()
	shell(t, "bash", "-n", script)
	complete := func(words ...string) string {
		return shell(t, "bash", append([]string{
			"-c", `source "$1"; COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)); _memcachedsoap; printf '%s\n' "${COMPREPLY[@]}"`, "bash", script,
		}, words...)...)
	}
	assert.Equal(t, "complete -F _memcachedsoap memcachedsoap\n", shell(t, "bash", "-c", `source "$1"; complete -p memcachedsoap`, "bash", script))
	assert.Equal(t, "--hash\n--hash-key-prefix\n", complete("memcachedsoap", "serve", "--ha"))
	assert.Equal(t, "touch\n", complete("memcachedsoap", "session", "to"))
	assert.Equal(t, "modula\n", complete("memcachedsoap", "serve", "--hash", "mo"))
	assert.Equal(t, "modula\n", complete("memcachedsoap", "serve", "--hash", "=", "mo"), "as bash splits --hash=mo")
	assert.Equal(t, "\n", complete("memcachedsoap", "session", "get", ""), "ids of sessions are not known")
}

// testZsh calls the function as zsh does, with the parts of zsh that it uses
// replaced by ones that print.
func testZsh(t *testing.T, script string) {
	t.Helper()
	shell(t, "zsh", "-f", "-n", script)
	complete := func(words ...string) string {
		return shell(t, "zsh", append([]string{"-f", "-c", `
			compdef() { print registered $2 }; _describe() { print -l -- ${(P)2} }; _files() { print files of $PREFIX }
			compset() { PREFIX=${PREFIX#*=} }
			source $1; words=("${@:2}") CURRENT=$(($# - 1)) PREFIX=$words[-1]; _memcachedsoap`, "zsh", script}, words...)...)
	}
	const registered = "registered memcachedsoap\n"
	assert.Contains(t, complete("memcachedsoap", "serve", "--has"), registered+"--hash:Rule that chooses")
	assert.Equal(t, registered+"--hash=modula:\n", complete("memcachedsoap", "serve", "--hash=mo"))
	assert.Equal(t, registered+"files of a\n", complete("memcachedsoap", "session", "set", "--from=a"))
	assert.Equal(t, registered, complete("memcachedsoap", "session", "get", ""))
}

func testFish(t *testing.T, script string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	shell(t, "fish", "--no-config", "--no-execute", script)
	complete := func(line string) string {
		return shell(t, "fish", "--no-config", "-c", `source $argv[1]; cd $HOME; complete -C $argv[2]`, script, line)
	}
	require.NoError(t, os.WriteFile(filepath.Join(home, "attributes.json"), nil, 0o600))
	assert.Contains(t, complete("memcachedsoap serve --has"), "--hash\tRule that chooses")
	assert.Equal(t, "modula\n", complete("memcachedsoap serve --hash mo"))
	assert.Equal(t, "--hash=modula\n", complete("memcachedsoap serve --hash=mo"))
	assert.Contains(t, complete("memcachedsoap session set --from=attr"), "--from=attributes.json")
	assert.Contains(t, complete("memcachedsoap session set --from attr"), "attributes.json")
	assert.Empty(t, complete("memcachedsoap session get "))
}

// testManual: the page has every command, flag, variable and exit code, and
// those who render it find nothing wrong with it.
func testManual(t *testing.T, page string) {
	t.Helper()
	assert.Empty(t, shell(t, "groff", "-man", "-Tutf8", "-ww", "-z", page))
	assert.Empty(t, shell(t, "mandoc", "-Tlint", page))
	text := shell(t, "groff", "-man", "-Tascii", "-rLL=200n", "-P-cbou", page) // without escape sequences
	parser, err := newParser()
	require.NoError(t, err)
	for _, command := range parser.Model.Leaves(true) {
		assert.Contains(t, text, "\n   "+command.FullPath()+"\n")
		assert.Contains(t, text, "\n       "+parser.Model.Name+" "+command.Summary()+"\n")
		for _, flag := range command.Flags {
			assert.Regexp(t, `\n +--(\[no-\])?`+flag.Name+`[= \n]`, text)
			for _, variable := range flag.Envs {
				assert.Regexp(t, `\n +`+variable+`\b.*\s.*--`+flag.Name+` of `, text)
			}
		}
	}
	for _, e := range exitMeanings() {
		assert.Contains(t, text, fmt.Sprintf("\n       %d      %s\n", e.code, e.meaning))
	}
	assert.Contains(t, text, "MEMCACHEDSOAP(1)")
	assert.Contains(t, text, "memcachedsoap "+version+" ")
	assert.NotContains(t, text, "__complete")
}

// shell runs a program, which must succeed, and returns what it prints.
func shell(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "make deps installs %s: %s", name, out)
	return string(out)
}

// filesIn returns the modes of all files in a folder.
func filesIn(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	found := map[string]fs.FileMode{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found[name] = info.Mode().Perm()
		return err
	}))
	return found
}
