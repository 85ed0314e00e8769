//go:build interop

package clients

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
)

// curl follows the commands with credentials in docs/clients.md. Each gets the answer of
// the service, and none with wrong credentials.
func (s *site) curl(t *testing.T) {
	t.Helper()
	blocks := s.blocks(t, filepath.Join(root, "docs", "clients.md"))
	at := slices.IndexFunc(blocks, func(b pagetest.Block) bool { return strings.Contains(b.Code, "curl ") })
	require.GreaterOrEqual(t, at, 0, "the page shows curl")
	commands := strings.Count(blocks[at].Code, "\ncurl ")
	require.Equal(t, 4, commands)

	shell := pagetest.NewShell(t, s.readerFolder(t, callerName), s.guard.keys[callerName]...)
	assert.Equal(t, commands, strings.Count(shell.Run(t, blocks[at]), "MEMCACHED SOAP OK"))

	wrong := blocks[at]
	wrong.Code = strings.ReplaceAll(wrong.Code, callerPassword, "wrong")
	shell = pagetest.NewShell(t, s.readerFolder(t, strangerName), s.guard.keys[strangerName]...)
	output := shell.Run(t, wrong)
	assert.NotContains(t, output, "MEMCACHED SOAP OK")
	assert.Equal(t, commands, strings.Count(output, wrongText), output)
}
