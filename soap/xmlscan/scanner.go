package xmlscan

import (
	"bytes"

	"memcachedsoap/soap/xmlchar"
)

// Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	// EOF is the end of a well-formed document, or comes with an error.
	EOF Kind = iota
	// Start is a start tag, or the first half of an empty-element tag.
	Start
	// End is an end tag, or the second half of an empty-element tag.
	End
	// Text is the character data between two tags; never empty.
	Text
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case EOF:
		return "EOF"
	case Start:
		return "Start"
	case End:
		return "End"
	case Text:
		return "Text"
	}
	return "Kind(?)"
}

// Scanner reads a document token by token. Call [Scanner.Reset] before the first
// document and before each further one. A scanner may be used by one goroutine at
// a time.
type Scanner struct {
	doc    []byte
	pos    int // of the first byte that was not read yet
	limits Limits
	err    error // the first error; every later call returns it again

	open     []element   // open elements, the root first
	bindings []binding   // namespaces in scope, the latest last
	scope    int         // how many bindings are in scope at the next token
	unnamed  int         // the binding of the default namespace in scope; -1 before it is looked up
	attrs    []attribute // of the last start tag, declarations included

	space, local []byte // name of the last Start or End
	text         []byte // of the last Text
	localAt      int    // where local starts in the document
	textAt       int    // where text starts in the document
	elements     int    // start tags so far
	tags         int    // start tags of the document at most; 0 before they are counted
	halfway      bool   // the next token is the End of an empty-element tag
}

// element is an open element. It has no pointers, so that entering it is cheap.
type element struct {
	name  Span   // as written, prefix included
	local uint32 // where the local part starts in the document
	space int32  // the binding of its namespace
	scope int32  // how many bindings were in scope outside
}

// Reset prepares the scanner to read a document, which it will write over. The
// scanner keeps its own memory for reuse. Reset(nil, Limits{}) releases the
// document.
func (s *Scanner) Reset(doc []byte, limits Limits) {
	// Nothing may point into the previous document, or it would stay in memory.
	s.bindings = appendPredefined(s.bindings[:0])
	clear(s.bindings[predefined:cap(s.bindings)])
	clear(s.attrs[:cap(s.attrs)])
	*s = Scanner{
		doc:      doc,
		limits:   limits.orDefault(),
		open:     s.open[:0],
		bindings: s.bindings,
		scope:    predefined,
		unnamed:  -1,
		attrs:    s.attrs[:0],
	}
}

// Next reads one token. At the end of the document each call returns EOF and no
// error. Errors: [*SyntaxError], [*LimitError]. After an error each call returns
// the same error.
func (s *Scanner) Next() (Kind, error) {
	if s.err != nil {
		return EOF, s.err
	}
	kind, err := s.next()
	if err != nil {
		s.err = err
		return EOF, err
	}
	return kind, nil
}

func (s *Scanner) next() (Kind, error) {
	if len(s.bindings) > s.scope {
		s.bindings, s.unnamed = s.bindings[:s.scope], -1
	}
	if s.halfway {
		s.halfway = false
		return s.leave()
	}
	if len(s.open) == 0 {
		return s.outside()
	}
	start := s.pos
	text, err := s.charData()
	if err != nil {
		return EOF, err
	}
	if len(text) > 0 {
		s.text, s.textAt = text, start
		return Text, nil
	}
	if s.at(s.pos+1) == '/' {
		return s.endTag()
	}
	return s.startTag()
}

// Space returns the namespace name of the last Start or End. It is empty if the
// element is in no namespace.
func (s *Scanner) Space() []byte { return s.space }

// Local returns the local part of the name of the last Start or End.
func (s *Scanner) Local() []byte { return s.local }

// Is reports whether the last Start or End has this expanded name.
func (s *Scanner) Is(space, local string) bool {
	return string(s.local) == local && string(s.space) == space
}

// Text returns the last Text: all character data between two tags, without
// comments. CDATA sections and references are resolved, and each line end is a
// line feed (XML 1.0, 2.11).
func (s *Scanner) Text() []byte { return s.text }

