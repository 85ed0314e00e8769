package interop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
)

const (
	readmeAddress = "127.0.0.1:8080" // where the examples of the README call the service
	root          = "../../.."       // the root of the repository, in which the examples run
)

// Every example of the README that is not marked with no-test works. The
// examples run in their order against a service that was just started.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	blocks, err := pagetest.Blocks(string(readme))
	require.NoError(t, err)

	s := launch(t, "--listen="+readmeAddress)
	if s.url == "" { // another process uses the port
		s = start(t)
	}
	shell := pagetest.NewShell(t, root)
	ran := 0
	for _, b := range blocks {
		if !b.Runs() {
			continue
		}
		ran++
		t.Run(fmt.Sprintf("line %d, %s", b.Line, b.Language), func(t *testing.T) {
			b.Code = strings.ReplaceAll(b.Code, readmeAddress, strings.TrimPrefix(s.url, "http://"))
			shell.Run(t, b)
		})
	}
	assert.Positive(t, ran, "the README has no example that runs")
	s.stop(t)
}
