package secretfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/secretfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte("secret\n"), 0o600))
	content, err := secretfile.Read(path, 7)
	require.NoError(t, err)
	assert.Equal(t, "secret\n", string(content))

	_, err = secretfile.Read(path, 6)
	require.ErrorContains(t, err, "is larger than 6 bytes")
	for mode, refused := range map[os.FileMode]bool{0o400: false, 0o640: false, 0o660: true, 0o604: true, 0o602: true, 0o644: true} {
		require.NoError(t, os.Chmod(path, mode))
		_, err = secretfile.Read(path, 100)
		assert.Equal(t, refused, err != nil, "%04o: %v", mode, err)
		if refused {
			assert.ErrorContains(t, err, "set 0600 or 0640")
		}
	}
	_, err = secretfile.Read(filepath.Dir(path), 100)
	require.ErrorContains(t, err, "is not a file")
	_, err = secretfile.Read(path+"x", 100)
	require.ErrorIs(t, err, os.ErrNotExist)
}
