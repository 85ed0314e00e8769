package soap

import (
	"mime"
	"slices"
	"strings"
)

// mediaType is the value of a Content-Type: a name and parameters (RFC 2045 section
// 5.1, RFC 2231).
type mediaType struct {
	name   string // lower case
	params map[string]string
	again  []parameter // those whose name occurred before
}

type parameter struct{ name, value string }

// parseMediaType reads a Content-Type. Many programs write one that the grammar does
// not allow: a value without the quotes that it needs, a parameter twice, a header
// twice. Each parameter is read alone, so that a damaged one hides no other. It
// returns false if there is no single media type.
func parseMediaType(header string) (mediaType, bool) {
	if name, params, err := mime.ParseMediaType(header); err == nil {
		return mediaType{name: name, params: params}, true
	}
	header = withoutComments(header)
	var m mediaType
	for i, element := range listElements(header) {
		name, rest := cutType(element)
		if i > 0 && name != m.name {
			return mediaType{}, false
		}
		m.name = name
		for _, p := range looseParameters(rest) {
			m.add(p)
		}
	}
	// The library joins what RFC 2231 allows to divide.
	if _, params, err := mime.ParseMediaType(mime.FormatMediaType(m.name, m.params)); err == nil {
		m.params = params
	}
	return m, strings.Contains(m.name, "/")
}

func (m *mediaType) add(p parameter) {
	if m.params == nil {
		m.params = map[string]string{}
	}
	if _, known := m.params[p.name]; known {
		m.again = append(m.again, p)
		return
	}
	m.params[p.name] = p.value
}

// charset returns the charset, or "". Two names of one charset are the same.
func (m *mediaType) charset() (string, error) { return m.one("charset", canonicalCharset) }

// boundary returns the boundary of a package, or "". It cannot end with a blank (RFC
// 2046 section 5.1.1).
func (m *mediaType) boundary() (string, error) {
	return m.one("boundary", func(value string) string { return strings.TrimRight(value, " \t") })
}

// start returns the Content-ID of the part with the envelope, or "".
func (m *mediaType) start() (string, error) { return m.one("start", contentID) }

// one returns a parameter in the form that read gives it. If the parameter occurs
// again with another value, nobody can know which one holds.
func (m *mediaType) one(name string, read func(string) string) (string, error) {
	value := read(m.params[name])
	for _, p := range m.again {
		if p.name == name && read(p.value) != value {
			return "", ClientFault("The Content-Type has the parameter " + name + " twice, with different values. Send it once.")
		}
	}
	return value, nil
}

const blanks = " \t\r\n"

// cutType divides a media type from its parameters. The semicolon may be missing.
func cutType(element string) (name, rest string) {
	element = strings.Trim(element, blanks)
	end := strings.IndexAny(element, blanks+";")
	if end < 0 {
		end = len(element)
	}
	return strings.ToLower(element[:end]), element[end:]
}

// listElements divides a header that was sent twice and joined with commas. A comma
// inside a value divides nothing. The parts of a package would not be found with two
// headers, so one of a package stays whole.
func listElements(header string) []string {
	if name, _ := cutType(header); strings.HasPrefix(name, "multipart/") {
		return []string{header}
	}
	var elements []string
	from := 0
	for i := range len(header) {
		if header[i] != ',' || strings.Count(header[from:i], `"`)%2 != 0 {
			continue
		}
		name, _ := cutType(strings.ReplaceAll(header[i+1:], ",", " "))
		if kind, sub, ok := strings.Cut(name, "/"); ok && isToken(kind) && isToken(sub) {
			elements = append(elements, header[from:i])
			from = i + 1
		}
	}
	return append(elements, header[from:])
}

// looseParameters reads "; name=value" as often as it is there. A value without
// quotes, or without its second one, ends at the next semicolon. What has no name or
// no value is left out.
func looseParameters(text string) []parameter {
	var all []parameter
	for {
		text = strings.TrimLeft(text, blanks+";")
		if text == "" {
			return all
		}
		end := strings.IndexAny(text, "=;")
		if end < 0 {
			return all
		}
		name := strings.ToLower(strings.Trim(text[:end], blanks))
		if text[end] == ';' {
			text = text[end:]
			continue
		}
		var value string
		value, text = looseValue(strings.TrimLeft(text[end+1:], blanks))
		if isToken(name) {
			all = append(all, parameter{name, value})
		}
	}
}

// looseValue reads a value and returns it with what follows the next semicolon.
func looseValue(text string) (value, rest string) {
	if strings.HasPrefix(text, `"`) {
		if value, rest, closed := quotedString(text[1:]); closed {
			_, rest, _ = strings.Cut(rest, ";")
			return value, rest
		}
		text = text[1:]
	}
	value, rest, _ = strings.Cut(text, ";")
	return strings.TrimRight(value, blanks), rest
}

// quotedString reads a quoted string (RFC 822 section 3.3) after its first quote.
func quotedString(text string) (value string, rest string, closed bool) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return out.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", text, false
}

// withoutComments removes the comments that MIME allows (RFC 822 section 3.4.3). A
// parenthesis inside a value, which may be part of a boundary, begins none.
func withoutComments(text string) string {
	if !strings.Contains(text, "(") {
		return text
	}
	var out strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '"' {
			quoted = !quoted
		}
		if c == '(' && !quoted && (i == 0 || strings.IndexByte(blanks+";", text[i-1]) >= 0) {
			if end := commentEnd(text[i:]); end > 0 {
				i += end - 1
				continue
			}
		}
		out.WriteByte(c)
		if c == '\\' && quoted && i+1 < len(text) {
			i++
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// commentEnd returns the length of the comment at the start of a text, or 0 if it has
// no end. Comments may contain others.
func commentEnd(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// isToken reports whether a text is a token (RFC 2045 section 5.1).
func isToken(text string) bool {
	return text != "" && !slices.ContainsFunc([]byte(text), func(c byte) bool {
		return c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, c) >= 0
	})
}
