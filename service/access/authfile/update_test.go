package authfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/access/authfile"
)

// appendText returns an edit that appends.
func appendText(text string) func([]byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) { return append(old, text...), nil }
}

// write makes a file with a mode, whatever the umask is.
func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// namesIn returns what a folder holds, also hidden files.
func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

func TestUpdateCreates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callers.yaml")
	require.ErrorIs(t, authfile.Update(t.Context(), path, !authfile.Create, appendText("a")), fs.ErrNotExist)
	require.NoError(t, authfile.Update(t.Context(), path, authfile.Create, appendText("a")))
	assert.Equal(t, "a", textOf(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	assert.Equal(t, []string{"callers.yaml"}, namesIn(t, filepath.Dir(path)))
}

func TestUpdateKeepsModeAndOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "a", 0o640)
	want := uint32(os.Getuid())
	if want == 0 {
		want = 65534
		require.NoError(t, os.Chown(path, int(want), int(want)))
	}
	require.NoError(t, authfile.Update(t.Context(), path, authfile.Create, appendText("b")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o640), info.Mode())
	owner, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	assert.Equal(t, want, owner.Uid)
	assert.Equal(t, "ab", textOf(t, path))
}

// An edit that fails, and one that changes nothing, leave the file as it is.
func TestUpdateWithoutChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "a", 0o600)
	before, err := os.Stat(path)
	require.NoError(t, err)
	failed := errors.New("failed")
	require.ErrorIs(t, authfile.Update(t.Context(), path, authfile.Create, func([]byte) ([]byte, error) { return []byte("b"), failed }), failed)
	require.NoError(t, authfile.Update(t.Context(), path, authfile.Create, appendText("")))
	require.ErrorContains(t, authfile.Update(t.Context(), path, authfile.Create, appendText(strings.Repeat("a", access.MaxFile))), "would have 1048577 bytes; use at most 1048576")
	after, err := os.Stat(path)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
	assert.Equal(t, []string{"f"}, namesIn(t, filepath.Dir(path)))
}

// A link stays a link: the file that it names is replaced, also one that does not
// exist yet.
func TestUpdateFollowsLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "real"), 0o700))
	require.NoError(t, os.Symlink("real", filepath.Join(root, "data")))
	require.NoError(t, os.Symlink("data/f", filepath.Join(root, "one")))
	require.NoError(t, os.Symlink(filepath.Join(root, "one"), filepath.Join(root, "two")))
	for _, link := range []string{"two", "one", "two"} {
		require.NoError(t, authfile.Update(t.Context(), filepath.Join(root, link), authfile.Create, appendText("a")))
	}
	assert.Equal(t, "aaa", textOf(t, filepath.Join(root, "real/f")))
	assert.Equal(t, []string{"data", "one", "real", "two"}, namesIn(t, root))
	info, err := os.Lstat(filepath.Join(root, "two"))
	require.NoError(t, err)
	assert.Equal(t, fs.ModeSymlink, info.Mode().Type())

	require.NoError(t, os.Symlink("b", filepath.Join(root, "a")))
	require.NoError(t, os.Symlink("a", filepath.Join(root, "b")))
	assert.ErrorContains(t, authfile.Update(t.Context(), filepath.Join(root, "a"), authfile.Create, appendText("a")), "too many symbolic links")
}

func TestUnusable(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := func(name string) string { return filepath.Join(root, name) }
	write(t, path("group"), "a", 0o620)
	require.NoError(t, syscall.Mkfifo(path("pipe"), 0o600))
	for name, want := range map[string]string{
		"group":   "access: other users may write the file (mode 0620)",
		"pipe":    "access: not a regular file",
		"no/file": "access: " + path("no") + " cannot be read: no such file or directory",
		"group/f": "access: " + path("group/f") + " cannot be read: not a directory",
	} {
		err := authfile.Update(t.Context(), path(name), authfile.Create, appendText("b"))
		assert.ErrorContains(t, err, want)
		var wrong *access.FileError
		assert.ErrorAs(t, err, &wrong, name)
	}
	assert.Equal(t, "a", textOf(t, path("group")))
}

func TestModes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	write(t, path, "", 0o644)
	assert.True(t, authfile.Readable(path))
	assert.False(t, authfile.Replaceable(path))
	write(t, path, "", 0o640)
	assert.False(t, authfile.Readable(path))
	assert.False(t, authfile.Readable(path+"absent"))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(path, link))
	require.NoError(t, os.Chmod(folder, 0o777)) //nolint:gosec // what is warned of
	assert.True(t, authfile.Replaceable(link))
	require.NoError(t, os.Chmod(folder, 0o777|fs.ModeSticky))
	assert.False(t, authfile.Replaceable(path))
}

// Many writers at once lose no change, and a reader sees whole texts only.
func TestUpdateAtOnce(t *testing.T) {
	t.Parallel()
	const writers, changes = 8, 10
	path := filepath.Join(t.TempDir(), "f")
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range changes {
				assert.NoError(t, authfile.Update(t.Context(), path, authfile.Create, appendText(strconv.Itoa(w*changes+i)+"\n")))
			}
		})
	}
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for last := ""; ; {
			text, _, err := access.ReadFile(path)
			if err == nil {
				assert.True(t, strings.HasPrefix(string(text), last), "a change was lost")
				assert.True(t, strings.HasSuffix(string(text), "\n"), "half a text")
				last = string(text)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	assert.Equal(t, writers*changes, strings.Count(textOf(t, path), "\n"))
	assert.Equal(t, []string{"f"}, namesIn(t, filepath.Dir(path)))
}

// A lock that another program keeps is waited for, but not for ever: the wait ends
// with the context, or after ten seconds.
func TestUpdateWaitsForTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	other, err := os.Open(filepath.Dir(path))
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(other.Fd()), syscall.LOCK_EX))
	synctest.Test(t, func(t *testing.T) {
		err := authfile.Update(t.Context(), path, authfile.Create, appendText("a"))
		assert.ErrorContains(t, err, "another program holds the lock")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, authfile.Update(ctx, path, authfile.Create, appendText("a")), context.Canceled)
	})
	require.NoError(t, other.Close())
	require.NoError(t, authfile.Update(t.Context(), path, authfile.Create, appendText("a")))
}
