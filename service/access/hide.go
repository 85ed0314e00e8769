package access

import (
	"context"
	"slices"
)

const (
	// sessionID is the attribute that every session has.
	sessionID = "_session_id"
	// md5Suffix ends the name of the attribute that has the MD5 of a principal's value.
	// A caller could guess the value and compare the guess with it.
	md5Suffix = "_MD5"
	// hintSuffix ends the name of the attribute that says which values of another one are
	// booleans. It has the names in a hash.
	hintSuffix = "#t"
	// maxHidden is how many attributes a caller can hide.
	maxHidden = 100
)

// hiddenNames returns the attributes of hide, and those that tell something of their
// values.
func hiddenNames(hide []string) []string {
	names := slices.Clone(hide)
	for _, name := range hide {
		for _, suffix := range []string{md5Suffix, hintSuffix} {
			if derived := name + suffix; !slices.Contains(hide, derived) {
				names = append(names, derived)
			}
		}
	}
	return names
}

// Hidden returns the attributes that the caller of a context does not see and cannot
// change: those of hide, and for each NAME of them NAME_MD5 and NAME#t, which tell
// something of its value. The result must not be changed.
func Hidden(ctx context.Context) []string {
	if c := CallerOf(ctx); c != nil {
		return c.hidden
	}
	return nil
}

// HiddenError says that a call names an attribute that is hidden from its caller.
// Nothing was read or written.
type HiddenError struct{ Caller string }

// Error implements error.
func (e *HiddenError) Error() string {
	return "access: the call names an attribute that is hidden from the caller " + e.Caller
}

// CheckNames returns an error if one of the names is hidden from the caller of a
// context: a [*HiddenError].
func CheckNames(ctx context.Context, names func(yield func(string) bool)) error {
	hidden := Hidden(ctx)
	if len(hidden) == 0 {
		return nil
	}
	for name := range names {
		if slices.Contains(hidden, name) {
			return &HiddenError{Caller: CallerOf(ctx).Name}
		}
	}
	return nil
}
