package adapters

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docs/adapters.md has a row for each adapter, and no other.
func TestAdaptersAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/adapters.md")
	require.NoError(t, err)
	var documented []string
	for _, link := range regexp.MustCompile(`\]\(\.\./scripts/clients/([^)]+)/README\.md\) \|`).FindAllSubmatch(page, -1) {
		documented = append(documented, string(link[1]))
	}
	paths, err := filepath.Glob("../../clients/*/*/adapter-test")
	require.NoError(t, err)
	var present []string
	for _, path := range paths {
		name, err := filepath.Rel("../../clients", filepath.Dir(path))
		require.NoError(t, err)
		present = append(present, name)
	}
	assert.ElementsMatch(t, present, documented)
}
