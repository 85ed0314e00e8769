package perljson

import (
	"cmp"
	"fmt"
)

// Limits are the limits of the values that are read and written. A field that is 0 has
// its default.
type Limits struct {
	Depth  int // of nested arrays and objects; 512, which is what Perl's JSON and Storable have
	Values int // how many values, all together; 100,000
	Bytes  int // of the text that is written, 21 MiB
}

func (l Limits) withDefaults() Limits {
	return Limits{Depth: cmp.Or(l.Depth, 512), Values: cmp.Or(l.Values, 100_000), Bytes: cmp.Or(l.Bytes, 21<<20)}
}

// memoryPerValue is how many bytes a value that was read takes at most, besides its text:
// an entry of an object (80), as much again that its object has too many, and a boolean
// (112).
const memoryPerValue = 288

// Memory returns how many bytes the values of a text take at most when [Parse] has read
// it. A value has two bytes of the text at least.
func Memory(text []byte, l Limits) int64 {
	values := min(len(text)/2+1, l.withDefaults().Values)
	return 2*int64(len(text)) + memoryPerValue*int64(values)
}

// Error says why a text cannot be read, or why a value cannot be written.
type Error struct {
	Offset int    // in the text, in bytes; 0 if a value cannot be written
	Reason string // a part of a sentence, without any of the values
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("perljson: byte %d: %s", e.Offset, e.Reason)
}

const (
	tooDeep    = "arrays and objects are nested too deeply"
	tooLarge   = "the text is too long"
	tooMany    = "there are too many values"
	tooLong    = "the number has more than 255 characters"
	incomplete = "the text ends too early"
	unexpected = "the character is not expected"
)
