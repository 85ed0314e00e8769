package authfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// listName is the name of the list of callers.
const listName = "callers"

// nameField is the field of a caller that names it.
const nameField = "name"

// header is the first line of a new file.
const header = "# Callers of memcachedsoap. Change them with memcachedsoap auth, or by hand.\n"

// ErrExists means that a caller of that name is in the file already.
var ErrExists = errors.New("authfile: the caller exists")

// ErrNotFound means that no caller of that name is in the file.
var ErrNotFound = errors.New("authfile: no caller has this name")

// ErrByHand means that the file uses YAML in a way that a change cannot keep, such
// as an anchor in the caller to remove to which another caller refers.
var ErrByHand = errors.New("authfile: the file is written in a form that this program cannot change: edit it by hand")

// Field is one field of a caller. A value that is a list of strings is written on
// one line.
type Field struct {
	Name  string
	Value any
}

// Add returns the text of a file with one more caller, behind the others. An empty
// text becomes a file.
func Add(text []byte, name string, fields []Field) ([]byte, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	if d.find(name) >= 0 {
		return nil, ErrExists
	}
	return d.edit(len(d.callers()), func(caller *yaml.Node) error {
		return setFields(caller, append([]Field{{nameField, name}}, fields...))
	})
}

// Change returns the text of a file in which a caller has other fields: it gets
// those in set, and loses those in remove.
func Change(text []byte, name string, set []Field, remove []string) ([]byte, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	at := d.find(name)
	if at < 0 {
		return nil, ErrNotFound
	}
	return d.edit(at, func(caller *yaml.Node) error {
		for _, field := range remove {
			removeField(caller, field)
		}
		return setFields(caller, set)
	})
}

// Remove returns the text of a file without a caller and without the comment that
// stands directly above it.
func Remove(text []byte, name string) ([]byte, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	at := d.find(name)
	if at < 0 {
		return nil, ErrNotFound
	}
	return d.edit(at, nil)
}

// document is a file that is being edited.
type document struct {
	text []byte
	root yaml.Node // of kind 0 if the text has no content
}

func parse(text []byte) (*document, error) {
	d := &document{text: text}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&d.root); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("authfile: %w", err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("authfile: the file has more than one YAML document")
	}
	if list := d.list(); list != nil && list.Kind != yaml.SequenceNode && list.Tag != "!!null" {
		return nil, fmt.Errorf("authfile: line %d: %s is not a list", list.Line, listName)
	}
	return d, nil
}

// list returns the node of the list of callers, or nil.
func (d *document) list() *yaml.Node {
	if d.root.Kind == 0 {
		return nil
	}
	return fieldOf(d.root.Content[0], listName)
}

// callers returns the nodes of the callers.
func (d *document) callers() []*yaml.Node {
	if list := d.list(); list != nil {
		return list.Content
	}
	return nil
}

// find returns the position of a caller, or -1.
func (d *document) find(name string) int {
	for i, caller := range d.callers() {
		if field := fieldOf(caller, nameField); field != nil && field.Value == name {
			return i
		}
	}
	return -1
}

// edit applies a change to the caller at a position, which it removes if change is
// nil. A position behind the last caller adds one. It changes only the lines of
// the caller if that gives the wanted result, else it writes the whole file.
func (d *document) edit(at int, change func(caller *yaml.Node) error) ([]byte, error) {
	want, err := d.expected(at, change)
	if err != nil {
		return nil, err
	}
	for _, write := range []func(int, func(*yaml.Node) error) ([]byte, error){d.splice, d.rewrite} {
		text, err := write(at, change)
		if err != nil {
			continue
		}
		var got map[string]any
		if err := yaml.Unmarshal(text, &got); err == nil && reflect.DeepEqual(want, got) {
			return text, nil
		}
	}
	return nil, ErrByHand
}

// expected returns the content that the file has after a change.
func (d *document) expected(at int, change func(*yaml.Node) error) (map[string]any, error) {
	content := map[string]any{}
	if d.root.Kind != 0 {
		if err := d.root.Decode(&content); err != nil {
			return nil, fmt.Errorf("authfile: %w", err)
		}
	}
	if content == nil { // the document is null
		content = map[string]any{}
	}
	callers, _ := content[listName].([]any) // parse has seen that it is a list or null
	if change == nil {
		callers = append(callers[:at:at], callers[at+1:]...)
	} else {
		caller, err := d.changed(at, change)
		if err != nil {
			return nil, err
		}
		var fields any
		if err := caller.Decode(&fields); err != nil {
			return nil, fmt.Errorf("authfile: %w", err)
		}
		callers = append(append(callers[:at:at], fields), callers[min(at+1, len(callers)):]...)
	}
	content[listName] = append([]any{}, callers...) // an empty list is not null
	return content, nil
}

// changed returns the node of a caller after a change. It leaves the document as
// it is.
func (d *document) changed(at int, change func(*yaml.Node) error) (*yaml.Node, error) {
	caller := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if callers := d.callers(); at < len(callers) {
		*caller = *callers[at]
		caller.Content = append([]*yaml.Node(nil), caller.Content...)
	}
	return caller, change(caller)
}

// rewrite returns the whole file as the library writes it: with the comments, but
// not with the blank lines.
func (d *document) rewrite(at int, change func(*yaml.Node) error) ([]byte, error) {
	var kept []*yaml.Node
	for i, caller := range d.callers() {
		if i != at {
			kept = append(kept, caller)
			continue
		}
		if change == nil {
			continue
		}
		changed, err := d.changed(at, change)
		if err != nil {
			return nil, err
		}
		kept = append(kept, changed)
	}
	if at == len(d.callers()) {
		added, err := d.changed(at, change)
		if err != nil {
			return nil, err
		}
		kept = append(kept, added)
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: kept}
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if d.root.Kind != 0 && d.root.Content[0].Kind == yaml.MappingNode {
		*root = *d.root.Content[0]
		root.Content = append([]*yaml.Node(nil), root.Content...)
		root.Style = 0
	}
	setNode(root, listName, list)
	key := root.Content[indexOf(root, listName)]
	key.LineComment, list.LineComment = key.LineComment+list.LineComment, "" // in block style it stands behind the name
	return encode(root)
}

// encode returns a node as text.
func encode(node *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(node); err != nil {
		return nil, fmt.Errorf("authfile: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("authfile: %w", err)
	}
	return out.Bytes(), nil
}
