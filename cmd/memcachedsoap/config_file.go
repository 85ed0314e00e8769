package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// configSettings are the setting of a daemon that names its config file, and the file.
// The daemon embeds it.
type configSettings struct {
	Config string `placeholder:"FILE" complete:":files" group:"Config file:" help:"YAML file with settings: the names of the flags without --, such as max-body: 4MiB. Flags and environment variables take precedence over it. memcachedsoap config check checks a file, and config example prints one. Default: no file is read."`

	file *configFile // nil without a file
}

// configFlag is the name of the flag of [configSettings], which a file cannot have.
const configFlag = "config"

// BeforeResolve reads the file and makes kong take settings from it. Kong calls it.
func (s *configSettings) BeforeResolve(ctx *kong.Context, path *kong.Path) error {
	for _, flag := range path.Command.Flags {
		if flag.Name == configFlag {
			s.Config, _ = ctx.FlagValue(flag).(string)
		}
	}
	s.file = nil
	if s.Config == "" {
		return nil
	}
	file, err := readConfig(s.Config, path.Command)
	if err != nil {
		return usageError("%v", err)
	}
	s.file = file
	ctx.AddResolver(file)
	return nil
}

// located adds to an error that names settings where those of the file are.
func (s *configSettings) located(err error) error {
	if s.file == nil || err == nil {
		return err
	}
	var places []string
	for _, name := range aFlag.FindAllString(err.Error(), -1) {
		i := slices.IndexFunc(s.file.settings, func(c configured) bool { return "--"+c.flag.Name == name })
		if i < 0 {
			continue
		}
		place := fmt.Sprintf("%s in line %d", s.file.settings[i].flag.Name, s.file.settings[i].line)
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if places == nil {
		return err
	}
	return fmt.Errorf("%w (%s: %s)", err, s.file.path, strings.Join(places, ", "))
}

// configFile is a config file that was read.
type configFile struct {
	path     string
	daemon   *kong.Node   // for which it is
	settings []configured // in the order of the file
}

// configured is a setting of a config file.
type configured struct {
	flag  *kong.Flag
	line  int
	value any // as kong decodes it: a text, or a list of texts
}

// Validate implements [kong.Resolver].
func (*configFile) Validate(*kong.Application) error { return nil }

// Resolve implements [kong.Resolver]. Kong asks for flags that are not on the command
// line; a variable takes precedence over the file.
func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, variable := range flag.Envs {
		if _, set := os.LookupEnv(variable); set {
			return nil, nil //nolint:nilnil // as the interface has it
		}
	}
	if c := f.find(flag); c != nil {
		return c.value, nil
	}
	return nil, nil //nolint:nilnil // as the interface has it
}

// find returns the setting of a flag, or nil.
func (f *configFile) find(flag *kong.Flag) *configured {
	for i := range f.settings {
		if f.settings[i].flag == flag {
			return &f.settings[i]
		}
	}
	return nil
}

// changed returns the names of the settings that differ between two files.
func (f *configFile) changed(other *configFile) []string {
	var names []string
	for _, pair := range [][2]*configFile{{f, other}, {other, f}} {
		for _, c := range pair[0].settings {
			same := pair[1].find(c.flag)
			if (same == nil || fmt.Sprint(same.value) != fmt.Sprint(c.value)) && !slices.Contains(names, c.flag.Name) {
				names = append(names, c.flag.Name)
			}
		}
	}
	return names
}

// readConfig reads a config file for a daemon.
func readConfig(path string, daemon *kong.Node) (*configFile, error) {
	text, err := readConfigText(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &configFile{path: path, daemon: daemon}
	root, err := strictyaml.Parse(text)
	if err == nil && root != nil {
		err = strictyaml.EachField(root, "the file", func(key, value *yaml.Node) error {
			flag, err := settingOf(key, daemon)
			if err != nil {
				return err
			}
			c := configured{flag: flag, line: key.Line}
			c.value, err = configValue(flag, value)
			f.settings = append(f.settings, c)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// readConfigText reads the text of a file.
func readConfigText(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait
	if err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	var text []byte
	if err == nil {
		var file *os.File
		if file, err = os.Open(path); err == nil {
			defer func() { _ = file.Close() }() // it was only read
			text, err = io.ReadAll(io.LimitReader(file, strictyaml.MaxFile+1))
		}
	}
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil // editors of Windows write it
}

// settingOf returns the flag that a name in the file means.
func settingOf(key *yaml.Node, daemon *kong.Node) (*kong.Flag, error) {
	name := key.Value
	if name == configFlag {
		return nil, strictyaml.Wrong(key, "%s cannot be in the file: a file names no other one", configFlag)
	}
	for _, flag := range daemon.Flags {
		if flag.Name == name {
			return flag, nil
		}
	}
	return nil, strictyaml.Wrong(key, "unknown setting %q: %s", strictyaml.Shown(name), suggestion(name, daemon))
}

// suggestion says which setting is meant by an unknown name.
func suggestion(name string, daemon *kong.Node) string {
	name = strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(name, "_", "-")), strings.ToLower(strings.ReplaceAll(environmentPrefix, "_", "-")))
	name = strings.TrimPrefix(name, "--")
	nearest, distance := "", len(name)
	for _, flag := range daemon.Flags {
		if flag.Name == configFlag {
			continue
		}
		if flag.IsBool() && name == "no-"+flag.Name {
			return "write " + flag.Name + ": false"
		}
		if d := editDistance(name, flag.Name); d < distance {
			nearest, distance = flag.Name, d
		}
	}
	if distance > 0 {
		for _, other := range daemon.Parent.Children {
			if other != daemon && slices.Contains(daemons(), other.Name) && slices.ContainsFunc(other.Flags, func(f *kong.Flag) bool { return f.Name == name }) {
				return fmt.Sprintf("it is a setting of %s, and this file is for %s", other.Name, daemon.Name)
			}
		}
	}
	const near, part = 5, 3 // letters; of a word
	if distance <= min(near, max(1, len(name)/part)) && nearest != "" {
		return "is " + nearest + " meant?"
	}
	return "memcachedsoap config example prints all settings of " + daemon.Name
}

// editDistance returns how many letters must be inserted, removed or replaced to get
// from one word to another one (Levenshtein). It reads only the first letters of a
// long word.
func editDistance(one, other string) int {
	const longest = 64
	one, other = one[:min(len(one), longest)], other[:min(len(other), longest)]
	row := make([]int, len(other)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(one) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(other) {
			replaced := diagonal
			if one[i] != other[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(other)]
}
