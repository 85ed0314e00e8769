package xmlscan

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// SyntaxError says that the document is not well-formed, or contains a construct
// that the package rejects by design.
type SyntaxError struct {
	// Offset is where the scanner noticed it, in bytes from the start.
	Offset int
	// Reason is a phrase for people. It may quote a shortened name from the
	// document, and nothing else from it.
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("xmlscan: offset %d: %s", e.Offset, e.Reason)
}

// LimitError says that the document exceeds a limit of [Limits].
type LimitError struct {
	// What is limited, in the plural, for people.
	What string
	// Limit is the greatest number allowed.
	Limit int
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("xmlscan: more than %d %s", e.Limit, e.What)
}

// ContentError says that an element has a child element although
// [Scanner.Content] accepts text only.
type ContentError struct {
	// Offset is the end of the child's start tag, in bytes from the start.
	Offset int
	// Parent and Child are the local names, shortened if they are long.
	Parent, Child string
}

// Error implements error.
func (e *ContentError) Error() string {
	return fmt.Sprintf("xmlscan: offset %d: element %q inside %q, which may contain only text", e.Offset, e.Child, e.Parent)
}

// maxEcho is the greatest length in bytes of a name that an error quotes.
const maxEcho = 40

// short shortens a name from the document to what an error may quote.
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

// refuse returns the error about what is at offset i.
func (s *Scanner) refuse(i int, reason string) error {
	return &SyntaxError{Offset: i, Reason: reason}
}

// expect returns the error about something that is missing at offset i, which may
// be the end of the document.
func (s *Scanner) expect(i int, reason string) error {
	if i >= len(s.doc) {
		return &SyntaxError{Offset: len(s.doc), Reason: "unexpected end of document"}
	}
	return &SyntaxError{Offset: i, Reason: reason}
}
