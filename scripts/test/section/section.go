// Package section writes parts of Markdown pages: what programs that measure have found.
package section

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// Page is a page with a part between two lines, which a program writes.
type Page struct {
	path          string
	before, after string // with the two lines
}

// Read reads a page with a part of a name. The lines around it are comments of HTML:
//
//	<!-- NAME: begin -->
//	<!-- NAME: end -->
func Read(path, name string) (*Page, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("section: %w", err)
	}
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->\n"
	if strings.Count(string(text), begin) != 1 || strings.Count(string(text), end) != 1 {
		return nil, fmt.Errorf("section: %s must have one line %q and one %q", path, begin, end)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		return nil, fmt.Errorf("section: %s has the lines of %s in the wrong order", path, name)
	}
	return &Page{path, before + begin, end + after}, nil
}

// With returns the page with another text as the part.
func (p *Page) With(text string) string {
	return p.before + "\n" + strings.Trim(text, "\n") + "\n\n" + p.after
}

// Write writes the page with another text as the part.
func (p *Page) Write(text string) error {
	if err := os.WriteFile(p.path, []byte(p.With(text)), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("section: %w", err)
	}
	return nil
}

// maxWidth is how many characters a line of a page may have.
const maxWidth = 120

// Wrap breaks a paragraph into lines of a page.
func Wrap(text string) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > maxWidth {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}
