package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The newest release in CHANGELOG.md has the version of the program.
func TestChangelogNamesTheVersion(t *testing.T) {
	page, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	release := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindSubmatch(page)
	require.NotNil(t, release)
	assert.Equal(t, version, string(release[1]))
}
