package backend

import "strings"

// A session has a type, which is global unless something else is said. One of another
// type is under the key memcachedsoap:TYPE:DIGITS, so that programs that know only
// global sessions never meet it. The type has up to 32 letters from a to z, the digits
// are 32 or 64 lower-case hexadecimal ones. No reserved key has this form: behind the
// prefix it has no colon, several, or something else than such digits behind it.
const (
	maxType     = 32
	shortDigits = 32
	longDigits  = 64
)

// TypedKey returns the key of a session of a type with these digits. For the type ""
// (global) it is the digits. It is "" if the type or the digits of another type have not
// the form that they must have.
func TypedKey(kind, digits string) string {
	if kind == "" {
		return digits
	}
	key := ReservedKeys + kind + ":" + digits
	if _, _, ok := CutTypedKey(key); !ok {
		return ""
	}
	return key
}

// CutTypedKey returns the type and the digits in the key of a session of a type that is
// not global, and whether it is one.
func CutTypedKey(key string) (kind, digits string, ok bool) {
	rest, ok := strings.CutPrefix(key, ReservedKeys)
	if !ok {
		return "", "", false
	}
	kind, digits, ok = strings.Cut(rest, ":")
	if !ok || !isType(kind) || !isDigits(digits) {
		return "", "", false
	}
	return kind, digits, true
}

// TypeOf returns the type in the key of a session; "" is global.
func TypeOf(key string) string {
	kind, _, _ := CutTypedKey(key)
	return kind
}

func isType(text string) bool {
	for i := range len(text) {
		if text[i] < 'a' || text[i] > 'z' {
			return false
		}
	}
	return text != "" && len(text) <= maxType
}

func isDigits(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == shortDigits || len(text) == longDigits
}
