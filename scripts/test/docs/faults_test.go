package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	markdown "github.com/yuin/goldmark/ast"

	"memcachedsoap/service"
)

// The sentences of typed faults are those of the code, word by word. A
// placeholder such as <reason> stands for what varies.
func TestSentencesOfTypedFaults(t *testing.T) {
	t.Parallel()
	codes := map[service.Blame]string{service.BlameCaller: "Client", service.BlameService: "Server"}
	type fault struct {
		code      string
		sentences []string
	}
	want := map[string]fault{}
	for _, s := range service.Sentences() {
		if s.Type != "" {
			want[s.Type] = fault{codes[s.Blame], append(want[s.Type].sentences, withPlaceholders(s.Text))}
		}
	}
	got := map[string]fault{}
	for _, f := range typedFaults(t) {
		slices.Sort(f.sentences)
		got[f.detail] = fault{f.code, f.sentences}
	}
	for _, f := range want {
		slices.Sort(f.sentences)
	}
	assert.Equal(t, want, got, "what the code says, and what docs/api.md says")
}

// withPlaceholders writes {name} as the pages do: <name>.
func withPlaceholders(sentence string) string {
	return strings.NewReplacer("{", "<", "}", ">").Replace(sentence)
}

// Every sentence for clients in the code is on a page, and every sentence on a
// page is in the code.
func TestSentencesOfOtherFaults(t *testing.T) {
	t.Parallel()
	var untyped []string
	for _, s := range service.Sentences() {
		if s.Type == "" {
			untyped = append(untyped, withPlaceholders(s.Text))
		}
	}
	for _, c := range []struct {
		page, section string
		files         []string // patterns
		written       []string
	}{
		{"api.md", "Faults without a type", []string{"soap/*.go", "service/dialect/*.go", "service/document/*.go"}, untyped},
		{"api.md", "Overload", []string{"service/admission/sentence.go"}, nil},
		{"api.md", "Refused hosts and origins", []string{"service/httpd/origins.go"}, nil},
		{"migrating-from-perl.md", "What the dialect refuses", []string{"service/perlcgi/*.go", "service/soaplite/*.go"}, nil},
	} {
		written := c.written
		for _, pattern := range c.files {
			written = append(written, sentencesIn(t, pattern)...)
		}
		listed := sentencesOn(t, c.page, c.section)
		for _, sentence := range written {
			assert.True(t, slices.ContainsFunc(listed, same(sentence)), "not in docs/%s: `%s`", c.page, sentence)
		}
		for i, sentence := range listed {
			assert.True(t, slices.ContainsFunc(written, same(sentence)), "not in the code, but in docs/%s: `%s`", c.page, sentence)
			assert.NotContains(t, listed[:i], sentence, "twice in docs/%s", c.page)
		}
	}
}

// sentencesOn returns the code at the beginning of each list item of a section.
func sentencesOn(t *testing.T, file, section string) []string {
	t.Helper()
	page, err := Read(filepath.Join(root, "docs", file))
	require.NoError(t, err)
	var found []string
	for _, n := range page.Section(section) {
		list, ok := n.(*markdown.List)
		if !ok {
			continue
		}
		for item := list.FirstChild(); item != nil; item = item.NextSibling() {
			if spans := page.Code(item); len(spans) > 0 && strings.HasPrefix(page.Text(item), spans[0]) {
				found = append(found, spans[0])
			}
		}
	}
	require.NotEmpty(t, found, "docs/%s, section %q", file, section)
	return found
}

var (
	placeholder = regexp.MustCompile(`<[^<>]*>`)
	fullStop    = regexp.MustCompile(`[\w)>]\.$`)
)

// same returns whether another sentence differs in the placeholders only.
func same(sentence string) func(string) bool {
	return func(other string) bool {
		return placeholder.ReplaceAllString(sentence, "<>") == placeholder.ReplaceAllString(other, "<>")
	}
}

// sentencesIn returns the sentences in the code of some files, with <> for what
// is not constant. A sentence has a blank in it and ends with a full stop, or
// begins with a capital and ends with what is not constant.
func sentencesIn(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	var found []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			expression, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := constantParts(expression)
			if !ok {
				return true
			}
			if isSentence(text) {
				found = append(found, text)
			}
			return false // its parts are no sentences of their own
		})
	}
	return found
}

// constantParts returns a string literal, or a sum that begins with or contains
// one, with <> for the other operands.
func constantParts(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, leftOK := constantParts(e.X)
		right, rightOK := constantParts(e.Y)
		if !leftOK {
			left = "<>"
		}
		if !rightOK {
			right = "<>"
		}
		return left + right, leftOK || rightOK
	}
	return "", false
}

func isSentence(text string) bool {
	varies := strings.HasSuffix(text, "<>") && text[0] >= 'A' && text[0] <= 'Z'
	return strings.Contains(text, " ") && (varies || fullStop.MatchString(text))
}
