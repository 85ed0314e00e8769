package storable

import (
	"fmt"

	"memcachedsoap/sessionstore/perldata"
)

// CorruptError says that bytes are not an image that Storable writes.
type CorruptError struct {
	Offset int    // in bytes from the start of the image
	Reason string // what is wrong; never a value of the session
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("storable: corrupt image at byte %d: %s", e.Offset, e.Reason)
}

// UnsupportedError says that an image is valid but holds an object that only Perl
// can read and store again.
type UnsupportedError struct {
	Tag    byte   // the tag of the object
	What   string // its name in Storable.xs, or the unsupported part of the object
	Offset int    // of the tag or the part, in bytes from the start of the image
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("storable: the image holds %s (tag 0x%02x) at byte %d, which only Perl can store again", e.What, e.Tag, e.Offset)
}

// LimitError says that an image exceeds one of the [Limits].
type LimitError struct {
	What   string // what is counted, such as "bytes"
	Limit  int    // the greatest number allowed
	Offset int    // where the decoder noticed it, in bytes from the start of the image
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("storable: the image has more than %d %s at byte %d", e.Limit, e.What, e.Offset)
}

// RootError says that an image is valid but is not a session, because it does not
// hold a hash.
type RootError struct {
	Kind perldata.Kind // the kind of the reference that Perl's thaw returns
}

func (e *RootError) Error() string {
	what := "a scalar"
	if e.Kind == perldata.KindList {
		what = "an array"
	}
	return "storable: the image holds " + what + ", but a session is a hash"
}
