package access

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// textsOf returns the texts of a list that is not empty.
func textsOf(node *yaml.Node, what string) ([]string, error) {
	var texts []string
	err := strictyaml.EachItem(node, what, func(item *yaml.Node) error {
		text, err := strictyaml.Text(item, what)
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
		text, err := strictyaml.Text(node, what)
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
	text, err := strictyaml.Text(node, what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n <= maxNumber) {
		return 0, wrong(node, "%s must be a number a second that is more than 0, such as 100 or 0.5", what)
	}
	return n, nil
}
