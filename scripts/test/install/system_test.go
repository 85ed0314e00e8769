//go:build interop

package install

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the root of the repository.
const root = "../../.."

// suite is the release of Debian in which the packages are installed.
const suite = "bookworm"

// debian makes the folder with a minimal Debian, once: later runs find it.
var debian = sync.OnceValues(func() (string, error) {
	base, err := filepath.Abs(filepath.Join(root, "build", "debian-"+suite))
	if err != nil {
		return "", err
	}
	if _, err = os.Stat(base); err == nil {
		return base, nil
	}
	fresh := base + ".new"
	if err = os.RemoveAll(fresh); err != nil {
		return "", err
	}
	out, err := exec.Command("debootstrap", "--variant=minbase", "--include=systemd,logrotate,strace", suite, fresh).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("debootstrap: %w: %s", err, out)
	}
	return base, os.Rename(fresh, base)
})

// system is a freshly installed Debian in a folder. systemd does not run in it.
type system struct{ dir string }

// newSystem returns a Debian of the test's own.
func newSystem(t *testing.T) system {
	t.Helper()
	require.Zero(t, os.Geteuid(), "the test changes into other roots and users: make install-test runs it as root")
	base, err := debian()
	require.NoError(t, err)
	s := system{t.TempDir()}
	output(t, exec.Command("cp", "--archive", base+"/.", s.dir))
	return s
}

// command returns a command that runs in the system, with a /proc of its own that ends
// with it.
func (s system) command(args ...string) *exec.Cmd {
	cmd := exec.Command("unshare", append([]string{"--mount", "--root=" + s.dir, "--mount-proc"}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_COLORS=0"}
	return cmd
}

// run runs a command in the system, which must succeed, and returns what it prints.
func (s system) run(t *testing.T, args ...string) string {
	t.Helper()
	return output(t, s.command(args...))
}

// read returns the text of a file of the system.
func (s system) read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, path))
	require.NoError(t, err)
	return string(text)
}

// write replaces the text of a file of the system, or makes it.
func (s system) write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, path), []byte(text), 0o644)) //nolint:gosec // as an editor does
}

// take copies a file of the machine into the system, and returns its path there.
func (s system) take(t *testing.T, file string) string {
	t.Helper()
	path := filepath.Join("/root", filepath.Base(file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	s.write(t, path, string(text))
	return path
}

// snapshot returns the kind, mode, owner and content of each file of the system, without
// those in which dpkg, logrotate and the tools for users keep what they did.
func (s system) snapshot(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, s.dir)
		if slices.Contains([]string{"/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log/dpkg.log", "/var/log/apt", "/var/lib/logrotate", "/root"}, name) {
			return skip(entry)
		}
		if strings.HasPrefix(name, "/etc/") && strings.HasSuffix(name, "-") { // passwd- and its like: copies of before the last change
			return nil
		}
		found[name], err = describe(path, entry)
		return err
	}))
	return found
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// describe returns what tells a file from another one of the same name.
func describe(path string, entry fs.DirEntry) (string, error) {
	info, err := entry.Info()
	if err != nil {
		return "", err
	}
	text := info.Mode().String()
	text += " " + owner(info)
	switch {
	case info.Mode().IsRegular():
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, file); err != nil {
			return "", err
		}
		text += fmt.Sprintf(" %x", sum.Sum(nil))
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		text += " " + target
	}
	return text, nil
}

// owner returns the user and the group that own a file.
func owner(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d:%d", stat.Uid, stat.Gid)
}

// output runs a command, which must succeed, and returns what it prints.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s: %s%s", strings.Join(cmd.Args, " "), out.String(), errs.String())
	return out.String()
}

// difference returns the names of files that are not the same in two snapshots.
func difference(before, after map[string]string) []string {
	var names []string
	for name, is := range after {
		if was, ok := before[name]; !ok {
			names = append(names, "new: "+name)
		} else if was != is {
			names = append(names, "changed: "+name+" from "+was+" to "+is)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			names = append(names, "gone: "+name)
		}
	}
	return names
}
