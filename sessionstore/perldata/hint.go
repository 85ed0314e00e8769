package perldata

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Perl has no booleans: a program that stores one stores 1 or 0. So that programs in other
// languages get a boolean back, a session has a hint beside such an attribute: another
// attribute, whose text is a JSON array of JSON Pointers (RFC 6901) to the booleans in it.
// While a session is in memory they have [FormBoolean] instead: [AddHints] makes hints of
// that form, and [TakeHints] gives the form to what hints are about.

// HintSuffix ends the name of a hint: that of the attribute with the booleans comes before
// it.
const HintSuffix = "#t"

// maxHint bounds a hint, in bytes: the way to a value may be as long as the session.
const maxHint = 256 << 10

// Boolean returns the boolean that a value is, and whether it is one ([FormBoolean]).
func (v Value) Boolean() (b, ok bool) {
	if v.form != FormBoolean {
		return false, false
	}
	return v.kind == KindInt && v.num != 0 || v.str == "1", true
}

// BooleanOf makes a boolean: 1 or 0 for Perl.
func BooleanOf(b bool) Value {
	n := int64(0)
	if b {
		n = 1
	}
	return IntOf(n).WithForm(FormBoolean)
}

// mayBeBoolean says whether a value can be what a program has made of a boolean: 1 or 0 as
// a number or as text, or Perl's own false, which is empty text.
func (v Value) mayBeBoolean() bool {
	switch v.kind {
	case KindInt:
		return v.num <= 1
	case KindBytes, KindText:
		return v.str == "1" || v.str == "0" || v.str == ""
	default:
		return false
	}
}

// IsHint says whether an attribute is a hint. One that has such a name and another value
// is an attribute like others.
func IsHint(name string, v Value) bool {
	return strings.HasSuffix(name, HintSuffix) && pointersIn(v) != nil
}

// pointersIn returns the pointers in a value that has the form of a hint, else nil.
func pointersIn(v Value) []pointer {
	if v.kind != KindBytes && v.kind != KindText || len(v.str) > maxHint || !strings.HasPrefix(v.str, `["`) {
		return nil
	}
	var pointers []pointer
	if json.Unmarshal([]byte(v.str), &pointers) != nil {
		return nil
	}
	return pointers
}

// pointer is a JSON Pointer.
type pointer string

// UnmarshalJSON refuses what is no pointer, also null, which [json.Unmarshal] would take
// for an empty string.
func (p *pointer) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil {
		return &UnrepresentableError{Reason: "it is no JSON Pointer"}
	}
	if s == nil || *s != "" && (*s)[0] != '/' || strings.Contains(unescaped.Replace(*s), "~") {
		return &UnrepresentableError{Reason: "it is no JSON Pointer"}
	}
	*p = pointer(*s)
	return nil
}

//nolint:gochecknoglobals // nothing writes them
var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
	unescaped = strings.NewReplacer("~1", "", "~0", "") // leaves a ~ that escapes nothing
)

// next splits off the name or number of the value that is next on the way.
func (p pointer) next() (step string, rest pointer) {
	step, after, more := strings.Cut(string(p[1:]), "/")
	if strings.Contains(step, "~") {
		step = unescaper.Replace(step)
	}
	if more {
		return step, p[len(p)-len(after)-1:]
	}
	return step, ""
}

// TakeHints removes the hints from a session that was read, and gives [FormBoolean] to the
// values that they are about. It leaves out those that do not fit: a program that does not
// know the hint may have put another value there.
func TakeHints(session *Hash) {
	if hints, _ := markHints(session); hints != nil {
		session.DeleteAll(hints)
	}
}

// MarkHints is TakeHints, but leaves the hints where they are, for [UpdateHints]. It
// returns the names of the attributes that they are about.
func MarkHints(session *Hash) (about []string) {
	_, about = markHints(session)
	return about
}

func markHints(session *Hash) (hints, about []string) {
	for i := range session.entries {
		e := &session.entries[i]
		name, isHint := strings.CutSuffix(e.Name, HintSuffix)
		if !isHint {
			continue
		}
		pointers := pointersIn(e.Value)
		if pointers == nil {
			continue
		}
		hints, about = append(hints, e.Name), append(about, name)
		if at := session.find(name); at >= 0 {
			for _, p := range pointers {
				markBoolean(&session.entries[at].Value, p)
			}
		}
	}
	return hints, about
}

// maxRefs bounds how many references in a row lead to a value: one may lead to itself.
const maxRefs = 16

// markBoolean gives the value to which a pointer leads from another one the form of a
// boolean, if it may be one.
func markBoolean(v *Value, p pointer) {
	for refs := 0; ; {
		switch {
		case v.kind == KindRef:
			if refs++; refs > maxRefs {
				return
			}
			v = &v.Scalar().Value
			continue
		case p == "":
			if v.mayBeBoolean() {
				v.form = FormBoolean
			}
			return
		}
		var step string
		step, p = p.next()
		if v = v.inside(step); v == nil {
			return
		}
	}
}

