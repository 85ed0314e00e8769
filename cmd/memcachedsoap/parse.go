package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"memcachedsoap/soap/xmlwrite"
)

// maxNesting is how deep a service shows values.
const maxNesting = 512

// parseAttributes reads the attributes of a session from a JSON object.
// Numbers and booleans become text as they are written. What could mean two
// things is refused: names that occur twice, invalid UTF-8, half a surrogate
// pair.
func parseAttributes(document []byte) (hash, error) {
	if !utf8.Valid(document) {
		return hash{}, errors.New("it is not UTF-8")
	}
	r := jsonReader{
		Decoder: json.NewDecoder(bytes.NewReader(document)),
		// encoding/json puts U+FFFD for half a surrogate pair. Where the
		// document has none of its own, one that turns up gives it away.
		replaced: bytes.ContainsRune(document, utf8.RuneError) || bytes.Contains(bytes.ToLower(document), []byte(`\ufffd`)),
	}
	r.UseNumber()
	attributes, err := r.document()
	if err != nil {
		return hash{}, fmt.Errorf("%w, at byte %d", err, r.InputOffset())
	}
	return attributes, nil
}

type jsonReader struct {
	*json.Decoder

	replaced bool // whether the document has U+FFFD itself
	depth    int
}

func (r *jsonReader) document() (hash, error) {
	token, err := r.Token()
	if err == nil && token != json.Delim('{') {
		err = errors.New("it is no JSON object")
	}
	if err != nil {
		return hash{}, jsonError(err)
	}
	attributes, err := r.object()
	if err != nil {
		return hash{}, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return hash{}, errors.New("something follows the JSON object")
	}
	return attributes, nil
}

// object reads the members of an object and its end.
func (r *jsonReader) object() (hash, error) {
	var h hash
	seen := map[string]bool{}
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return hash{}, jsonError(err)
		}
		name, _ := token.(string) // the decoder takes nothing else here
		if err := r.check(name); err != nil {
			return hash{}, err
		}
		if seen[name] {
			return hash{}, errors.New("a name occurs twice in one object")
		}
		seen[name] = true
		if !xmlwrite.Carries(name) {
			return hash{}, errors.New("a name holds a character that XML cannot carry")
		}
		v, err := r.value()
		if err != nil {
			return hash{}, err
		}
		h.Entries = append(h.Entries, entry{Key: name, value: v})
	}
	_, err := r.Token()
	return h, jsonError(err)
}

func (r *jsonReader) value() (value, error) {
	token, err := r.Token()
	if err != nil {
		return value{}, jsonError(err)
	}
	switch t := token.(type) {
	case string:
		return stringOf(t), r.check(t)
	case json.Number:
		return stringOf(t.String()), nil
	case bool:
		return stringOf(strconv.FormatBool(t)), nil
	case json.Delim:
		return r.nested(t)
	default:
		return value{Undef: true}, nil
	}
}

// nested reads an array or an object.
func (r *jsonReader) nested(open json.Delim) (value, error) {
	if r.depth++; r.depth > maxNesting {
		return value{}, errors.New("it is nested too deeply")
	}
	defer func() { r.depth-- }()
	if open == '{' {
		h, err := r.object()
		if err != nil {
			return value{}, err
		}
		return objectOf(h)
	}
	items := &list{}
	for r.More() {
		item, err := r.value()
		if err != nil {
			return value{}, err
		}
		items.Items = append(items.Items, item)
	}
	_, err := r.Token()
	return value{List: items}, jsonError(err)
}

// objectOf tells bytes from a hash.
func objectOf(h hash) (value, error) {
	if len(h.Entries) != 1 {
		return value{Hash: &h}, nil
	}
	only := &h.Entries[0]
	if strings.HasPrefix(only.Key, "$$") {
		only.Key = only.Key[1:]
		return value{Hash: &h}, nil
	}
	if only.Key != binaryName {
		return value{Hash: &h}, nil
	}
	if only.Text == nil {
		return value{}, errors.New("what " + binaryName + " names is no string")
	}
	var b binary
	if err := b.UnmarshalText([]byte(*only.Text)); err != nil {
		return value{}, err
	}
	return value{Binary: &b}, nil
}

// check refuses a string that encoding/json has changed.
func (r *jsonReader) check(text string) error {
	if !r.replaced && strings.ContainsRune(text, utf8.RuneError) {
		return errors.New("a string holds half a surrogate pair")
	}
	return nil
}

// jsonError says what encoding/json's errors leave out.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends too early")
	}
	return err
}
