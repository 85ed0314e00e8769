package xmlscan

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// SyntaxError says that the document is not well-formed, or has a construct
// that the package refuses by design.
type SyntaxError struct {
	// Offset is where in the document it was noticed, in bytes from the start.
	Offset int
	// Reason is a phrase for people. It may quote a name from the document,
	// shortened, but nothing else of it.
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("xmlscan: offset %d: %s", e.Offset, e.Reason)
}

// LimitError says that the document asks for more than [Limits] allow.
type LimitError struct {
	// What is limited, in the plural, for people.
	What string
	// Limit is the bound that was passed.
	Limit int
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("xmlscan: more than %d %s", e.Limit, e.What)
}

// ContentError says that an element has a child element where
// [Scanner.Content] wants text alone.
type ContentError struct {
	// Offset is just behind the child's start tag, in bytes from the start.
	Offset int
	// Parent and Child are the local names, shortened if they are long.
	Parent, Child string
}

// Error implements error.
func (e *ContentError) Error() string {
	return fmt.Sprintf("xmlscan: offset %d: element %q inside %q, which may hold only text", e.Offset, e.Child, e.Parent)
}

const maxEcho = 40

// short makes a name from the document fit for a message.
func short(name []byte) string {
	if len(name) <= maxEcho {
		return string(name)
	}
	end := maxEcho
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return string(name[:end]) + "…"
}

func quoted(name []byte) string { return strconv.Quote(short(name)) }

// refuse makes the error for what stands at offset i.
func (s *Scanner) refuse(i int, reason string) error {
	return &SyntaxError{Offset: i, Reason: reason}
}

// expect makes the error for something missing at offset i, which may be the
// end of the document.
func (s *Scanner) expect(i int, reason string) error {
	if i >= len(s.doc) {
		return &SyntaxError{Offset: len(s.doc), Reason: "unexpected end of document"}
	}
	return &SyntaxError{Offset: i, Reason: reason}
}
