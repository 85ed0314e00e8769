package authfile

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// errNotLines means that the lines of a caller cannot be told apart from those of
// others.
var errNotLines = errors.New("authfile: the callers are not lines of their own")

// splice returns the text with other lines for one caller. All other lines stay
// as they are.
func (d *document) splice(at int, change func(*yaml.Node) error) ([]byte, error) {
	lines, err := splitLines(d.text)
	if err != nil {
		return nil, err
	}
	span, err := d.spanOf(lines, at)
	if err != nil {
		return nil, err
	}
	if change == nil {
		span = withComment(lines, span)
		if len(d.callers()) == 1 {
			d.replaceInHeading(lines, listName+":", emptyList)
		}
		return join(lines[:span.start], lines[span.end:]), nil
	}
	if len(d.callers()) == 0 {
		d.replaceInHeading(lines, emptyList, listName+":")
	}
	caller := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if span.start < span.end {
		if caller, err = parseCaller(lines[span.start:span.end], span.indent); err != nil {
			return nil, err
		}
	}
	if err := change(caller); err != nil {
		return nil, err
	}
	block, err := encode(&yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{caller}})
	if err != nil {
		return nil, err
	}
	added, err := splitLines(block)
	if err != nil {
		return nil, err
	}
	for i, line := range added {
		added[i] = strings.Repeat(" ", span.indent) + line
	}
	added = append(span.before, added...)
	if bytes.Contains(d.text, []byte("\r\n")) {
		for i, line := range added {
			added[i] = strings.TrimSuffix(line, "\n") + "\r\n"
		}
	}
	return join(lines[:span.start], added, lines[span.end:]), nil
}

// emptyList is a list of callers without any.
const emptyList = listName + ": []"

// replaceInHeading changes the line that begins the list of callers.
func (d *document) replaceInHeading(lines []string, old, changed string) {
	if d.list() != nil {
		line := &lines[d.heading()]
		*line = strings.Replace(*line, old, changed, 1)
	}
}

// heading returns the index of the line that begins the list of callers.
func (d *document) heading() int {
	root := d.root.Content[0]
	return root.Content[indexOf(root, listName)].Line - 1
}

// span is where the lines of a caller are.
type span struct {
	start, end int      // from start up to, but not including end; empty for a new caller
	indent     int      // of the dash
	before     []string // lines that a new caller needs above it
}

// spanOf finds the lines of a caller, or the place for a new one.
func (d *document) spanOf(lines []string, at int) (span, error) {
	const indent = 2 // of the first caller
	list := d.list()
	switch {
	case d.root.Kind == 0:
		before := []string{listName + ":\n"}
		if len(lines) == 0 {
			before = append([]string{header}, before...)
		}
		return span{start: len(lines), end: len(lines), indent: indent, before: before}, nil
	case list == nil:
		return span{start: len(lines), end: len(lines), indent: indent, before: []string{listName + ":\n"}}, nil
	case len(list.Content) == 0:
		below := d.heading() + 1
		return span{start: below, end: below, indent: indent}, nil
	}
	start, err := d.dash(lines, min(at, len(list.Content)-1))
	if err != nil {
		return span{}, err
	}
	end := d.endOfList(lines)
	if at+1 < len(list.Content) {
		if end, err = d.dash(lines, at+1); err != nil {
			return span{}, err
		}
	}
	for end > start+1 && belongsBelow(lines[end-1], list.Column-1) {
		end--
	}
	if at == len(list.Content) {
		start = end
	}
	return span{start: start, end: end, indent: list.Column - 1}, nil
}

// dash returns the index of the line with the dash of a caller.
func (d *document) dash(lines []string, at int) (int, error) {
	list := d.list()
	prefix := strings.Repeat(" ", list.Column-1) + "-"
	for i := list.Content[at].Line - 1; i >= list.Line-1; i-- {
		if strings.HasPrefix(lines[i], prefix) {
			return i, nil
		}
	}
	return 0, errNotLines
}

// endOfList returns the index of the line below the list of callers and the
// comments at its end.
func (d *document) endOfList(lines []string) int {
	root := d.root.Content[0]
	if next := indexOf(root, listName) + 2; next < len(root.Content) {
		return root.Content[next].Line - 1
	}
	return len(lines)
}

// belongsBelow reports whether a line is blank, or a comment that stands no deeper
// than the dash of a caller: it is about what follows.
func belongsBelow(line string, indent int) bool {
	text := strings.TrimSpace(line)
	return text == "" || text[0] == '#' && strings.IndexByte(line, '#') <= indent
}

// withComment returns the span of a caller with the comment directly above it, and
// with the blank lines that would stand next to other ones.
func withComment(lines []string, s span) span {
	for s.start > 0 && strings.TrimSpace(lines[s.start-1]) != "" && belongsBelow(lines[s.start-1], s.indent) {
		s.start--
	}
	isBlank := func(i int) bool { return i < len(lines) && strings.TrimSpace(lines[i]) == "" }
	for s.start > 0 && isBlank(s.start-1) && (s.end == len(lines) || isBlank(s.end)) {
		s.start--
	}
	return s
}

// parseCaller parses the lines of one caller.
func parseCaller(lines []string, indent int) (*yaml.Node, error) {
	prefix := strings.Repeat(" ", indent)
	var text strings.Builder
	for _, line := range lines {
		own, ok := strings.CutPrefix(line, prefix)
		if !ok && strings.TrimSpace(line) != "" {
			return nil, errNotLines
		}
		text.WriteString(own)
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text.String()), &root); err != nil {
		return nil, err //nolint:wrapcheck // it is not shown: the whole file is written instead
	}
	if root.Kind == 0 || root.Content[0].Kind != yaml.SequenceNode || len(root.Content[0].Content) != 1 {
		return nil, errNotLines
	}
	return root.Content[0].Content[0], nil
}

// splitLines returns the lines of a text with their ends. The last one gets an
// end, too. Text in which YAML sees other line breaks has no lines.
func splitLines(text []byte) ([]string, error) {
	if !utf8.Valid(text) || bytes.ContainsAny(text, "\u0085\u2028\u2029\ufeff") || bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n")) {
		return nil, errNotLines
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, line)
	}
	if last := len(lines) - 1; last >= 0 && !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	return lines, nil
}

func join(parts ...[]string) []byte {
	var text []byte
	for _, part := range parts {
		for _, line := range part {
			text = append(text, line...)
		}
	}
	return text
}
