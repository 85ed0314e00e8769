package pagetest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"memcachedsoap/scripts/test/docs"
)

// Block is a fenced block of a Markdown page.
type Block struct {
	Line     int    // the line of the opening fence, from 1
	Language string // the first word behind the fence
	File     string // the name under which a reader saves the block; "" if the page names none
	Code     string
	Skip     string   // the reason why tests do not run the block; "" if they run it
	Expect   []string // texts that the output must contain
}

// languages lists the languages of blocks that a [Shell] runs.
var languages = []string{"sh", "php", "python", "perl"}

// Runs reports whether a [Shell] runs the block: it is a command or a program
// in a language that the shell knows, the page does not save it in a file, and
// it is not marked with no-test.
func (b Block) Runs() bool {
	return b.Skip == "" && b.File == "" && slices.Contains(languages, b.Language)
}

var (
	closing  = regexp.MustCompile("^[ \t>]*(?:`{3,}|~{3,})[ \t]*$")
	expected = regexp.MustCompile(`^\s*<!-- expect: (.+) -->\s*$`)
	fileName = regexp.MustCompile(`^[\w./-]+\.\w+$`)
)

// Blocks returns the fenced blocks of a page. The line of the opening fence has
// the language and, optionally, either a file name or "no-test: REASON". A
// comment <!-- expect: TEXT --> directly below a block that runs says what its
// output contains; there may be several. Blocks returns an error, with the line,
// if a fence or a comment has another form.
func Blocks(markdown string) ([]Block, error) {
	p := docs.Parse([]byte(markdown))
	var found []Block
	used := map[ast.Node]bool{} // the comments below blocks that run
	for _, fenced := range docs.Nodes[*ast.FencedCodeBlock](p) {
		b, err := newBlock(p, fenced)
		if err != nil {
			return nil, err
		}
		for n := fenced.NextSibling(); b.Runs(); n = n.NextSibling() {
			text, ok := expectation(p, n)
			if !ok || afterBlankLine(p, n) {
				break
			}
			used[n] = true
			b.Expect = append(b.Expect, text)
		}
		found = append(found, b)
	}
	for _, comment := range docs.Nodes[*ast.HTMLBlock](p) {
		if _, ok := expectation(p, comment); ok && !used[comment] {
			return nil, fmt.Errorf("line %d: an expect comment must be directly below a block that runs", p.Line(comment.Pos()))
		}
	}
	return found, nil
}

func newBlock(p *docs.Page, fenced *ast.FencedCodeBlock) (Block, error) {
	b := Block{Line: p.Line(fenced.Pos()), Code: string(fenced.Lines().Value(p.Source))}
	if !isClosed(p, fenced) {
		return b, fmt.Errorf("line %d: the block has no end", b.Line)
	}
	if fenced.Info == nil {
		return b, nil
	}
	language, rest, _ := strings.Cut(strings.TrimSpace(string(fenced.Info.Segment.Value(p.Source))), " ")
	b.Language, rest = language, strings.TrimSpace(rest)
	reason, skipped := strings.CutPrefix(rest, "no-test:")
	switch {
	case rest == "":
	case skipped && strings.TrimSpace(reason) != "":
		b.Skip = strings.TrimSpace(reason)
	case fileName.MatchString(rest):
		b.File = rest
	default:
		return b, fmt.Errorf("line %d: %q after the language is neither a file name nor no-test: with a reason", b.Line, rest)
	}
	return b, nil
}

// isClosed reports whether the line below the code is a fence. CommonMark lets
// the end of the page close a block, which on our pages is a mistake.
func isClosed(p *docs.Page, fenced *ast.FencedCodeBlock) bool {
	_, rest, _ := bytes.Cut(p.Source[fenced.Pos():], []byte("\n"))
	if n := fenced.Lines().Len(); n > 0 {
		rest = p.Source[fenced.Lines().At(n-1).Stop:]
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return closing.Match(line)
}

// expectation returns the text that a comment expects, if the node is such a
// comment. The node is nil at the end of a page.
func expectation(p *docs.Page, n ast.Node) (text string, ok bool) {
	comment, ok := n.(*ast.HTMLBlock)
	if !ok {
		return "", false
	}
	found := expected.FindSubmatch(comment.Lines().Value(p.Source))
	if found == nil {
		return "", false
	}
	return string(found[1]), true
}

// afterBlankLine reports whether the line above a block is blank.
func afterBlankLine(p *docs.Page, n ast.Node) bool {
	above := bytes.Split(p.Source[:n.Pos()], []byte("\n"))
	return len(above) < 2 || len(bytes.TrimSpace(above[len(above)-2])) == 0
}
