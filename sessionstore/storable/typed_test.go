package storable_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
)

// node is a value in the typed JSON of the recorded vectors and of thaw.pl: what
// Perl sees of the value, without the form in which it was stored.
type node = map[string]any

// typed describes the object to which a reference refers. Two graphs are equal if
// and only if their descriptions are equal.
func typed(v perldata.Value) node {
	d := describer{seen: map[any]int{}, ids: map[any]int{}}
	d.referent(v) // counts
	d.counted = true
	return d.referent(v)
}

// typedJSON is typed as canonical JSON.
func typedJSON(t testing.TB, v perldata.Value) string {
	t.Helper()
	return canonical(t, typed(v))
}

func canonical(t require.TestingT, v any) string {
	out, err := json.Marshal(v) // sorts the keys
	require.NoError(t, err)
	return string(out)
}

// describer visits a graph twice: an object that it met more than once gets an id.
type describer struct {
	seen    map[any]int
	ids     map[any]int
	counted bool
}

// again records a visit and returns the description if it is not the first one.
func (d *describer) again(object any) (same node, again bool) {
	if !d.counted {
		d.seen[object]++
		return nil, d.seen[object] > 1
	}
	if id, ok := d.ids[object]; ok {
		return node{"t": "same", "id": float64(id)}, true
	}
	return nil, false
}

func (d *describer) identify(n node, object any, class string) node {
	if d.counted && d.seen[object] > 1 {
		d.ids[object] = len(d.ids) + 1
		n["id"] = float64(d.ids[object])
	}
	if class != "" {
		n["class"] = class
	}
	return n
}

func (d *describer) referent(v perldata.Value) node {
	switch v.Kind() {
	case perldata.KindList:
		return d.list(v.List())
	case perldata.KindHash:
		return d.hash(v.Hash())
	case perldata.KindRef:
		return d.scalar(v.Scalar())
	default:
		panic("not a reference")
	}
}

func (d *describer) list(l *perldata.List) node {
	if same, again := d.again(l); again {
		return same
	}
	n := d.identify(node{"t": "array"}, l, l.Class)
	items := make([]any, len(l.Items))
	for i, item := range l.Items {
		if items[i] = d.value(item); item.Form() == perldata.FormImmortal {
			items[i] = node{"t": "missing"}
		}
	}
	n["items"] = items
	return n
}

// placeholder is the value of a reserved name.
var placeholder = perldata.BytesOf("").WithForm(perldata.FormImmortal)

func (d *describer) hash(h *perldata.Hash) node {
	if same, again := d.again(h); again {
		return same
	}
	n := d.identify(node{"t": "hash"}, h, h.Class)
	entries := slices.Clone(h.Entries())
	if h.Restriction != nil {
		n["restricted"] = true
		for _, e := range h.Restriction.Reserved {
			e.Value, e.Locked = placeholder, false
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b perldata.Entry) int { // code points sort as their UTF-8
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	pairs := make([]any, len(entries))
	for i, e := range entries {
		value := d.value(e.Value)
		if e.Value == placeholder {
			value = node{"t": "placeholder"}
		}
		pair := []any{typedKey(e), value}
		if e.Locked && h.Restriction != nil {
			pair = append(pair, node{"locked": true})
		}
		pairs[i] = pair
	}
	n["pairs"] = pairs
	return n
}

func typedKey(e perldata.Entry) node {
	if e.Form == perldata.KeyUTF8 || e.Form == perldata.KeyWasUTF8 {
		return str("utf8", e.Name)
	}
	latin1 := make([]byte, 0, len(e.Name))
	for _, r := range e.Name {
		if r > 0xff || e.Form == perldata.KeyDefault && r >= utf8.RuneSelf {
			return str("utf8", e.Name)
		}
		latin1 = append(latin1, byte(r))
	}
	return str("str", string(latin1))
}

func (d *describer) scalar(s *perldata.Scalar) node {
	if same, again := d.again(s); again {
		return same
	}
	// The object gets its number before its content does.
	n := d.identify(node{}, s, s.Class)
	maps.Copy(n, d.content(s.Value))
	if s.VString != "" {
		n["vstring"] = str("str", s.VString)
	}
	if s.Value.Form() == perldata.FormRegexp {
		n["t"], n["pattern"], n["flags"] = "regexp", str("str", s.Value.Str()), s.Modifiers
		delete(n, "s")
		delete(n, "b64")
	}
	return n
}

func (d *describer) value(v perldata.Value) node {
	if s := v.Identity(); s != nil {
		return d.scalar(s)
	}
	return d.content(v)
}

func (d *describer) content(v perldata.Value) node {
	switch v.Kind() {
	case perldata.KindUndef:
		return node{"t": "undef"}
	case perldata.KindBytes:
		return str("str", v.Str())
	case perldata.KindText:
		return str("utf8", v.Str())
	case perldata.KindInt:
		return node{"t": "int", "v": strconv.FormatInt(v.Int(), 10)}
	case perldata.KindFloat:
		return node{"t": "double", "be": fmt.Sprintf("%016x", math.Float64bits(v.Float()))}
	default:
		n := node{"t": "ref", "v": d.referent(v)}
		if v.Form() == perldata.FormWeak || v.Form() == perldata.FormWeakOverload {
			n["weak"] = true
		}
		return n
	}
}

func str(t, octets string) node {
	for i := range len(octets) {
		if octets[i] < 0x20 || octets[i] > 0x7e {
			return node{"t": t, "b64": base64.StdEncoding.EncodeToString([]byte(octets))}
		}
	}
	return node{"t": t, "s": octets}
}

// stored changes a description to that of the same value in an image in network
// order: a number that Perl stores as text becomes that text, and a text that needs
// no flag loses it.
func stored(t require.TestingT, v any) string {
	return canonical(t, asStored(v))
}

func asStored(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = asStored(v[i])
		}
	case node:
		switch v["t"] {
		case "int":
			return number(v, v["v"].(string)) //nolint:forcetypeassert // typed makes it so
		case "double":
			bits, _ := strconv.ParseUint(v["be"].(string), 16, 64) //nolint:forcetypeassert // typed makes it so
			f := math.Float64frombits(bits)
			if math.Abs(f) < 1<<53 && f == math.Trunc(f) {
				return number(v, strconv.FormatInt(int64(f), 10))
			}
			return number(v, strconv.FormatFloat(f, 'g', -1, 64))
		case "utf8":
			b64, _ := v["b64"].(string)
			if octets, err := base64.StdEncoding.DecodeString(b64); err == nil && !slices.ContainsFunc(octets, isHigh) {
				v["t"] = "str"
			}
		}
		if text, ok := v["s"].(string); ok && v["t"] == "str" {
			return number(v, text)
		}
		for k := range v {
			v[k] = asStored(v[k])
		}
	}
	return v
}

// number describes digits by their value, if the text is a number.
func number(n node, digits string) node {
	if f, err := strconv.ParseFloat(digits, 64); err == nil {
		digits = strconv.FormatFloat(f, 'g', -1, 64)
	}
	out := maps.Clone(n)
	delete(out, "v")
	delete(out, "be")
	out["t"], out["s"] = "str", digits
	return out
}

func isHigh(b byte) bool { return b >= utf8.RuneSelf }
