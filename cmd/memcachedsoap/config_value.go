package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// configValue returns the value of a setting in a config file, as kong decodes it. It
// rejects what the setting cannot have.
func configValue(flag *kong.Flag, node *yaml.Node) (any, error) {
	var value any
	var err error
	switch {
	case node.Kind == yaml.SequenceNode && flag.IsSlice():
		value, err = configList(flag, node)
	case node.Kind == yaml.ScalarNode:
		value, err = configText(flag, node)
	case node.Kind == yaml.SequenceNode:
		err = strictyaml.Wrong(node, "%s: a list is not valid: %s", flag.Name, expected(flag))
	default:
		err = strictyaml.Wrong(node, "%s: a mapping is not valid: %s", flag.Name, expected(flag))
	}
	if err != nil {
		return nil, err
	}
	target := reflect.New(flag.Target.Type()).Elem()
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value})
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return nil, strictyaml.Wrong(node, "%s: %q is not valid: %s", flag.Name, strictyaml.Shown(textOf(value)), expected(flag))
	}
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), fmt.Sprint(target)) {
		return nil, strictyaml.Wrong(node, "%s: %q is not valid: %s", flag.Name, strictyaml.Shown(textOf(value)), expected(flag))
	}
	return value, nil
}

// configList returns the items of a list.
func configList(flag *kong.Flag, node *yaml.Node) (any, error) {
	var items []any
	err := strictyaml.EachItem(node, flag.Name, func(item *yaml.Node) error {
		if item.Kind != yaml.ScalarNode {
			return strictyaml.Wrong(item, "%s has an item that is no text: %s", flag.Name, expected(flag))
		}
		text, err := configText(flag, item)
		items = append(items, text)
		return err
	})
	if err == nil && items == nil {
		err = strictyaml.Wrong(node, "%s has no value: leave the line out for the default", flag.Name)
	}
	return items, err
}

// configText returns the text of a value or of an item.
func configText(flag *kong.Flag, node *yaml.Node) (string, error) {
	switch tag := node.ShortTag(); {
	case node.Style&yaml.TaggedStyle != 0:
		return "", strictyaml.Wrong(node, "%s has a tag, which is not allowed", flag.Name)
	case tag == "!!null", node.Value == "":
		return "", strictyaml.Wrong(node, "%s has no value: leave the line out for the default", flag.Name)
	case strings.ContainsFunc(node.Value, unicode.IsControl):
		return "", strictyaml.Wrong(node, "%s must be a text in one line", flag.Name)
	case flag.IsBool() != (tag == "!!bool"):
		return "", strictyaml.Wrong(node, "%s: %q is not valid: %s", flag.Name, strictyaml.Shown(node.Value), expected(flag))
	case hasPassword(node.Value):
		return "", strictyaml.Wrong(node, "%s has a password: a config file must not have one. Use the setting that names a file with the password", flag.Name)
	}
	return node.Value, nil
}

// textOf returns a value of a config file as a text.
func textOf(value any) string {
	if items, ok := value.([]any); ok {
		return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(items), "["), "]")
	}
	return fmt.Sprint(value)
}

// expected says what a setting must be.
func expected(flag *kong.Flag) string {
	example := ""
	if flag.HasDefault {
		example = ", such as " + flag.Default
	}
	if values := valuesOfSetting(flag); values != "" {
		return "use one of " + values
	}
	if flag.IsBool() {
		return "use true or false, without quotes"
	}
	switch flag.Target.Interface().(type) {
	case byteSize:
		return "use a number of bytes, or of KiB, MiB or GiB, such as 4MiB"
	case seconds:
		return "use a whole number of seconds, such as 3600"
	case time.Duration:
		return "use a time with the unit ms, s, m or h" + example
	case []netip.Prefix:
		return "use a list of networks, such as [127.0.0.0/8, 10.1.0.0/16]"
	case int:
		return "use a whole number" + example
	}
	if flag.IsSlice() {
		return "use a list of texts, such as [ONE, TWO]"
	}
	return "use a text in one line, in quotes if it is true or false"
}

// valuesOfSetting returns the values that a setting can have, if they are few.
func valuesOfSetting(flag *kong.Flag) string {
	values := flag.Enum
	if complete := flag.Tag.Get("complete"); values == "" && strings.Contains(complete, ",") {
		values = complete
	}
	return strings.ReplaceAll(values, ",", ", ")
}
