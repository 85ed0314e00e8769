package perldata

// Part is a session of which some entries are decoded. What is done to their hash is done
// to the session: entries that are removed from it are removed, those that get another
// value get it in their place, and new ones come at the end. An entry that is removed may
// not come back.
type Part interface {
	// Attributes returns the decoded entries, in order.
	Attributes() *Hash
	// Append appends the image that the whole session has now, to its last byte as if
	// all of it was decoded. It may return false: then the whole session must be.
	Append(dst []byte) (image []byte, ok bool)
}
