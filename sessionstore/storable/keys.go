package storable

import (
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// Perl compares keys by characters. A key with the flag UTF8 is stored in Perl's
// extended UTF-8, every other key in Latin-1. A name ([perldata.Entry]) is always
// UTF-8; flagged bytes that are not valid UTF-8 are kept unchanged.

// key is a decoded key.
type key struct {
	name     string
	form     perldata.KeyForm
	locked   bool
	reserved bool // it has no value
}

func keyFrom(stored string, flags byte) key {
	name, form := nameOf(stored, flags)
	return key{name: name, form: form, locked: flags&keyLocked != 0, reserved: flags&keyPlaceholder != 0}
}

// nameOf returns the name of a stored key, and its form.
func nameOf(key string, flags byte) (string, perldata.KeyForm) {
	switch {
	case flags&keyUTF8 != 0:
		return key, perldata.KeyUTF8
	case flags&keyWasUTF8 != 0:
		return perldata.Latin1ToUTF8(key), perldata.KeyWasUTF8
	case isASCII(key):
		return key, perldata.KeyDefault
	}
	return perldata.Latin1ToUTF8(key), perldata.KeyBytes
}

// keyOf returns the flags with which a name is stored, and whether it is stored in
// Latin-1. ok is false for a new name that is not valid UTF-8.
func keyOf(name string, form perldata.KeyForm) (flags byte, latin1, ok bool) {
	if form == perldata.KeyUTF8 {
		return keyUTF8, false, true
	}
	ascii := isASCII(name)
	switch {
	case form == perldata.KeyDefault && ascii:
		return 0, false, true
	case !ascii && !perldata.IsLatin1(name):
		return keyUTF8, false, utf8.ValidString(name)
	case form == perldata.KeyBytes:
		return 0, !ascii, true
	default:
		return keyWasUTF8, !ascii, true
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
