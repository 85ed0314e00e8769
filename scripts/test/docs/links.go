package docs

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

// Anchors returns the anchors of the headings of a page, as GitHub makes them: in
// lower case, without punctuation, with hyphens for blanks, and with a number
// when the same anchor is there already.
func (p *Page) Anchors() map[string]bool {
	anchors := map[string]bool{}
	for _, heading := range Nodes[*ast.Heading](p) {
		slug := slug(p.Text(heading))
		name := slug
		for n := 1; anchors[name]; n++ {
			name = slug + "-" + strconv.Itoa(n)
		}
		anchors[name] = true
	}
	return anchors
}

func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mn, r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// Destinations returns where the links and images of a page lead, in the order
// of the text.
func (p *Page) Destinations() []string {
	var found []string
	_ = ast.Walk(p.Root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		switch n := n.(type) {
		case *ast.Link:
			if entering {
				found = append(found, string(n.Destination))
			}
		case *ast.Image:
			if entering {
				found = append(found, string(n.Destination))
			}
		case *ast.AutoLink:
			if entering && n.AutoLinkType == ast.AutoLinkURL {
				found = append(found, string(n.URL(p.Source)))
			}
		}
		return ast.WalkContinue, nil
	})
	return found
}

// CheckLink returns an error if a link of the Markdown file at from leads
// nowhere: its target must exist below root, and its anchor in the target. A
// link to another site only has to be a URL with a host.
func CheckLink(root, from, destination string) error {
	u, err := url.Parse(destination)
	switch {
	case err != nil:
		return fmt.Errorf("docs: %w", err)
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" {
			return fmt.Errorf("docs: %s has no host", destination)
		}
		return nil
	case u.Scheme != "" || u.Host != "" || path.IsAbs(u.Path):
		return fmt.Errorf("docs: %s is neither relative nor a URL with http or https", destination)
	}
	target := from
	if u.Path != "" {
		target = path.Join(path.Dir(from), u.Path)
	}
	if target == ".." || strings.HasPrefix(target, "../") {
		return fmt.Errorf("docs: %s leads out of the repository", destination)
	}
	file := filepath.Join(root, filepath.FromSlash(target))
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("docs: %s: %w", destination, err)
	}
	if u.Fragment == "" {
		return nil
	}
	page, err := Read(file)
	if err != nil {
		return err
	}
	if !page.Anchors()[u.Fragment] {
		return fmt.Errorf("docs: %s: no heading of %s has this anchor", destination, target)
	}
	return nil
}
