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

// The charsets that the service reads, by the names that IANA prefers.
const (
	charsetUTF8        = "utf-8"
	charsetUTF16       = "utf-16"
	charsetUTF16BE     = "utf-16be"
	charsetUTF16LE     = "utf-16le"
	charsetASCII       = "us-ascii"
	charsetLatin1      = "iso-8859-1"
	charsetWindows1252 = "windows-1252"
)

// canonicalCharset returns the preferred name of a charset that the service reads.
// It returns other names in lower case. The names are those of IANA's registry of
// character sets, and few that programs write instead. Some programs write single
// quotes around the name, which HTTP does not know.
func canonicalCharset(name string) string {
	name = strings.ToLower(strings.Trim(name, blanks+`"'`))
	switch name {
	case "utf-8", "csutf8", "utf8", "utf_8", "unicode-1-1-utf-8":
		return charsetUTF8
	case "utf-16", "csutf16", "utf16", "utf_16":
		return charsetUTF16
	case "utf-16be", "csutf16be", "utf16be":
		return charsetUTF16BE
	case "utf-16le", "csutf16le", "utf16le":
		return charsetUTF16LE
	case "us-ascii", "iso-ir-6", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso_646.irv:1991", "iso646-us", "us", "ibm367",
		"cp367", "csascii", "ascii":
		return charsetASCII
	case "iso-8859-1", "iso_8859-1:1987", "iso-ir-100", "iso_8859-1", "latin1", "l1", "ibm819", "cp819", "csisolatin1",
		"iso8859-1", "iso8859_1", "iso88591", "latin-1":
		return charsetLatin1
	case "windows-1252", "cswindows1252", "cp1252", "x-cp1252":
		return charsetWindows1252
	}
	return name
}

// isCharset reports whether a name is that of a charset that the service reads.
func isCharset(name string) bool {
	switch canonicalCharset(name) {
	case charsetUTF8, charsetUTF16, charsetUTF16BE, charsetUTF16LE, charsetASCII, charsetLatin1, charsetWindows1252:
		return true
	}
	return false
}

// utf8Document returns the document in UTF-8. The charset is that of the byte order
// mark, else that of the Content-Type, else that of the XML declaration, else hint,
// else UTF-8 (XML 1.0 appendix F, RFC 7303 section 3). A document in UTF-8 is
// returned in place and unchecked: the scanner checks it. It keeps its byte order
// mark, because the scanner accepts one and no second one.
func utf8Document(doc []byte, charset, hint string) ([]byte, error) {
	if startsWith(doc, bomUTF8) {
		return doc, nil
	}
	if order := utf16Order(doc); order != nil {
		return fromUTF16(doc, order)
	}
	declared := declaredCharset(doc)
	if declared == "" {
		declared = hint
	}
	if charset == "" {
		charset = declared
	}
	switch canonicalCharset(charset) {
	case "", charsetUTF8:
		if declared != "" && canonicalCharset(declared) != charsetUTF8 && !utf8.Valid(doc) {
			// A program may declare the charset that it writes while its library
			// always sends UTF-8 as the Content-Type. A document that is not UTF-8
			// can then have only one meaning.
			return utf8Document(doc, declared, "")
		}
		return doc, nil
	case charsetUTF16, charsetUTF16BE, charsetUTF16LE:
		// utf16Order knows every document in UTF-16. This is text that a program has
		// labelled as UTF-16 and then sent as UTF-8, as .NET's StringWriter invites to.
		return doc, nil
	case charsetASCII:
		if i := bytes.IndexFunc(doc, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			return nil, ClientFault("The message declares US-ASCII but has other characters. Declare the charset that it is in.")
		}
		return doc, nil
	case charsetLatin1:
		return fromCharmap(doc, charmap.ISO8859_1)
	case charsetWindows1252:
		return fromCharmap(doc, charmap.Windows1252)
	default:
		return nil, unsupportedCharset()
	}
}

func unsupportedCharset() *Fault {
	return ClientFault("The charset of the message is not supported. Send UTF-8, UTF-16, ISO-8859-1, windows-1252 or US-ASCII.")
}

// utf16Order returns the byte order of a document in UTF-16, or nil for another
// document. Without a mark the first character tells it: that of a document is < or
// white space, and XML has zero bytes in no other charset.
func utf16Order(doc []byte) binary.ByteOrder {
	switch {
	case len(doc) < 2:
		return nil
	case startsWith(doc, bomUTF16BE), doc[0] == 0 && strings.IndexByte(blanks+"<", doc[1]) >= 0:
		return binary.BigEndian
	case startsWith(doc, bomUTF16LE), doc[1] == 0 && strings.IndexByte(blanks+"<", doc[0]) >= 0:
		return binary.LittleEndian
	}
	return nil
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
