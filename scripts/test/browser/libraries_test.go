//go:build interop

package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/console/page"
)

// The libraries in the pages are those of the registry, byte for byte.
func TestLibrariesAreThoseOfTheRegistry(t *testing.T) {
	t.Parallel()
	modules, err := modules()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(modules, ".package-lock.json"))
	require.NoError(t, err)
	var lock struct {
		Packages map[string]struct{ Version, License, Integrity string }
	}
	require.NoError(t, json.Unmarshal(text, &lock))
	for _, l := range page.Libraries() {
		installed := lock.Packages["node_modules/"+l.Name]
		assert.Equal(t, l.Version, installed.Version, l.Name)
		assert.Equal(t, l.Licence, installed.License, l.Name)
		assert.Equal(t, l.Integrity, installed.Integrity, l.Name)
		original, err := os.ReadFile(filepath.Join(modules, l.Name, l.Source))
		require.NoError(t, err)
		embedded, err := os.ReadFile(filepath.Join("../../../service/console/page", l.File))
		require.NoError(t, err)
		assert.Equal(t, string(original), string(embedded), l.File)
	}
}
