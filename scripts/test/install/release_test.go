//go:build interop

package install

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// release is the folder with what make packages has built.
const release = root + "/build/packages"

// built returns the one file of the release whose name ends so.
func built(t *testing.T, ending string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(release, "memcachedsoap*"+ending))
	require.NoError(t, err)
	require.Len(t, found, 1, "make packages builds it: %s", ending)
	return found[0]
}

// version returns the version of the release.
func version(t *testing.T) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(built(t, "_linux_amd64")), "memcachedsoap_"), "_linux_amd64")
}

// checksums returns the SHA-256 of each file of a release, as its SHA256SUMS has them.
func checksums(t *testing.T, folder string) map[string]string {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	require.NoError(t, err)
	sums := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, name, found := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, found, line)
		sums[name] = sum
	}
	return sums
}

// checksum returns the SHA-256 of a file.
func checksum(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// olderNotice is the first line of each configuration of [olderPackage].
const olderNotice = "# Of an older release.\n"

// olderPackage makes a deb of an older version, whose configuration is another one.
func olderPackage(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "older")
	output(t, exec.Command("dpkg-deb", "--raw-extract", built(t, "_amd64.deb"), folder))
	edit(t, filepath.Join(folder, "DEBIAN/control"), func(text string) string {
		return strings.Replace(text, "\nVersion: "+version(t), "\nVersion: 0.0.1", 1)
	})
	for _, name := range []string{"config.yaml", "replicate.yaml"} {
		edit(t, filepath.Join(folder, "etc/memcachedsoap", name), func(text string) string { return olderNotice + text })
	}
	deb := folder + ".deb"
	output(t, exec.Command("dpkg-deb", "--root-owner-group", "-Znone", "--build", folder, deb))
	return deb
}

// edit replaces the text of a file by another one.
func edit(t *testing.T, file string, change func(string) string) {
	t.Helper()
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	after := change(string(before))
	require.NotEqual(t, string(before), after, file)
	require.NoError(t, os.WriteFile(file, []byte(after), 0o644)) //nolint:gosec // as an editor does
}
