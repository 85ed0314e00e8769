package xmlscan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scan starts a scanner on a document.
func scan(doc string) *Scanner {
	var s Scanner
	s.Reset([]byte(doc), Limits{})
	return &s
}

// next asks for a token that must be of a kind.
func next(t *testing.T, s *Scanner, want Kind) {
	t.Helper()
	got, err := s.Next()
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestKindNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "EOF Start End Text Kind(?)", fmt.Sprint(EOF, " ", Start, " ", End, " ", Text, " ", Kind(9)))
}

func TestNextAtTheEnd(t *testing.T) {
	t.Parallel()
	s := scan("<a/> <!-- b --> ")
	next(t, s, Start)
	next(t, s, End)
	for range 3 {
		next(t, s, EOF)
	}
	assert.Equal(t, 16, s.Offset())
}

func TestPosition(t *testing.T) {
	t.Parallel()
	s := scan("<a>bc<d/></a>")
	for _, want := range []struct {
		kind          Kind
		depth, offset int
	}{{Start, 1, 3}, {Text, 1, 5}, {Start, 2, 9}, {End, 1, 9}, {End, 0, 13}, {EOF, 0, 13}} {
		next(t, s, want.kind)
		assert.Equal(t, want.depth, s.Depth(), want.kind)
		assert.Equal(t, want.offset, s.Offset(), want.kind)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := scan(`<p:a xmlns:p="u"><b/></p:a>`)
	next(t, s, Start)
	assert.True(t, s.Is("u", "a"))
	assert.False(t, s.Is("u", "b"))
	assert.False(t, s.Is("v", "a"))
	assert.False(t, s.Is("", "a"))
	next(t, s, Start)
	assert.True(t, s.Is("", "b"))
	assert.Empty(t, s.Space())
	next(t, s, End)
	assert.True(t, s.Is("", "b"))
	next(t, s, End)
	assert.Equal(t, "u", string(s.Space()))
	assert.Equal(t, "a", string(s.Local()))
}

func TestAttr(t *testing.T) {
	t.Parallel()
	s := scan(`<a xmlns="u" xmlns:p="v" b="1" p:c="2" d=""/>`)
	next(t, s, Start)
	for _, tt := range []struct {
		space, local, want string
		found              bool
	}{
		{"", "b", "1", true},
		{"v", "c", "2", true},
		{"", "d", "", true},
		{"u", "b", "", false},
		{"", "c", "", false},
		{"v", "b", "", false},
		{"", "xmlns", "", false},
		{"", "p", "", false},
		{xmlnsSpace, "p", "", false},
		{xmlnsSpace, "xmlns", "", false},
	} {
		value, found := s.Attr(tt.space, tt.local)
		assert.Equal(t, tt.found, found, tt)
		assert.Equal(t, tt.want, string(value), tt)
	}
	next(t, s, End)
	_, found := s.Attr("", "b")
	assert.True(t, found, "attributes stay up to the next start tag")
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	s := scan(`<a xmlns:p="u"><b xmlns="d" xmlns:p="v" xmlns:q="w">p:x</b><c/></a>`)
	bound := func(want ...string) {
		t.Helper()
		for i, prefix := range []string{"", "p", "q", "xml", "xmlns"} {
			name, ok := s.Namespace([]byte(prefix))
			assert.Equal(t, want[i], string(name), prefix)
			assert.Equal(t, want[i] != "" || prefix == "", ok, prefix)
		}
	}
	next(t, s, Start)
	bound("", "u", "", xmlSpace, xmlnsSpace)
	next(t, s, Start)
	bound("d", "v", "w", xmlSpace, xmlnsSpace)
	text, err := s.Content()
	require.NoError(t, err)
	assert.Equal(t, "p:x", string(text))
	bound("d", "v", "w", xmlSpace, xmlnsSpace)
	next(t, s, Start)
	bound("", "u", "", xmlSpace, xmlnsSpace)
}

func TestSkip(t *testing.T) {
	t.Parallel()
	s := scan(`<a><b>c<d><e/></d></b><f/><g/></a>`)
	next(t, s, Start)
	next(t, s, Start)
	require.NoError(t, s.Skip())
	assert.Equal(t, "b", string(s.Local()))
	assert.Equal(t, 1, s.Depth())
	next(t, s, Start)
	require.NoError(t, s.Skip(), "an empty element")
	assert.Equal(t, "f", string(s.Local()))
	next(t, s, Start)
	assert.True(t, s.Is("", "g"))
}

func TestSkipChecks(t *testing.T) {
	t.Parallel()
	s := scan(`<a><b><p:c/></b></a>`)
	next(t, s, Start)
	err := s.Skip()
	require.EqualError(t, err, `xmlscan: offset 7: prefix "p" not declared`)
	assert.Same(t, err, s.Skip())
	_, again := s.Content()
	assert.Same(t, err, again)
}

func TestContent(t *testing.T) {
	t.Parallel()
	s := scan(`<a><b>c&amp;<!-- -->d</b><e/><f></f><g><![CDATA[]]></g></a>`)
	next(t, s, Start)
	for _, want := range []string{"c&d", "", "", ""} {
		next(t, s, Start)
		text, err := s.Content()
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
		assert.NotNil(t, text)
		assert.Equal(t, 1, s.Depth())
	}
	next(t, s, End)
}

func TestContentWithElement(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`<a>b<c>d</c></a>`, `<a><c/></a>`} {
		s := scan(doc)
		next(t, s, Start)
		_, err := s.Content()
		var content *ContentError
		require.ErrorAs(t, err, &content)
		assert.Equal(t, "a", content.Parent)
		assert.Equal(t, "c", content.Child)
		_, again := s.Next()
		assert.Same(t, err, again)
	}
	s := scan("<" + strings.Repeat("a", 1000) + "><b/>")
	next(t, s, Start)
	_, err := s.Content()
	assert.EqualError(t, err, `xmlscan: offset 1006: element "b" inside "`+strings.Repeat("a", 40)+`…", which may contain only text`)
}

