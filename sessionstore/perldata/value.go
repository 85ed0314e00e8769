package perldata

import "math"

// Kind is the kind of a [Value].
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

// Value is one value of a session. The zero Value is undef.
//
// A copy of a Value has its own string or number, but shares its list, hash or
// reference, as in Perl. Therefore the same list can be in several places or
// contain itself. Code that visits all values must limit the depth and the number
// of steps, because a small graph can have a huge number of paths.
//
// Perl knows more about a value than its kind: the class of an object, the [Form]
// in which it was stored, and whether two places hold the same [Scalar]. A dialect
// ignores these. A value that the dialect does not replace keeps them, and a new
// value has none. Objects, patterns and version strings have the kind of their
// plain data.
type Value struct { //nolint:recvcheck // only inside, which changes what it leads to, has a pointer
	kind Kind
	form Form
	num  uint64 // KindInt: two's complement; KindFloat: IEEE 754 bits
	str  string // KindBytes, KindText
	node any    // KindList: *List; KindHash: *Hash; KindRef: *Scalar
	self *Scalar
}

// BytesOf makes a string of bytes: in Perl, a string without the UTF-8 flag.
func BytesOf[T string | []byte](bytes T) Value { return Value{kind: KindBytes, str: string(bytes)} }

// TextOf makes a string of characters from UTF-8. A text that is not valid UTF-8 is
// stored as a string of bytes.
func TextOf(text string) Value { return Value{kind: KindText, str: text} }

// IntOf makes an integer.
func IntOf(n int64) Value { return Value{kind: KindInt, num: uint64(n)} }

// FloatOf makes a floating point number.
func FloatOf(f float64) Value { return Value{kind: KindFloat, num: math.Float64bits(f)} }

// ListOf makes a list of the given values.
func ListOf(items ...Value) Value { return ListFrom(&List{Items: items}) }

// ListFrom makes a value of a list; nil is an empty list.
func ListFrom(l *List) Value {
	if l == nil {
		l = new(List)
	}
	return Value{kind: KindList, node: l}
}

// HashOf makes a value of a hash; nil is an empty hash.
func HashOf(h *Hash) Value {
	if h == nil {
		h = new(Hash)
	}
	return Value{kind: KindHash, node: h}
}

// RefTo makes a reference to a scalar; nil is an undefined scalar.
func RefTo(s *Scalar) Value {
	if s == nil {
		s = new(Scalar)
	}
	return Value{kind: KindRef, node: s}
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind { return v.kind }

// Str returns the bytes of a KindBytes value or the UTF-8 of a KindText value, else
// "". A text that Perl has stored may be invalid UTF-8: it may have surrogates, code
// points above 10FFFF and malformed sequences.
func (v Value) Str() string { return v.str }

// Int returns the number of a KindInt value.
func (v Value) Int() int64 { return int64(v.num) }

// Float returns the number of a KindFloat value.
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// List returns the list of a KindList value, else nil.
func (v Value) List() *List { l, _ := v.node.(*List); return l }

// Hash returns the hash of a KindHash value, else nil.
func (v Value) Hash() *Hash { h, _ := v.node.(*Hash); return h }

// Scalar returns the scalar that a KindRef value refers to, else nil.
func (v Value) Scalar() *Scalar { s, _ := v.node.(*Scalar); return s }

// Ref returns the value that a KindRef value refers to, else undef.
func (v Value) Ref() Value {
	if s := v.Scalar(); s != nil {
		return s.Value
	}
	return Value{}
}

// Class returns the Perl class of the object to which a KindList, KindHash or
// KindRef value refers, or "" if there is no object. Any program may have written
// it: show it, but do not act on it.
func (v Value) Class() string {
	switch node := v.node.(type) {
	case *List:
		return node.Class
	case *Hash:
		return node.Class
	case *Scalar:
		return node.Class
	}
	return ""
}

// List is an ordered list of values. Two goroutines must not use a List at the same
// time, not even for reading: [Visit] notes in it what it has met.
type List struct {
	Items []Value
	Class string // the Perl class if the list is an object, else ""

	mark mark
}
