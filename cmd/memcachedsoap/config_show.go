package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

type configShowCommand struct{ configArguments }

// effective is a setting in use.
type effective struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`          // a text, a bool, or a list of texts
	Source string `json:"source"`         // flag, environment, file or default
	Line   int    `json:"line,omitempty"` // of the file
}

// Run prints the settings in use: as YAML, which is a config file again.
func (c *configShowCommand) Run(std streams) error {
	parsed, settings, err := c.parse(std)
	if errors.Is(err, errPrinted) {
		return nil
	}
	if err != nil {
		return err
	}
	inUse := settingsInUse(parsed, settings.config().file)
	rows := table{}
	for _, e := range inUse {
		source := "# " + e.Source
		if e.Line > 0 {
			source += ", line " + strconv.Itoa(e.Line)
		}
		rows = append(rows, []string{settingLine(e.Name, e.Value), source})
	}
	return printResult(std, c.JSON, inUse, rows.append(nil))
}

// settingsInUse returns the settings of the daemon that have a value.
func settingsInUse(parsed *kong.Context, file *configFile) []effective {
	given := map[*kong.Flag]bool{} // on the command line
	for _, path := range parsed.Path {
		if path.Flag != nil && !path.Resolved {
			given[path.Flag] = true
		}
	}
	var found []effective
	for _, flag := range parsed.Selected().Flags {
		e := effective{Name: flag.Name, Value: settingValue(flag), Source: "default"}
		configured := file.find(flag)
		switch {
		case flag.Name == configFlag:
			continue
		case given[flag]:
			e.Source = "flag"
		case inEnvironment(flag):
			e.Source = "environment"
		case configured != nil:
			e.Source, e.Line = "file", configured.line
		case e.Value == "" || flag.Default == "" && flag.Target.IsZero():
			continue
		}
		found = append(found, e)
	}
	return found
}

// inEnvironment says whether the environment has a variable of a flag.
func inEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(variable string) bool {
		_, set := os.LookupEnv(variable)
		return set
	})
}

// settingValue returns the value that a flag has, as a config file can have it.
func settingValue(flag *kong.Flag) any {
	switch value := flag.Target.Interface().(type) {
	case bool:
		return value
	case slog.Level:
		return strings.ToLower(value.String())
	case time.Duration:
		return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(value.String())
	}
	if !flag.IsSlice() {
		return withoutPassword(fmt.Sprint(flag.Target.Interface()))
	}
	items := []string{}
	for i := range flag.Target.Len() {
		items = append(items, withoutPassword(fmt.Sprint(flag.Target.Index(i).Interface())))
	}
	return items
}

// hasPassword says whether a text is a URL with a password, or looks like one.
func hasPassword(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return strings.Contains(text, "://") && strings.Contains(text, "@")
	}
	_, has := u.User.Password()
	return has
}

// withoutPassword hides the password of a URL.
func withoutPassword(text string) string {
	if !hasPassword(text) {
		return text
	}
	if u, err := url.Parse(text); err == nil {
		return u.Redacted()
	}
	return "xxxxx"
}

// settingLine returns the line of a setting in a config file.
func settingLine(name string, value any) string {
	node := new(yaml.Node)
	switch value := value.(type) {
	case []string:
		node.Kind, node.Style = yaml.SequenceNode, yaml.FlowStyle
		for _, item := range value {
			node.Content = append(node.Content, textNode(item))
		}
	case bool:
		node.Kind, node.Value = yaml.ScalarNode, strconv.FormatBool(value)
	default:
		node = textNode(fmt.Sprint(value))
	}
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	err := encoder.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{textNode(name), node}})
	if err != nil {
		return name + ": " + strconv.Quote(fmt.Sprint(value)) // a text always can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// textNode returns a text, in quotes where YAML would read a bool, a null, or no text. A
// number needs none.
func textNode(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if text == "" || node.ShortTag() == "!!bool" || node.ShortTag() == "!!null" {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}