func TestContentCut(t *testing.T) {
	t.Parallel()
	s := scan(`<a>b`)
	next(t, s, Start)
	text, err := s.Content()
	assert.Nil(t, text)
	assert.EqualError(t, err, `xmlscan: offset 4: unexpected end of document, element "a" is open`)
}

// A scanner works on a part of a larger buffer: nothing around the document may
// change, and appending to a returned slice may not change the document.
func TestWritesOnlyTheDocument(t *testing.T) {
	t.Parallel()
	for name, body := range recorded(t, "clients") {
		buffer := []byte("before" + string(body) + "behind")
		doc := buffer[len("before") : len("before")+len(body)]
		var s Scanner
		s.Reset(doc, Limits{})
		for {
			kind, err := s.Next()
			require.NoError(t, err, name)
			if kind == EOF {
				break
			}
			now := string(doc)
			for _, part := range [][]byte{s.Text(), s.Space(), s.Local()} {
				_ = append(part, "****************"...)
			}
			value, _ := s.Attr("http://www.w3.org/2001/XMLSchema-instance", "type")
			_ = append(value, "****************"...)
			require.Equal(t, now, string(doc), name)
		}
		assert.Equal(t, "before", string(buffer[:len("before")]), name)
		assert.Equal(t, "behind", string(buffer[len(buffer)-len("behind"):]), name)
	}
}

// What the scanner has returned must not change while it reads on.
func TestTokensStay(t *testing.T) {
	t.Parallel()
	for _, body := range recorded(t, "clients") {
		requireStable(t, body)
	}
}

// requireStable reads a document, which need not be well-formed, and compares
// what was returned with itself at the end.
func requireStable(t *testing.T, doc []byte) {
	t.Helper()
	var parts [][]byte
	var then []string
	keep := func(part []byte) {
		parts = append(parts, part)
		then = append(then, string(part))
	}
	var s Scanner
	s.Reset(doc, Limits{})
	for {
		kind, _ := s.Next()
		if kind == EOF {
			break
		}
		keep(s.Text())
		keep(s.Space())
		keep(s.Local())
		for i := range s.attrs {
			keep(s.attrs[i].value)
		}
	}
	for i := range parts {
		if string(parts[i]) != then[i] {
			t.Fatalf("was %q, is %q", then[i], parts[i])
		}
	}
}

// One scanner and one buffer for all documents, as a server has them, also
// after documents that failed.
func TestReuse(t *testing.T) {
	t.Parallel()
	var reused Scanner
	buffer := make([]byte, 1<<16)
	bodies := recorded(t, "clients")
	for range 2 {
		for name, body := range bodies {
			for _, size := range []int{len(body), len(body) / 2, len(body)} {
				want, wantErr := tokens(new(Scanner), bytes.Clone(body[:size]), Limits{})
				got, err := tokens(&reused, buffer[:copy(buffer, body[:size])], Limits{})
				require.Equal(t, wantErr, err, name)
				require.Equal(t, want, got, name)
			}
		}
	}
}

func TestResetLetsGo(t *testing.T) {
	t.Parallel()
	s := scan(`<p:a xmlns:p="u" b="c">d</p:a>`)
	next(t, s, Start)
	next(t, s, Text)
	s.Reset(nil, Limits{})
	assert.Empty(t, s.Space())
	assert.Empty(t, s.Local())
	assert.Empty(t, s.Text())
	assert.Zero(t, s.Depth())
	assert.Zero(t, s.Offset())
	_, found := s.Attr("", "b")
	assert.False(t, found)
	_, found = s.Namespace([]byte("p"))
	assert.False(t, found)
	for _, a := range s.attrs[:cap(s.attrs)] {
		assert.Zero(t, a)
	}
	for _, b := range s.bindings[predefined:cap(s.bindings)] {
		assert.Zero(t, b)
	}
	_, err := s.Next()
	assert.EqualError(t, err, "xmlscan: offset 0: no root element")
}

func TestNoAllocations(t *testing.T) {
	bodies := recorded(t, "clients")
	var s Scanner
	doc := make([]byte, 1<<16)
	assert.Zero(t, testing.AllocsPerRun(3, func() {
		for _, body := range bodies {
			err := drain(&s, doc[:copy(doc, body)])
			require.NoError(t, err)
		}
	}))
}
