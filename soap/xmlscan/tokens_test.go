package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A token is shown in one line: an opened element with its attributes in
// order, text in quotes, a closed element.

func showStart(b *strings.Builder, space, local string) { fmt.Fprintf(b, "<{%s}%s", space, local) }

func showAttr(b *strings.Builder, space, local, value string) {
	fmt.Fprintf(b, " {%s}%s=%q", space, local, value)
}

// tokens reads a document to its end or first error.
func tokens(s *Scanner, doc []byte, limits Limits) (shown []string, err error) {
	s.Reset(doc, limits)
	for {
		kind, err := s.Next()
		switch kind {
		case EOF:
			return shown, err
		case Text:
			shown = append(shown, fmt.Sprintf("%q", s.Text()))
		case End:
			shown = append(shown, fmt.Sprintf("</{%s}%s>", s.Space(), s.Local()))
		case Start:
			var b strings.Builder
			showStart(&b, string(s.Space()), string(s.Local()))
			for _, a := range s.attrs {
				if a.id != xmlnsBinding {
					showAttr(&b, string(a.space), string(a.local), string(a.value))
				}
			}
			shown = append(shown, b.String()+">")
		}
	}
}

// surrogates are two character references that may be to the halves of a
// surrogate pair.
var surrogates = regexp.MustCompile(`&#(?:x[0-9A-Fa-f]+|[0-9]+);&#(?:x[0-9A-Fa-f]+|[0-9]+);`)

// joined replaces references to surrogate pairs, which encoding/xml reads as
// two U+FFFD, by one reference.
func joined(doc []byte) []byte {
	var s Scanner
	for from := 0; ; {
		at := surrogates.FindIndex(doc[from:])
		if at == nil {
			return doc
		}
		start, end := from+at[0], from+at[1]
		s.Reset(bytes.Clone(doc[start:end]), Limits{})
		high, middle, errHigh := s.charNumber(0)
		low, _, errLow := s.charNumber(middle)
		if errHigh != nil || errLow != nil || high < 0xD800 || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF {
			from = start + 1
			continue
		}
		pair := fmt.Sprintf("&#%d;", 0x10000+(high-0xD800)<<10+low-0xDC00)
		doc = bytes.Join([][]byte{doc[:start], doc[end:]}, []byte(pair))
		from = start + len(pair)
	}
}

// blanks does to an attribute value what encoding/xml leaves undone, and a bit
// more: it cannot tell white space from references to white space.
var blanks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// stdTokens reads a document with encoding/xml as tokens does with Scanner.
func stdTokens(doc []byte) (shown []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth := 0
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			shown = append(shown, fmt.Sprintf("%q", text.String()))
			text.Reset()
		}
	}
	for {
		token, err := d.Token()
		switch t := token.(type) {
		case nil:
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return shown, err
		case xml.CharData:
			if depth > 0 {
				text.Write(t)
			}
		case xml.StartElement:
			flush()
			depth++
			var b strings.Builder
			showStart(&b, blanks.Replace(t.Name.Space), t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
					showAttr(&b, blanks.Replace(a.Name.Space), a.Name.Local, a.Value)
				}
			}
			shown = append(shown, b.String()+">")
		case xml.EndElement:
			flush()
			depth--
			shown = append(shown, fmt.Sprintf("</{%s}%s>", blanks.Replace(t.Name.Space), t.Name.Local))
		}
	}
}

// sameBlanks makes the two kinds of tokens comparable: in the attributes of
// start tags, white space of any kind is a blank.
func sameBlanks(shown []string) []string {
	quoted := strings.NewReplacer(`\t`, " ", `\n`, " ", `\r`, " ", `\\`, `\\`)
	same := make([]string, len(shown))
	for i, token := range shown {
		if strings.HasPrefix(token, "<{") {
			token = quoted.Replace(token)
		}
		same[i] = token
	}
	return same
}
