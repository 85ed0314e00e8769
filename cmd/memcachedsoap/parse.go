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
)

// maxNesting is the deepest nesting of values that a service returns.
const maxNesting = 512

// parseAttributes parses the attributes of a session, which are a JSON object.
// Numbers and booleans keep their type. It rejects what is
// ambiguous: duplicate names, invalid UTF-8, and half a surrogate pair.
func parseAttributes(document []byte) (hash, error) {
	if !utf8.Valid(document) {
		return hash{}, errors.New("the document is not UTF-8")
	}
	r := jsonReader{
		Decoder: json.NewDecoder(bytes.NewReader(document)),
		// encoding/json decodes half a surrogate pair to U+FFFD. If the document
		// does not contain U+FFFD itself, its presence reveals such a half.
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

	replaced bool // whether the document contains U+FFFD itself
	depth    int
}

func (r *jsonReader) document() (hash, error) {
	token, err := r.Token()
	if err == nil && token != json.Delim('{') {
		err = errors.New("the document is not a JSON object")
	}
	if err != nil {
		return hash{}, jsonError(err)
	}
	attributes, err := r.object()
	if err != nil {
		return hash{}, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return hash{}, errors.New("the document continues behind the JSON object")
	}
	return attributes, nil
}

// object parses the members of an object and its end.
func (r *jsonReader) object() (hash, error) {
	var h hash
	seen := map[string]bool{}
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return hash{}, jsonError(err)
		}
		name, _ := token.(string) // the decoder accepts nothing else here
		if err := r.check(name); err != nil {
			return hash{}, err
		}
		if name, err = nameOf(name); err != nil {
			return hash{}, err
		}
		if seen[name] {
			return hash{}, errors.New("a name occurs twice in one object")
		}
		seen[name] = true
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
		return numberOf(t.String()), nil
	case bool:
		return typed(booleanType, strconv.FormatBool(t)), nil
	case json.Delim:
		return r.nested(t)
	default:
		return value{Undef: true}, nil
	}
}

// numberOf returns a number as a value. An integer that no int has is a double.
func numberOf(text string) value {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
		return typed(intType, text)
	}
	return typed(doubleType, text)
}

// nested parses an array or an object.
func (r *jsonReader) nested(open json.Delim) (value, error) {
	if r.depth++; r.depth > maxNesting {
		return value{}, fmt.Errorf("the nesting is deeper than %d levels", maxNesting)
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

// objectOf returns the value that an object stands for: bytes or a hash.
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
		return value{}, errors.New("the value of " + binaryName + " must be a string of base64")
	}
	var b binary
	if err := b.UnmarshalText([]byte(*only.Text)); err != nil {
		return value{}, err
	}
	return value{Binary: &b}, nil
}

// check rejects a string that encoding/json has changed.
func (r *jsonReader) check(text string) error {
	if !r.replaced && strings.ContainsRune(text, utf8.RuneError) {
		return errors.New("a string contains half a surrogate pair")
	}
	return nil
}

// jsonError gives a document that is cut off a clear error.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the document ends too early")
	}
	return err
}
