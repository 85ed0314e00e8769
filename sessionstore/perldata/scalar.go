package perldata

// Scalar is a single value with an identity of its own: that which a KindRef
// value refers to. In Perl every element of an array and every value of a
// hash is such a scalar, but it takes a reference or an alias to notice, so
// most values go without (see [Value.Identity]).
//
// A Scalar does not change once it is part of a session.
type Scalar struct {
	Value Value
	Class string // Perl's class of an object made of a scalar, else ""

	// VString is the literal of a version string, such as "v1.22.333", whose
	// Value is the string that Perl compares. Else it is "".
	VString string
	// Modifiers are those of the pattern that is the Value if its form is
	// [FormRegexp], such as "i".
	Modifiers string
}

// Alias returns the scalar's value with the scalar's identity: all places
// that hold it are one and the same scalar to Perl.
func (s *Scalar) Alias() Value {
	v := s.Value
	v.self = s
	return v
}

// Adopt gives the scalar the value that is in place, and makes the place an
// alias of it. It is for codecs.
func (s *Scalar) Adopt(place *Value) {
	s.Value = *place
	s.Value.self = nil
	place.self = s
}

// Identity returns the scalar that the value is an alias of, or nil for
// nearly every value, which is not known in any other place.
func (v Value) Identity() *Scalar { return v.self }

// Form is what the store knows about a value beyond its kind and content. It
// is kept for values that do not change; a new value has FormDefault.
type Form uint8

// The forms of a value, with the kinds that have them.
const (
	FormDefault      Form = iota
	FormImmortal          // KindUndef: Perl's only read-only undef; as an item of a list, one that does not exist
	FormFlagged           // KindText: has Perl's UTF-8 flag, whatever its characters
	FormRegexp            // KindBytes: a pattern, within a Scalar that has its modifiers
	FormWeak              // KindList, KindHash, KindRef: a weak reference
	FormOverload          // KindList, KindHash, KindRef: to an object whose class overloads operators
	FormWeakOverload      // both
)

// Form returns the form of the value.
func (v Value) Form() Form { return v.form }

// WithForm returns the value in another form. It is for codecs: a dialect has
// no reason to choose one.
func (v Value) WithForm(f Form) Value {
	v.form = f
	return v
}