// inside returns the place of the value in a list or hash that has a number or name; nil
// if there is none.
func (v *Value) inside(step string) *Value {
	if h := v.Hash(); h != nil {
		if i := h.find(step); i >= 0 {
			return &h.entries[i].Value
		}
		return nil
	}
	l := v.List()
	if l == nil {
		return nil
	}
	n, err := strconv.Atoi(step)
	if err != nil || n < 0 || n >= len(l.Items) || strconv.Itoa(n) != step {
		return nil
	}
	return &l.Items[n]
}

// AddHints adds the hints of attributes that are to be stored. The error is an
// [*UnrepresentableError], and then some hints may be missing.
func AddHints(attributes *Hash) error {
	for i := range attributes.Len() { // not those that are added
		if err := attributes.updateHint(attributes.entries[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// UpdateHints adds, changes and removes the hints of the attributes with these names, so
// that they are right for the present values. Its error is that of AddHints.
func UpdateHints(attributes *Hash, names []string) error {
	for _, name := range names {
		if err := attributes.updateHint(name); err != nil {
			return err
		}
	}
	return nil
}

// updateHint makes the hint of the attribute with a name right.
func (h *Hash) updateHint(name string) error {
	v, _ := h.Get(name)
	w := hintWriter{}
	if err := w.value(v, 0); err != nil {
		return err
	}
	former, there := h.Get(name + HintSuffix)
	isHint := there && pointersIn(former) != nil
	if len(w.text) == 0 {
		if isHint {
			h.Delete(name + HintSuffix)
		}
		return nil
	}
	hint := string(append(w.text, ']'))
	switch {
	case there && !isHint:
		return &UnrepresentableError{Reason: "an attribute with booleans is there, and one with its name followed by " + HintSuffix +
			", which is kept for what the store notes about booleans; leave that one out"}
	case former.Str() != hint:
		h.Set(name+HintSuffix, BytesOf(hint))
	}
	return nil
}

// hintWriter writes a hint.
type hintWriter struct {
	text []byte // without the ] at its end; empty if there is no boolean so far
	path []byte // the pointer to the present value, as JSON
	seen int    // values so far
}

// The bounds of what is looked at to write a hint. A session that a program in Perl has
// stored can contain itself, or have a huge number of ways to few values.
const (
	maxHintDepth  = 512
	maxHintValues = 1 << 20
)

func (w *hintWriter) value(v Value, depth int) error {
	if w.seen++; w.seen > maxHintValues || depth > maxHintDepth {
		return &UnrepresentableError{Reason: "an attribute has too many values, or too many around each other, to note which are booleans"}
	}
	for refs := 0; v.kind == KindRef && refs < maxRefs; refs++ {
		v = v.Ref()
	}
	if _, ok := v.Boolean(); ok {
		return w.boolean()
	}
	length := len(w.path)
	if l := v.List(); l != nil {
		for i, item := range l.Items {
			w.path = strconv.AppendInt(append(w.path[:length], '/'), int64(i), 10)
			if err := w.value(item, depth+1); err != nil {
				return err
			}
		}
	}
	if h := v.Hash(); h != nil {
		for name, item := range h.All() {
			if err := w.step(name, length); err != nil {
				return err
			}
			if err := w.value(item, depth+1); err != nil {
				return err
			}
		}
	}
	w.path = w.path[:length]
	return nil
}

// step puts a name behind the first bytes of the path. Of a name that JSON cannot have it
// puts a mark, which boolean refuses.
func (w *hintWriter) step(name string, length int) error {
	w.path = append(w.path[:length], '/')
	if !utf8.ValidString(name) {
		w.path = append(w.path, invalidName)
		return nil
	}
	quoted, err := json.Marshal(escaper.Replace(name))
	if err != nil {
		return err //nolint:wrapcheck // a string has none
	}
	w.path = append(w.path, quoted[1:len(quoted)-1]...)
	return nil
}

// invalidName stands for a name that is not UTF-8. It is not in JSON.
const invalidName = 0xff

func (w *hintWriter) boolean() error {
	switch {
	case len(w.text)+len(w.path)+len(`,""]`) > maxHint:
		return &UnrepresentableError{Reason: "what must be noted about the booleans of one attribute, which is the names and numbers on the way to each, has more than " +
			strconv.Itoa(maxHint) + " bytes; store some of them as int"}
	case bytes.IndexByte(w.path, invalidName) >= 0:
		return &UnrepresentableError{Reason: "a boolean is in an entry whose key is not UTF-8; store it as int"}
	case len(w.text) == 0:
		w.text = append(w.text, '[')
	default:
		w.text = append(w.text, ',')
	}
	w.text = append(append(append(w.text, '"'), w.path...), '"')
	return nil
}
