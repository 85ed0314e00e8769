package access

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// maxShown is how many bytes of a text from the file an error quotes.
const maxShown = 40

// shown shortens a text from the file for an error.
func shown(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// eachField calls do for each field of a mapping. It rejects a field that is there
// twice.
func eachField(node *yaml.Node, what string, do func(name string, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return wrong(node, "%s must have fields, such as name: VALUE", what)
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return wrong(key, "the name of a field must be a word")
		}
		if first := lines[key.Value]; first != 0 {
			return wrong(key, "the field %s is already in line %d", shown(key.Value), first)
		}
		lines[key.Value] = key.Line
		if value.Anchor != "" || value.Kind == yaml.AliasNode {
			return wrong(key, "the field %s has an anchor or an alias, which an auth file cannot have", shown(key.Value))
		}
		if err := do(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// eachItem calls do for each item of a list.
func eachItem(node *yaml.Node, what string, do func(*yaml.Node) error) error {
	if node.Kind != yaml.SequenceNode {
		return wrong(node, "%s must be a list, such as [ONE, TWO]", what)
	}
	for _, item := range node.Content {
		if item.Anchor != "" || item.Kind == yaml.AliasNode {
			return wrong(item, "%s has an anchor or an alias, which an auth file cannot have", what)
		}
		if err := do(item); err != nil {
			return err
		}
	}
	return nil
}

// textOf returns the text of a field, or of an item of it. It rejects what no field can
// have.
func textOf(node *yaml.Node, what string) (string, error) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || node.Tag == "!!binary" {
		return "", wrong(node, "%s must be a text", what)
	}
	if node.Value == "" || strings.ContainsFunc(node.Value, unicode.IsControl) {
		return "", wrong(node, "%s must be a text in one line that is not empty", what)
	}
	return node.Value, nil
}

// textsOf returns the texts of a list that is not empty.
func textsOf(node *yaml.Node, what string) ([]string, error) {
	var texts []string
	err := eachItem(node, what, func(item *yaml.Node) error {
		text, err := textOf(item, what)
		texts = append(texts, text)
		return err
	})
	if err == nil && texts == nil {
		err = wrong(node, "%s must not be empty: leave the field out instead", what)
	}
	return texts, err
}

// eachText returns the texts of a field that has one text, or a list of at most a
// number of them, after it has called check for each.
func eachText(node *yaml.Node, what string, most int, check func(*yaml.Node) error) (texts []string, err error) {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		if texts, err = textsOf(node, what); err != nil {
			return nil, err
		}
		items = node.Content
	} else {
		text, err := textOf(node, what)
		if err != nil {
			return nil, err
		}
		texts = []string{text}
	}
	if len(items) > most {
		return nil, wrong(items[most], "%s has %d values; use at most %d", what, len(items), most)
	}
	for i, item := range items {
		if slices.Contains(texts[:i], texts[i]) {
			return nil, wrong(item, "%s has the same value twice", what)
		}
		if err := check(item); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// maxNumber is the greatest rate and quota.
const maxNumber = 1e9

// numberOf returns the number of calls a second of a field.
func numberOf(node *yaml.Node, what string) (float64, error) {
	text, err := textOf(node, what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n <= maxNumber) {
		return 0, wrong(node, "%s must be a number a second that is more than 0, such as 100 or 0.5", what)
	}
	return n, nil
}
