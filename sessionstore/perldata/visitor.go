package perldata

// Visitor is shown the entries of a session in order, so that they need not be in memory
// as a [Hash]. Codecs show only what has one meaning without the rest: values without
// class, reference and identity, in at most 32 lists and hashes around each other.
type Visitor interface {
	// Entry begins an entry of the innermost hash, at first of the session. Its value
	// follows, unless Entry returns false: then the visitor is not shown the value.
	Entry(name string, form KeyForm) (show bool)
	// Scalar is a value that contains no others: that of an entry, or an item of the
	// innermost list.
	Scalar(v Value)
	// Begin begins a value of KindList or KindHash, and End ends it.
	Begin(kind Kind)
	End(kind Kind)
}
