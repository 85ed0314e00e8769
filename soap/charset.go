package soap

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Byte order marks.
const (
	bomUTF8    = "\xEF\xBB\xBF"
	bomUTF16BE = "\xFE\xFF"
	bomUTF16LE = "\xFF\xFE"
)

// utf8Document returns the document in UTF-8 without a byte order mark. The
// charset is that of the byte order mark, else that of the Content-Type, else
// that of the XML declaration, else UTF-8 (XML 1.0 appendix F, RFC 7303 section
// 3). A document in UTF-8 is returned in place and unchecked: the scanner checks
// it.
func utf8Document(doc []byte, charset string) ([]byte, error) {
	switch {
	case startsWith(doc, bomUTF8):
		return doc[len(bomUTF8):], nil
	case startsWith(doc, bomUTF16BE):
		return fromUTF16(doc[len(bomUTF16BE):], binary.BigEndian)
	case startsWith(doc, bomUTF16LE):
		return fromUTF16(doc[len(bomUTF16LE):], binary.LittleEndian)
	}
	if charset == "" {
		charset = declaredCharset(doc)
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		if declared := declaredCharset(doc); declared != "" && !isUTF8(declared) && !utf8.Valid(doc) {
			// A program may declare the charset that it writes while its library
			// always sends UTF-8 as the Content-Type. A document that is not UTF-8
			// can then have only one meaning.
			return utf8Document(doc, declared)
		}
		return doc, nil
	case "us-ascii", "ascii":
		if i := bytes.IndexFunc(doc, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			return nil, ClientFault("The message declares US-ASCII but has other characters. Declare the charset that it is in.")
		}
		return doc, nil
	case "iso-8859-1", "iso8859-1", "latin1", "l1":
		return fromCharmap(doc, charmap.ISO8859_1)
	case "windows-1252", "cp1252":
		return fromCharmap(doc, charmap.Windows1252)
	case "utf-16", "utf16", "utf-16be", "utf-16le":
		return nil, ClientFault("The message declares UTF-16 but has no byte order mark. Send one.")
	default:
		return nil, ClientFault("The charset of the message is not supported. Send UTF-8, UTF-16, ISO-8859-1, windows-1252 or US-ASCII.")
	}
}

// declaredCharset returns the encoding that the XML declaration names, or "". It
// only finds the name: the scanner checks the declaration.
func declaredCharset(doc []byte) string {
	if !startsWith(doc, "<?xml") {
		return ""
	}
	declaration, _, found := bytes.Cut(doc, []byte("?>"))
	if !found {
		return ""
	}
	_, rest, found := bytes.Cut(declaration, []byte("encoding"))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	name, _, found := bytes.Cut(rest[1:], rest[:1])
	if !found {
		return ""
	}
	return string(name)
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func startsWith(doc []byte, prefix string) bool {
	return len(doc) >= len(prefix) && string(doc[:len(prefix)]) == prefix
}

func fromUTF16(doc []byte, order binary.ByteOrder) ([]byte, error) {
	malformed := ClientFault("The message is not valid UTF-16.")
	if len(doc)%2 != 0 {
		return nil, malformed
	}
	out := make([]byte, 0, len(doc)/2+len(doc)/8)
	for i := 0; i < len(doc); i += 2 {
		r := rune(order.Uint16(doc[i:]))
		if utf16.IsSurrogate(r) {
			if i+4 > len(doc) {
				return nil, malformed
			}
			r = utf16.DecodeRune(r, rune(order.Uint16(doc[i+2:])))
			if r == utf8.RuneError {
				return nil, malformed
			}
			i += 2
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

func fromCharmap(doc []byte, table *charmap.Charmap) ([]byte, error) {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for _, b := range doc {
		if b < utf8.RuneSelf {
			out = append(out, b)
			continue
		}
		r := table.DecodeByte(b)
		if r == utf8.RuneError {
			return nil, ClientFault("The message has a byte that its charset does not define. Declare the charset that it is in.")
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}
