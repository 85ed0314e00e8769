//go:build interop

package adapters

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
)

// pageAddress is where the pages call the service, and applicationAddress where they
// start their application.
const (
	pageAddress        = "127.0.0.1:8080"
	applicationAddress = "127.0.0.1:8090"
)

// installs is a command that make adapters has run.
var installs = regexp.MustCompile("(?m)^sudo apt-get install .*$")

// A reader follows the page of each adapter in a folder of their own.
func TestPages(t *testing.T) {
	s := newSite(t)
	service, err := url.Parse(s.url)
	require.NoError(t, err)
	scripts, err := filepath.Abs(filepath.Join(root, "scripts"))
	require.NoError(t, err)
	for _, name := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join(programs, name, "README.md"))
			require.NoError(t, err)
			blocks, err := pagetest.Blocks(string(page))
			require.NoError(t, err)
			folder, ran := t.TempDir(), 0
			require.NoError(t, os.Symlink(scripts, filepath.Join(folder, "scripts")))
			address := freeAddress(t)
			_, port, _ := strings.Cut(address, ":")
			addresses := strings.NewReplacer(pageAddress, service.Host, applicationAddress, address, "PORT=8090", "PORT="+port)
			shell := pagetest.NewShell(t, folder, "MEMCACHEDSOAP_URL="+s.url)
			for _, b := range blocks {
				b.Code = addresses.Replace(installs.ReplaceAllString(b.Code, ""))
				switch {
				case b.Skip != "":
				case b.File != "":
					require.NoError(t, os.WriteFile(filepath.Join(folder, b.File), []byte(b.Code), 0o600))
				default:
					require.True(t, b.Runs(), "line %d: which file does the reader save this in?", b.Line)
					shell.Run(t, b)
					ran++
				}
			}
			require.Positive(t, ran, "the page has commands to follow")
		})
	}
}
