package access

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// MaxFile is the greatest size of an auth file in bytes.
const MaxFile = strictyaml.MaxFile

// File is an auth file.
type File struct {
	Callers []Entry `yaml:"callers"`
}

// Entry is a caller as it stands in the auth file. To write a file, marshal a [File]
// to YAML; [ParseFile] then says whether it is valid.
type Entry struct { //nolint:recvcheck // a value is printed, and an address read into
	Name           string   `yaml:"name"`
	Roles          []string `yaml:"roles,flow"`
	Password       Texts    `yaml:"password,omitempty"` // hashes, see HashPassword
	DigestPassword Texts    `yaml:"digest-password,omitempty"`
	Key            Texts    `yaml:"key,omitempty"` // hashes, see NewKey
	Certificate    Texts    `yaml:"certificate,omitempty"`
	Addresses      []string `yaml:"addresses,omitempty,flow"`
	Dialects       []string `yaml:"dialects,omitempty,flow"`
	Hide           []string `yaml:"hide,omitempty,flow"`
	Rate           float64  `yaml:"rate,omitempty"`
	Quota          float64  `yaml:"quota,omitempty"`

	// Line is where the caller stands in the file; 0 for a new one.
	Line int `yaml:"-"`

	caller *Caller // what the entry says, once it was read
}

// MaxValid is how many passwords, digest passwords and keys of a caller are valid at
// the same time: the old one and the new one while a program gets the new one. Each
// more makes the answer to a wrong password take longer.
const MaxValid = 2

// Texts are the values of a field that has one value or a list of them.
type Texts []string

// MarshalYAML writes a single value without a list.
func (t Texts) MarshalYAML() (any, error) {
	if len(t) == 1 {
		return t[0], nil
	}
	return []string(t), nil
}

// String returns the name: what is printed of an entry has no secret.
func (e Entry) String() string { return e.Name }

// GoString returns the name.
func (e Entry) GoString() string { return e.Name }

// FileError says what is wrong with an auth file. It quotes no secret.
type FileError struct {
	Line   int // 0 if the whole file is meant
	Reason string
	Err    error // of the file system, or nil
}

// Unwrap returns the error of the file system.
func (e *FileError) Unwrap() error { return e.Err }

// Error implements error.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return "access: " + e.Reason
	}
	return fmt.Sprintf("access: line %d: %s", e.Line, e.Reason)
}

func wrong(at *yaml.Node, format string, args ...any) error {
	return &FileError{Line: at.Line, Reason: fmt.Sprintf(format, args...)}
}

// ParseFile parses an auth file. It accepts only what it understands: an unknown
// field, a field or a name that is there twice, and an unknown role are errors. The
// error is a [*FileError].
func ParseFile(text []byte) (*File, error) {
	root, err := strictyaml.Parse(text)
	if err == nil && root == nil {
		return nil, &FileError{Reason: "the file is empty; it must list callers"}
	}
	file := new(File)
	if err == nil {
		err = file.read(root)
	}
	if e, ok := errors.AsType[*strictyaml.Error](err); ok {
		err = &FileError{Line: e.Line, Reason: e.Reason}
	}
	return file, err
}

// read reads the whole document.
func (f *File) read(root *yaml.Node) error {
	found := false
	err := strictyaml.EachField(root, "the file", func(key, value *yaml.Node) error {
		if key.Value != "callers" {
			return wrong(value, "unknown field %q; the file has only the field callers", strictyaml.Shown(key.Value))
		}
		found = true
		return strictyaml.EachItem(value, "callers", func(item *yaml.Node) error {
			entry, err := readEntry(item)
			if err != nil {
				return err
			}
			f.Callers = append(f.Callers, entry)
			return nil
		})
	})
	if err == nil && !found {
		return wrong(root, "the field callers is missing")
	}
	if err == nil {
		err = f.checkUnique()
	}
	return err
}

// checkUnique rejects two callers that cannot be told apart.
func (f *File) checkUnique() error {
	type claim struct{ kind, value string }
	owners := map[claim]*Entry{}
	for i := range f.Callers {
		e := &f.Callers[i]
		claims := []claim{{"name", e.Name}}
		for _, key := range e.caller.keys {
			claims = append(claims, claim{"key", string(key[:])})
		}
		for _, name := range e.caller.certificates {
			claims = append(claims, claim{"certificate", name})
		}
		for _, network := range e.caller.networks {
			claims = append(claims, claim{"address", network.String()})
		}
		if e.caller.unix {
			claims = append(claims, claim{"address", unixAddress})
		}
		for _, c := range claims {
			if first := owners[c]; first != nil {
				if first == e {
					return &FileError{Line: e.Line, Reason: fmt.Sprintf("the caller %s has the same %s twice", e.Name, c.kind)}
				}
				if c.kind == "name" {
					return &FileError{Line: e.Line, Reason: fmt.Sprintf("the name %s is already that of the caller in line %d", e.Name, first.Line)}
				}
				return &FileError{Line: e.Line, Reason: fmt.Sprintf("the caller %s has the same %s as %s in line %d", e.Name, c.kind, first.Name, first.Line)}
			}
			owners[c] = e
		}
	}
	return nil
}
