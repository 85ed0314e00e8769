package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Lines of docs/benchmarks.md around what the program writes.
const (
	beginMarker = "<!-- peers: begin, written by make bench-peers -->\n"
	endMarker   = "<!-- peers: end -->\n"
)

// document is a page with a part that the program writes.
type document struct {
	path         string
	before, rest string // with the markers
}

// readDocument reads docs/benchmarks.md of a repository.
func readDocument(root string) (document, error) {
	d := document{path: filepath.Join(root, "docs", "benchmarks.md")}
	text, err := os.ReadFile(d.path)
	if err != nil {
		return d, fmt.Errorf("peers: %w", err)
	}
	return d, d.split(string(text))
}

// split divides the text of the page at its markers.
func (d *document) split(text string) error {
	if strings.Count(text, beginMarker) != 1 || strings.Count(text, endMarker) != 1 {
		return fmt.Errorf("peers: %s must have one line %q and one %q", d.path, beginMarker, endMarker)
	}
	before, rest, _ := strings.Cut(text, beginMarker)
	_, after, found := strings.Cut(rest, endMarker)
	if !found {
		return fmt.Errorf("peers: %s has its markers in the wrong order", d.path)
	}
	d.before, d.rest = before+beginMarker, endMarker+after
	return nil
}

// with returns the page with another text between the markers.
func (d *document) with(text string) string {
	return d.before + "\n" + strings.Trim(text, "\n") + "\n\n" + d.rest
}

func (d *document) write(text string) error {
	if err := os.WriteFile(d.path, []byte(d.with(text)), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("peers: %w", err)
	}
	return nil
}
