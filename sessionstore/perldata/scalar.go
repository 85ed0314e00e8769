package perldata

// Scalar is a single value with an identity: a KindRef value refers to it. In Perl
// every element of an array and every value of a hash is a scalar. The identity
// only matters if there is a reference or an alias, so most values have none (see
// [Value.Identity]).
//
// A Scalar that is part of a session does not change.
type Scalar struct {
	Value Value
	Class string // the Perl class if the scalar is an object, else ""

	// VString is the literal of a version string, such as "v1.22.333"; its Value
	// is the string that Perl compares. It is "" for every other scalar.
	VString string
	// Modifiers are the modifiers of a pattern, such as "i". The Value is the
	// pattern, in the form [FormRegexp].
	Modifiers string
}

// Alias returns the value of the scalar with the identity of the scalar: for Perl,
// all places that hold the result are the same scalar.
func (s *Scalar) Alias() Value {
	v := s.Value
	v.self = s
	return v
}

// Adopt gives the scalar the value in place and makes the place an alias of the
// scalar. It is for codecs.
func (s *Scalar) Adopt(place *Value) {
	s.Value = *place
	s.Value.self = nil
	place.self = s
}

// Identity returns the scalar of which the value is an alias, or nil. It is nil for
// nearly every value: nothing refers to it.
func (v Value) Identity() *Scalar { return v.self }

// Form is the form in which a value is stored. A value that does not change keeps
// its form; a new value has FormDefault.
type Form uint8

// The forms of a value, with the kinds that have them.
const (
	FormDefault      Form = iota
	FormImmortal          // KindUndef: Perl's read-only undef; as an item of a list, an element that does not exist
	FormFlagged           // KindText: has Perl's UTF-8 flag, even if all characters are ASCII
	FormRegexp            // KindBytes: a pattern; its Scalar has the modifiers
	FormWeak              // KindList, KindHash, KindRef: a weak reference
	FormOverload          // KindList, KindHash, KindRef: a reference to an object whose class overloads operators
	FormWeakOverload      // both of FormWeak and FormOverload
	FormNumber            // KindBytes: the digits of a number that Perl's Storable stores as a string
	FormBoolean           // KindInt, KindBytes, KindText: a boolean; it is not stored, see [AddHints]
)

// Form returns the form of the value.
func (v Value) Form() Form { return v.form }

// WithForm returns the value in another form. It is for codecs; a dialect does not
// choose forms.
func (v Value) WithForm(f Form) Value {
	v.form = f
	return v
}
