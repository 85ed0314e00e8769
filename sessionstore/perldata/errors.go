package perldata

// UnrepresentableError says that a value holds something that the stored form
// cannot carry, such as a nesting that Perl could read but never save again.
// Nothing was written.
type UnrepresentableError struct {
	Reason string // what it is, for people; never a value of the session
}

func (e *UnrepresentableError) Error() string {
	return "perldata: value cannot be stored: " + e.Reason
}
