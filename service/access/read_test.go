package access_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := func(name string) string { return filepath.Join(root, name) }
	const text = "callers: []\n"
	for name, mode := range map[string]fs.FileMode{"group": 0o620, "all": 0o606, "fine": 0o644, "secret": 0o400} {
		require.NoError(t, os.WriteFile(path(name), []byte(text), 0o600))
		require.NoError(t, os.Chmod(path(name), mode))
	}
	require.NoError(t, os.WriteFile(path("long"), []byte(text+"#"+strings.Repeat("x", access.MaxFile)), 0o600))
	require.NoError(t, syscall.Mkfifo(path("pipe"), 0o600))
	for name, want := range map[string]string{
		"group":  "access: other users may write the file (mode 0620), and could make themselves callers: run chmod go-w",
		"all":    "access: other users may write the file (mode 0606), and could make themselves callers: run chmod go-w",
		"long":   "access: the file is larger than 1048576 bytes, the limit",
		"pipe":   "access: not a regular file",
		".":      "access: not a regular file",
		"absent": "access: the file cannot be read: no such file or directory",
		"all/f":  "access: the file cannot be read: not a directory",
	} {
		_, err := access.Load(path(name))
		require.EqualError(t, err, want)
		var wrong *access.FileError
		assert.ErrorAs(t, err, &wrong)
	}
	_, err := access.Load(path("absent"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, name := range []string{"fine", "secret"} {
		_, err := access.Load(path(name))
		require.NoError(t, err)
	}
}
