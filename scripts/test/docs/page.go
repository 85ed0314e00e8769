package docs

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is a parsed Markdown file.
type Page struct {
	Source []byte
	Root   ast.Node
}

// Parse parses GitHub-flavoured Markdown.
func Parse(source []byte) *Page {
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
	return &Page{Source: source, Root: parser.Parse(text.NewReader(source))}
}

// Read parses the Markdown file at path.
func Read(path string) (*Page, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return Parse(source), nil
}

// Files returns the paths of all Markdown files below root, relative to root and
// with slashes. It leaves out what builds create.
func Files(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "build", "testdata"}, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		relative, err := filepath.Rel(root, path)
		files = append(files, filepath.ToSlash(relative))
		return err //nolint:wrapcheck // path is below root, so there is none
	})
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return files, nil
}

// Nodes returns all nodes of type N in the order of the text.
func Nodes[N ast.Node](p *Page) []N {
	var found []N
	_ = ast.Walk(p.Root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if node, ok := n.(N); ok && entering {
			found = append(found, node)
		}
		return ast.WalkContinue, nil
	})
	return found
}

// Text returns the text of a node without its markup. A line break is a blank.
func (p *Page) Text(n ast.Node) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			segment := n.Segment.Value(p.Source)
			out.Write(bytes.ReplaceAll(segment, []byte("\n"), []byte(" "))) // within a code span
			if n.SoftLineBreak() || n.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(n.Value)
		case *ast.AutoLink:
			out.Write(n.Label(p.Source))
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// Code returns the text of every code span in a node.
func (p *Page) Code(n ast.Node) []string {
	var spans []string
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if _, ok := n.(*ast.CodeSpan); ok && entering {
			spans = append(spans, p.Text(n))
		}
		return ast.WalkContinue, nil
	})
	return spans
}

// Line returns the number of the line at an offset of the source, from 1.
func (p *Page) Line(offset int) int { return 1 + bytes.Count(p.Source[:offset], []byte("\n")) }

// Section returns the nodes between the heading with this text and the next
// heading of its level or above it. It returns nil if there is no such heading.
func (p *Page) Section(heading string) []ast.Node {
	for n := p.Root.FirstChild(); n != nil; n = n.NextSibling() {
		start, ok := n.(*ast.Heading)
		if !ok || p.Text(start) != heading {
			continue
		}
		var nodes []ast.Node
		for n := start.NextSibling(); n != nil; n = n.NextSibling() {
			if next, ok := n.(*ast.Heading); ok && next.Level <= start.Level {
				break
			}
			nodes = append(nodes, n)
		}
		return nodes
	}
	return nil
}
