package docs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the root of the repository.
const root = "../../.."

func TestLinks(t *testing.T) {
	t.Parallel()
	for file, page := range allPages(t) {
		for _, destination := range page.Destinations() {
			assert.NoError(t, CheckLink(root, file, destination), file)
		}
	}
}

func TestCheckLink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "docs"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "docs", "a.md"), []byte("# Über `a` & b!\n\n## Twice\n\n## Twice\n"), 0o600))
	for destination, want := range map[string]string{
		"a.md":                      "",
		"../docs/a.md#über-a--b":    "",
		"#twice-1":                  "",
		"#twice-2":                  "no heading of docs/a.md has this anchor",
		"b.md":                      "no such file",
		"../../elsewhere":           "leads out of the repository",
		"/docs/a.md":                "neither relative nor a URL",
		"file:///docs/a.md":         "neither relative nor a URL",
		"https://example.org/#here": "",
		"http:///here":              "has no host",
	} {
		err := CheckLink(folder, "docs/a.md", destination)
		if want == "" {
			assert.NoError(t, err, destination)
		} else {
			assert.ErrorContains(t, err, want, destination)
		}
	}
}

func TestDestinations(t *testing.T) {
	t.Parallel()
	page := Parse([]byte("[a](b.md) ![c](d.png) <https://e.example> [f]\n\n[f]: g.md#h\n\n`[i](j.md)`\n"))
	assert.Equal(t, []string{"b.md", "d.png", "https://e.example", "g.md#h"}, page.Destinations())
}