// Span is a part of the document. It is smaller than a slice and has no pointer.
type Span struct{ start, end uint32 }

// LocalSpan returns the place of [Scanner.Local] after a Start. [Scanner.Bytes] finds
// it until the next Reset.
func (s *Scanner) LocalSpan() Span { return span(s.localAt, s.local) }

// TextSpan returns the place of [Scanner.Text], as LocalSpan does.
func (s *Scanner) TextSpan() Span { return span(s.textAt, s.text) }

func span(start int, part []byte) Span { return Span{uint32(start), uint32(start + len(part))} }

// Bytes returns a part of the document. A Span that is zero has none.
func (s *Scanner) Bytes(at Span) []byte { return s.doc[at.start:at.end:at.end] }

// SetTags says what [CountTags] has returned for the document, after Reset. Without it
// TagsLeft counts.
func (s *Scanner) SetTags(n int) { s.tags = n }

// TagsLeft returns the greatest number of start tags that can follow in the document.
func (s *Scanner) TagsLeft() int {
	if s.tags == 0 {
		s.tags = s.elements + CountTags(s.doc[s.pos:])
	}
	return s.tags - s.elements
}

// CountTags returns the greatest number of elements that a document, or the rest of
// one, can have.
func CountTags(doc []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(doc, '<')
		if i < 0 || i+1 == len(doc) {
			return n
		}
		if c := doc[i+1]; c != '/' && c != '!' && c != '?' {
			n++
		}
		doc = doc[i+1:]
	}
}

// Depth returns how many elements are open. The element of the last Start is open,
// the element of the last End is not.
func (s *Scanner) Depth() int { return len(s.open) }

// Offset returns how many bytes of the document were read.
func (s *Scanner) Offset() int { return s.pos }

// Skip reads up to the End of the element of the last Start. It checks the skipped
// part like any other. The errors are those of [Scanner.Next].
func (s *Scanner) Skip() error {
	for around := len(s.open) - 1; len(s.open) > around; {
		if kind, err := s.Next(); kind == EOF {
			return err
		}
	}
	return nil
}

// Content reads up to the End of the element of the last Start and returns its
// text, which may be empty. If the element has a child element, the error is a
// [*ContentError], and later calls return it again. The other errors are those of
// [Scanner.Next].
func (s *Scanner) Content() ([]byte, error) {
	text := s.doc[s.pos:s.pos:s.pos]
	parent := s.local
	kind, err := s.Next()
	if kind == Text {
		text = s.text
		kind, err = s.Next()
	}
	if kind == Start {
		s.err = &ContentError{Offset: s.pos, Parent: short(parent), Child: short(s.local)}
		err = s.err
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// at returns the byte at offset i, or 0 at the end of the document. No document
// may contain a 0.
func (s *Scanner) at(i int) byte {
	if i < len(s.doc) {
		return s.doc[i]
	}
	return 0
}

// starts reports whether the document continues with a string at offset i.
func (s *Scanner) starts(i int, with string) bool {
	return len(s.doc)-i >= len(with) && string(s.doc[i:i+len(with)]) == with
}

// skipSpace returns the offset of the first byte at or after i that is not white
// space.
func (s *Scanner) skipSpace(i int) int {
	for i < len(s.doc) && xmlchar.Classes[s.doc[i]]&xmlchar.Space != 0 {
		i++
	}
	return i
}

// put writes a byte at offset w and returns the offset after it.
func (s *Scanner) put(w int, c byte) int {
	s.doc[w] = c
	return w + 1
}

// move copies doc[from:to] down to w and returns the end of the copy.
func move(doc []byte, w, from, to int) int {
	if w == from {
		return to
	}
	return w + copy(doc[w:], doc[from:to])
}

// index returns the offset of a string at or after i, or -1.
func (s *Scanner) index(i int, of string) int {
	n := bytes.Index(s.doc[i:], []byte(of))
	if n < 0 {
		return -1
	}
	return i + n
}
