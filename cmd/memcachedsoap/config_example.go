package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

type configExampleCommand struct{ daemonFlag }

// Run prints a config file in which every setting is a comment.
func (c *configExampleCommand) Run(std streams) error {
	parser, err := newParserFor([]string{c.For})
	if err != nil {
		return err
	}
	for _, daemon := range parser.Model.Children {
		if daemon.Name == c.For {
			_, err := std.Out.Write(exampleConfig(daemon))
			return outputError(err)
		}
	}
	return usageError("no command named %s", c.For) // the enum has the names
}

// exampleWidth is the width of the comments of an example.
const exampleWidth = 100

// exampleConfig returns a config file with every setting of a daemon, under the titles
// of their groups.
func exampleConfig(daemon *kong.Node) []byte {
	out := appendComment(nil, "Settings of memcachedsoap "+daemon.Name+
		". Each is a flag of the command, without --. Flags and environment variables take precedence over this file."+
		" Remove the # before a setting to set it. Where no default is named, the value only shows the form.")
	out = append(out, '#', '\n')
	out = appendComment(out, "Check the file: memcachedsoap config check FILE --for "+daemon.Name)
	out = append(out, '#', '\n')
	out = appendComment(out, "The file has no secrets: settings name files that have them.")
	group := ""
	for _, flag := range daemon.Flags {
		if flag.Name == configFlag {
			continue
		}
		if flag.Group.Title != group {
			group = flag.Group.Title
			out = append(out, "\n\n# ---- "+strings.TrimSuffix(group, ":")+" ----\n"...)
		}
		out = append(out, '\n')
		out = appendComment(out, exampleSentence(flag))
		out = append(out, '#')
		out = append(out, settingLine(flag.Name, exampleValue(flag))...)
		out = append(out, '\n')
	}
	return out
}

// exampleSentence says what a setting does, and its default.
func exampleSentence(flag *kong.Flag) string {
	sentence := firstSentence(flag.Help) + "."
	if values := valuesOfSetting(flag); values != "" {
		sentence += " One of " + values + "."
	}
	switch _, standard, found := cutLast(flag.Help, " Default"); {
	case flag.HasDefault:
		sentence += " Default: " + flag.Default + "."
	case found:
		sentence += " Default" + standard
	case flag.IsBool():
		sentence += " Default: false."
	}
	return sentence
}

// cutLast cuts a text around the last occurrence of another one.
func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}

// exampleValue returns the default of a setting, or what shows its form.
func exampleValue(flag *kong.Flag) any {
	text := flag.Default
	switch {
	case flag.IsBool():
		return text == "true"
	case text == "":
		text = flag.PlaceHolder
	}
	if flag.IsSlice() {
		return strings.Split(text, ",")
	}
	return text
}

// appendComment appends a text as a comment, in lines of [exampleWidth].
func appendComment(dst []byte, text string) []byte {
	width := exampleWidth
	for word := range strings.FieldsSeq(text) {
		if width+1+len(word) > exampleWidth {
			if len(dst) > 0 && dst[len(dst)-1] != '\n' {
				dst = append(dst, '\n')
			}
			dst = append(dst, '#')
			width = 1
		}
		dst = append(dst, ' ')
		dst = append(dst, word...)
		width += 1 + len(word)
	}
	return append(dst, '\n')
}
