package section

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	begin = "<!-- part: begin -->\n"
	end   = "<!-- part: end -->\n"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(path, []byte("# Page\n\n"+begin+"old\n"+end+"\nrest\n"), 0o600))
	for range 2 {
		p, err := Read(path, "part")
		require.NoError(t, err)
		require.NoError(t, p.Write("\n| new |\n"))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "# Page\n\n"+begin+"\n| new |\n\n"+end+"\nrest\n", string(text))
	}
}

func TestPagesWithoutThePart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"", begin, end + begin, begin + end + end, begin + begin + end, "<!-- other: begin -->\n<!-- other: end -->\n"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Read(path, "part")
		require.ErrorContains(t, err, "section: ", "%q", text)
	}
	_, err := Read(path+"x", "part")
	require.ErrorContains(t, err, "section: ")
}

func TestWrap(t *testing.T) {
	text := Wrap("a\n" + strings.Repeat("µµµµ ", 100))
	lines := strings.Split(text, "\n")
	assert.Len(t, lines, 5)
	assert.Equal(t, 100, strings.Count(text, "µµµµ"))
	for _, line := range lines {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), maxWidth)
	}
	assert.Empty(t, Wrap(" "))
}
