package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What toolkits lose stands in one table, for people, and in files beside the
// programs, for the tests that require it to be lost.
func TestLossesAreDocumented(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var told []string
	for line := range strings.Lines(string(readme)) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") && len(cells) == 4 {
			told = append(told, strings.TrimSpace(line))
		}
	}
	paths, err := filepath.Glob("*/*/losses")
	require.NoError(t, err)
	var lost []string
	for _, path := range paths {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(string(content)) {
			fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			require.Len(t, fields, 3, "%s: %q", path, line)
			lost = append(lost, fmt.Sprintf("| `%s` | %s | %s | %s |", filepath.Dir(path), fields[0], fields[1], fields[2]))
		}
	}
	slices.Sort(told)
	slices.Sort(lost)
	assert.Equal(t, lost, told, "the table in README.md")
}
