// Package strictyaml reads the YAML files that people write for the service: one
// document, no field twice, no anchors, no aliases, no tags. Its errors name the line
// and quote little. What the fields mean is the business of its callers.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// MaxFile is the greatest size of a file in bytes.
const MaxFile = 1 << 20

// Error says what is wrong with a file.
type Error struct {
	Line   int // 0 if the whole file is meant
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

// Wrong returns the [*Error] of a node.
func Wrong(at *yaml.Node, format string, args ...any) error {
	return &Error{Line: at.Line, Reason: fmt.Sprintf(format, args...)}
}

// Parse returns what the only document of a file has, or nil if the file has nothing
// but comments. The error is an [*Error].
func Parse(text []byte) (*yaml.Node, error) {
	if len(text) > MaxFile {
		return nil, &Error{Reason: fmt.Sprintf("the file is larger than %d bytes, the limit", MaxFile)}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return nil, nil //nolint:nilnil // as documented
	}
	if err != nil {
		return nil, syntaxError(text, err)
	}
	var next yaml.Node
	if err := decoder.Decode(&next); err == nil {
		return nil, Wrong(&next, "the file has a second document; write everything into one")
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(text, err)
	}
	return document.Content[0], nil
}

// syntaxError returns the error of the YAML parser with its line apart.
func syntaxError(text []byte, err error) error {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if _, err := fmt.Sscanf(reason, "line %d:", &line); err == nil {
		_, reason, _ = strings.Cut(reason, ": ")
	}
	line = wrongLine(text, line) // the parser tells no line if it is the first one
	return &Error{Line: line, Reason: "not YAML: " + reason + hint(text, line)}
}

// hint says what is most likely wrong with a line that is not YAML.
func hint(text []byte, number int) string {
	lines := bytes.Split(text, []byte("\n"))
	if number < 1 || number > len(lines) {
		return ""
	}
	line := lines[number-1]
	_, value, _ := bytes.Cut(line, []byte(": "))
	switch value = bytes.TrimLeft(value, " ["); {
	case bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("\t")):
		return ": use spaces instead of the tab"
	case len(value) > 0 && strings.ContainsRune("*&!%@`|>", rune(value[0])):
		return `: put quotes around a value that begins with ` + string(value[0])
	}
	return ""
}

// wrongLine returns the line with which a text stops being YAML. The parser tells
// where the list or the mapping around it begins, which may be far above.
func wrongLine(text []byte, told int) int {
	const mostBytes, mostLines = 64 << 10, 2000 // each step reads the text once
	if len(text) > mostBytes || bytes.Count(text, []byte("\n")) > mostLines {
		return told
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	end := len(text)
	for i, line := range slices.Backward(lines) {
		end -= len(line)
		if isYAML(text[:end]) {
			return i + 1
		}
	}
	return told
}

func isYAML(text []byte) bool {
	decoder, document := yaml.NewDecoder(bytes.NewReader(text)), new(yaml.Node)
	err := decoder.Decode(document)
	for err == nil {
		err = decoder.Decode(document)
	}
	return errors.Is(err, io.EOF)
}

// maxShown is how many bytes of a text from the file an error quotes.
const maxShown = 40

// Shown shortens a text from the file for an error.
func Shown(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// EachField calls do for each field of a mapping. It rejects a field that is there
// twice. The key has the name, and its line.
func EachField(node *yaml.Node, what string, do func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return Wrong(node, "%s must have fields, such as name: VALUE", what)
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return Wrong(key, "the name of a field must be a word")
		}
		if first := lines[key.Value]; first != 0 {
			return Wrong(key, "the field %s is already in line %d", Shown(key.Value), first)
		}
		lines[key.Value] = key.Line
		if key.Anchor != "" || isShared(value) {
			return Wrong(key, "the field %s has an anchor or an alias, which is not allowed", Shown(key.Value))
		}
		if err := do(key, value); err != nil {
			return err
		}
	}
	return nil
}

// EachItem calls do for each item of a list.
func EachItem(node *yaml.Node, what string, do func(*yaml.Node) error) error {
	if node.Kind != yaml.SequenceNode {
		return Wrong(node, "%s must be a list, such as [ONE, TWO]", what)
	}
	for _, item := range node.Content {
		if isShared(item) {
			return Wrong(item, "%s has an anchor or an alias, which is not allowed", what)
		}
		if err := do(item); err != nil {
			return err
		}
	}
	return nil
}

// isShared says whether a value is in several places of the file.
func isShared(value *yaml.Node) bool { return value.Anchor != "" || value.Kind == yaml.AliasNode }

// Text returns the text of a field, or of an item of it: one line that is not empty.
func Text(node *yaml.Node, what string) (string, error) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || node.Tag == "!!binary" {
		return "", Wrong(node, "%s must be a text", what)
	}
	if node.Value == "" || strings.ContainsFunc(node.Value, unicode.IsControl) {
		return "", Wrong(node, "%s must be a text in one line that is not empty", what)
	}
	return node.Value, nil
}
