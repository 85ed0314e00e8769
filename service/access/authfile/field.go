package authfile

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// fieldOf returns the value of a field of a mapping, or nil.
func fieldOf(mapping *yaml.Node, name string) *yaml.Node {
	if i := indexOf(mapping, name); i >= 0 {
		return mapping.Content[i+1]
	}
	return nil
}

// indexOf returns the position of the name of a field in the content of a
// mapping, or -1. The value is behind it.
func indexOf(mapping *yaml.Node, name string) int {
	if mapping.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return i
		}
	}
	return -1
}

// setFields gives a mapping fields. A field that it has keeps its place and its
// comment; the others come behind.
func setFields(mapping *yaml.Node, fields []Field) error {
	for _, field := range fields {
		value := new(yaml.Node)
		if err := value.Encode(field.Value); err != nil {
			return fmt.Errorf("authfile: %w", err)
		}
		if value.Kind == yaml.SequenceNode {
			value.Style = yaml.FlowStyle
		}
		setNode(mapping, field.Name, value)
	}
	return nil
}

// setNode gives a mapping a field. The comment behind the old value stays.
func setNode(mapping *yaml.Node, name string, value *yaml.Node) {
	i := indexOf(mapping, name)
	if i < 0 {
		mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, value)
		return
	}
	old := mapping.Content[i+1]
	value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
	mapping.Content[i+1] = value
}

// removeField removes a field of a mapping, if it is there.
func removeField(mapping *yaml.Node, name string) {
	if i := indexOf(mapping, name); i >= 0 {
		mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
	}
}
