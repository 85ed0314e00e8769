package storable

import (
	"unicode/utf8"

	"memcachedsoap/sessionstore"
)

// Perl compares keys by characters. A key with the flag UTF8 is stored in
// UTF-8 as Perl extends it, every other in Latin-1. A name is always UTF-8;
// flagged bytes that are not valid UTF-8 are kept as they are.

// key is a key as it was read.
type key struct {
	name     string
	form     sessionstore.KeyForm
	locked   bool
	reserved bool // has no value
}

func keyFrom(stored string, flags byte) key {
	name, form := nameOf(stored, flags)
	return key{name: name, form: form, locked: flags&keyLocked != 0, reserved: flags&keyPlaceholder != 0}
}

// nameOf returns the name that a stored key stands for, and its form.
func nameOf(key string, flags byte) (string, sessionstore.KeyForm) {
	switch {
	case flags&keyUTF8 != 0:
		return key, sessionstore.KeyUTF8
	case flags&keyWasUTF8 != 0:
		return fromLatin1(key), sessionstore.KeyWasUTF8
	case isASCII(key):
		return key, sessionstore.KeyDefault
	}
	return fromLatin1(key), sessionstore.KeyBytes
}

// keyOf returns the bytes and flags to store for a name, or false if there
// are none: a new name must be valid UTF-8.
func keyOf(name string, form sessionstore.KeyForm) (flags byte, latin1, ok bool) {
	if form == sessionstore.KeyUTF8 {
		return keyUTF8, false, true
	}
	ascii := isASCII(name)
	switch {
	case form == sessionstore.KeyDefault && ascii:
		return 0, false, true
	case form == sessionstore.KeyBytes && isLatin1(name):
		return 0, !ascii, true
	case isLatin1(name):
		return keyWasUTF8, !ascii, true
	}
	return keyUTF8, false, utf8.ValidString(name)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isLatin1 says whether s is valid UTF-8 of characters up to U+00FF.
func isLatin1(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			continue
		}
		// U+0080 to U+00FF are C2 80 to C3 BF.
		if s[i]&^1 != 0xc2 || i+1 == len(s) || s[i+1]&0xc0 != 0x80 {
			return false
		}
		i++
	}
	return true
}

func fromLatin1(s string) string {
	if isASCII(s) {
		return s
	}
	name := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		name = utf8.AppendRune(name, rune(s[i]))
	}
	return string(name)
}

func appendLatin1(dst []byte, name string) []byte {
	for _, r := range name {
		dst = append(dst, byte(r))
	}
	return dst
}
