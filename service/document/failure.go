package document

import (
	"strconv"
	"unicode/utf8"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// limit is a limit of an answer.
type limit uint8

const (
	tooManyEntries limit = iota + 1
	tooLong
	tooDeep
)

// failure says why a session cannot be written. Its reason names an attribute by its
// key as [EncodeKey] returns it, so that a client can remove the attribute.
type failure struct {
	limit   limit
	reason  string
	refused error // of the memory for the answer: the session is not the cause
}

// maxNamed is the greatest size in bytes of a key that a reason names in full.
const maxNamed = 4 << 10

// blame completes the failure with the attribute that was being written.
func (f *failure) blame(name string, value perldata.Value) {
	if f.refused != nil {
		return
	}
	key := EncodeKey(name)
	if len(key) > maxNamed {
		key = key[:maxNamed]
		for !utf8.ValidString(key) {
			key = key[:len(key)-1]
		}
		key += "…"
	}
	const remove = "; remove it with updateSession"
	switch {
	case containsItself(value):
		f.reason = "the attribute " + key + " contains itself" + remove
	case f.limit == tooDeep:
		f.reason = "the attribute " + key + " is nested more than " + strconv.Itoa(maxNesting) + " levels deep" + remove
	case f.limit == tooManyEntries:
		f.reason = "it has more entries than one answer may have, counted up to the attribute " + key + remove
	default:
		f.reason = "it is longer than one answer may be, counted up to the attribute " + key + remove
	}
}

// of returns the error for the session with this id.
func (f *failure) of(id sessionstore.ID) error {
	if f.refused != nil {
		return f.refused
	}
	return &sessionstore.UnreadableError{ID: id, Reason: f.reason}
}

// containsItself reports whether a value is inside itself, directly or through
// others. It looks at each list, hash and reference once.
func containsItself(v perldata.Value) bool {
	type state bool
	const open, closed state = true, false
	seen := map[any]state{}
	var visit func(v perldata.Value) bool
	visit = func(v perldata.Value) bool {
		var node any
		switch v.Kind() {
		case perldata.KindHash:
			node = v.Hash()
		case perldata.KindList:
			node = v.List()
		case perldata.KindRef:
			node = v.Scalar()
		default:
			return false
		}
		if known, ok := seen[node]; ok {
			return known == open
		}
		seen[node] = open
		found := false
		eachInside(v, func(inside perldata.Value) bool {
			found = visit(inside)
			return !found
		})
		seen[node] = closed
		return found
	}
	return visit(v)
}

// eachInside calls do for each value directly inside a value, until do returns
// false.
func eachInside(v perldata.Value, do func(perldata.Value) bool) {
	switch v.Kind() { //nolint:exhaustive // other values contain nothing
	case perldata.KindHash:
		for _, inside := range v.Hash().All() {
			if !do(inside) {
				return
			}
		}
	case perldata.KindList:
		for _, inside := range v.List().Items {
			if !do(inside) {
				return
			}
		}
	case perldata.KindRef:
		do(v.Ref())
	}
}
