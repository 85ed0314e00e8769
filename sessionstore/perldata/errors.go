package perldata

// UnrepresentableError says that a value cannot be stored, because the stored form
// cannot hold it or because Perl could read it but not store it again. Nothing was
// written.
type UnrepresentableError struct {
	Reason string // why, for people: a sentence about the session that has none of its values
}

func (e *UnrepresentableError) Error() string {
	return "perldata: value cannot be stored: " + e.Reason
}
