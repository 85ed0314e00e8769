package sessionstore

import (
	"iter"
	"math"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds of a Value.
const (
	KindUndef Kind = iota // Perl's undef
	KindBytes             // a string of bytes, possibly binary
	KindText              // a string of Unicode characters
	KindInt               // an integer
	KindFloat             // a floating point number
	KindList              // an ordered list of values (Perl: a reference to an array)
	KindHash              // named values (Perl: a reference to a hash)
	KindRef               // a reference to a single scalar or to another reference
)

// Value is one value of a session: Perl data without Perl. Every dialect and
// the codec translate to and from it and nothing else. The zero Value is
// undef. Scalars are copied with the Value; lists, hashes and references are
// shared by all copies, as in Perl, so that the same thing may be found in
// several places or within itself.
type Value struct {
	kind Kind
	num  uint64 // KindInt: two's complement; KindFloat: IEEE 754 bits
	str  string // KindBytes, KindText
	node any    // *List, *Hash, *Ref
}

// BytesOf makes a string of bytes. In Perl it is a string without the UTF-8
// flag.
func BytesOf[T string | []byte](bytes T) Value { return Value{kind: KindBytes, str: string(bytes)} }

// TextOf makes a string of characters from UTF-8.
func TextOf(text string) Value { return Value{kind: KindText, str: text} }

// IntOf makes an integer.
func IntOf(n int64) Value { return Value{kind: KindInt, num: uint64(n)} }

// FloatOf makes a floating point number.
func FloatOf(f float64) Value { return Value{kind: KindFloat, num: math.Float64bits(f)} }

// ListOf makes a list of the given values.
func ListOf(items ...Value) Value { return Value{kind: KindList, node: &List{Items: items}} }

// HashOf makes a value of a hash.
func HashOf(h *Hash) Value { return Value{kind: KindHash, node: h} }

// Kind says what the value is.
func (v Value) Kind() Kind { return v.kind }

// Str returns the bytes of a KindBytes or the UTF-8 of a KindText value, else "".
func (v Value) Str() string { return v.str }

// Int returns the number of a KindInt value.
func (v Value) Int() int64 { return int64(v.num) }

// Float returns the number of a KindFloat value.
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// List returns the list of a KindList value, else nil.
func (v Value) List() *List { l, _ := v.node.(*List); return l }

// Hash returns the hash of a KindHash value, else nil.
func (v Value) Hash() *Hash { h, _ := v.node.(*Hash); return h }

// List is an ordered list of values.
type List struct {
	Items []Value
}

// Hash holds named values in the order in which they were added. Its zero
// value is empty and ready for use. A name is a string of characters in
// UTF-8, whatever its form in the store.
type Hash struct {
	entries []entry
	index   map[string]int // name → position; nil while the hash is small
}

type entry struct {
	name  string
	value Value
}

// NewHash makes an empty hash with room for n entries.
func NewHash(n int) *Hash { return &Hash{entries: make([]entry, 0, n)} }

// Len returns the number of entries.
func (h *Hash) Len() int { return len(h.entries) }

// All yields the entries in order.
func (h *Hash) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range h.entries {
			if !yield(h.entries[i].name, h.entries[i].value) {
				return
			}
		}
	}
}

// indexFrom is the number of entries from which a hash keeps an index: below
// it a walk is faster than a map and needs no memory.
const indexFrom = 24

// find returns the position of name, or -1.
func (h *Hash) find(name string) int {
	if h.index != nil {
		if i, ok := h.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range h.entries {
		if h.entries[i].name == name {
			return i
		}
	}
	return -1
}

// Get returns the value of name, and whether there is one.
func (h *Hash) Get(name string) (Value, bool) {
	i := h.find(name)
	if i < 0 {
		return Value{}, false
	}
	return h.entries[i].value, true
}

// Set gives name a value: a new entry at the end, or in the place of the old
// value.
func (h *Hash) Set(name string, v Value) {
	if i := h.find(name); i >= 0 {
		h.entries[i].value = v
		return
	}
	h.append(name, v)
}

// Add adds an entry, or returns false and changes nothing if name is taken.
func (h *Hash) Add(name string, v Value) bool {
	if h.find(name) >= 0 {
		return false
	}
	h.append(name, v)
	return true
}

func (h *Hash) append(name string, v Value) {
	h.entries = append(h.entries, entry{name: name, value: v})
	switch {
	case h.index != nil:
		h.index[name] = len(h.entries) - 1
	case len(h.entries) > indexFrom:
		h.index = make(map[string]int, 2*len(h.entries))
		for i := range h.entries {
			h.index[h.entries[i].name] = i
		}
	}
}

// Delete removes the entry of name and returns whether there was one. The
// order of the others stays.
func (h *Hash) Delete(name string) bool {
	i := h.find(name)
	if i < 0 {
		return false
	}
	h.entries = append(h.entries[:i], h.entries[i+1:]...)
	if h.index != nil {
		delete(h.index, name)
		for j := i; j < len(h.entries); j++ {
			h.index[h.entries[j].name] = j
		}
	}
	return true
}
