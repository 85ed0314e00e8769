package apache

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	block     = regexp.MustCompile("(?s)```apache\n(.*?)```")
	published = regexp.MustCompile(`(?m)^ProxyPass "?([^" ]+)`)
)

// The lines of Apache on the pages publish the service, and believe no more of what a
// client says than the files in scripts/deploy.
func TestLinesOnPages(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../../docs/*.md")
	require.NoError(t, err)
	found := 0
	for _, page := range append(pages, "../../../README.md") {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, lines := range block.FindAllStringSubmatch(string(content), -1) {
			found++
			path := published.FindStringSubmatch(lines[1])
			require.NotNil(t, path, "%s: %s", page, lines[1])
			s := startService(t, freeAddress(t))
			require.Contains(t, lines[1], "127.0.0.1:8080", page)
			file := filepath.Join(sharedFolder(t), "page.conf")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(lines[1], "127.0.0.1:8080", s.address)), 0o644)) //nolint:gosec // for Apache's user
			a := startApache(t, file, nil)
			site := newSite(t, s, "http://"+a.address+path[1])
			site.requireAddress()
			site.requireNoForgery()
		}
	}
	require.Equal(t, 3, found, "pages with lines of Apache")
}
