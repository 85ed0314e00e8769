package pagetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShellKeepsStateBetweenBlocks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "below"), 0o700))
	s := NewShell(t, folder, "name=dwho")
	s.Run(t, Block{Language: "sh", Code: "greeting='good\nmorning'\ncd below"})
	for language, code := range map[string]string{
		"sh":     "echo \"$greeting $name in ${PWD##*/}\"",
		"php":    "echo getenv('greeting'), ' ', getenv('name'), ' in ', basename(getcwd());",
		"python": "import os; print(os.environ['greeting'], os.environ['name'], 'in', os.path.basename(os.getcwd()))",
		"perl":   "use Cwd; print \"$ENV{greeting} $ENV{name} in \" . (getcwd =~ s{.*/}{}r);",
	} {
		output := s.Run(t, Block{Language: language, Code: code, Expect: []string{"good\nmorning"}})
		assert.Equal(t, "good\nmorning dwho in below", strings.TrimSpace(output), language)
	}
	assert.Panics(t, func() { s.Run(t, Block{Language: "cobol"}) })
}
