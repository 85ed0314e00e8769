// Package sealtest makes keyrings for tests.
package sealtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/seal"
)

// Lines returns lines of a key file, with new keys of these names. The name plain
// is the line that says that new content stays plain.
func Lines(tb testing.TB, names ...string) []string {
	tb.Helper()
	lines := make([]string, len(names))
	for i, name := range names {
		if lines[i] = name; name == "plain" {
			continue
		}
		var err error
		lines[i], err = seal.NewKey(name)
		require.NoError(tb, err)
	}
	return lines
}

// File returns the path of a key file with these lines.
func File(tb testing.TB, lines ...string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "keys")
	Write(tb, path, lines...)
	return path
}

// Write replaces a key file.
func Write(tb testing.TB, path string, lines ...string) {
	tb.Helper()
	text := strings.Join(lines, "\n") + "\n"
	require.NoError(tb, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(tb, os.Rename(path+".new", path))
}

// Keyring returns a keyring with these lines of a key file, or with one new key.
func Keyring(tb testing.TB, lines ...string) *seal.Keyring {
	tb.Helper()
	if len(lines) == 0 {
		lines = Lines(tb, "test")
	}
	r := new(seal.Keyring)
	require.NoError(tb, r.ReadFile(File(tb, lines...)))
	return r
}
