package storable

import (
	"fmt"

	"memcachedsoap/sessionstore/perldata"
)

// CorruptError says that bytes are no image, or one that Storable never
// writes.
type CorruptError struct {
	Offset int    // in bytes from the start of the image
	Reason string // what is wrong; never a value of the image
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("storable: corrupt image at byte %d: %s", e.Offset, e.Reason)
}

// UnsupportedError says that an image is fine but holds something that only
// Perl can read and write back.
type UnsupportedError struct {
	Tag    byte   // of the object in question
	What   string // its name in Storable.xs, or the part of it that is meant
	Offset int    // of the tag or part, in bytes from the start of the image
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("storable: image holds %s (tag 0x%02x) at byte %d, which only Perl can keep", e.What, e.Tag, e.Offset)
}

// LimitError says that an image is beyond one of the [Limits].
type LimitError struct {
	What   string // what there is too much of
	Limit  int    // how much there may be
	Offset int    // where it was noticed, in bytes from the start of the image
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("storable: image has more than %d %s at byte %d", e.Limit, e.What, e.Offset)
}

// RootError says that an image can be read but is no session, because what
// was frozen is not a hash.
type RootError struct {
	Kind perldata.Kind // of the reference that Perl's thaw would return
}

func (e *RootError) Error() string {
	what := "a scalar"
	if e.Kind == perldata.KindList {
		what = "an array"
	}
	return "storable: image is of " + what + ", a session is a hash"
}
