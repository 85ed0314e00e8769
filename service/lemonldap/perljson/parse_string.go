package perljson

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// text is a string as it was read.
type text struct {
	bytes      []byte // UTF-8 if characters is true
	characters bool   // an escape above 0x7f was in it
}

func (t *text) value() perldata.Value {
	if t.characters {
		return perldata.TextOf(string(t.bytes))
	}
	return perldata.BytesOf(t.bytes)
}

// entry returns an entry with the string as its name: a byte is the character of its
// number, as in Perl.
func (t *text) entry() perldata.Entry {
	if t.characters {
		return perldata.Entry{Name: string(t.bytes), Form: perldata.KeyUTF8}
	}
	for _, b := range t.bytes {
		if b >= utf8.RuneSelf {
			return perldata.Entry{Name: perldata.Latin1ToUTF8(string(t.bytes)), Form: perldata.KeyBytes}
		}
	}
	return perldata.Entry{Name: string(t.bytes)}
}

// str reads a string. Without escapes the result is a part of the text.
func (p *parser) str() (text, error) {
	p.at++
	start := p.at
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return text{bytes: p.text[start : p.at-1]}, nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return text{}, p.fail(unexpected)
		}
	}
	return text{}, p.fail(incomplete)
}

// escaped reads the rest of a string from its first escape on. start is where the string
// begins.
func (p *parser) escaped(start int) (text, error) {
	t := text{bytes: append(make([]byte, 0, 2*(p.at-start)+16), p.text[start:p.at]...)}
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return t, nil
		case c < ' ':
			return text{}, p.fail(unexpected)
		case c != '\\':
			t.byte(c)
			p.at++
			continue
		}
		r, err := p.escape()
		if err != nil {
			return text{}, err
		}
		t.rune(r)
	}
	return text{}, p.fail(incomplete)
}

// byte adds a byte that was not escaped.
func (t *text) byte(b byte) {
	if t.characters {
		t.bytes = utf8.AppendRune(t.bytes, rune(b))
	} else {
		t.bytes = append(t.bytes, b)
	}
}

// rune adds a character that was escaped. If it is not ASCII, the bytes so far become
// the characters of their numbers.
func (t *text) rune(r rune) {
	if r >= utf8.RuneSelf && !t.characters {
		t.bytes, t.characters = []byte(perldata.Latin1ToUTF8(string(t.bytes))), true
	}
	t.bytes = utf8.AppendRune(t.bytes, r)
}

// escape reads an escape.
func (p *parser) escape() (rune, error) {
	if p.at+1 >= len(p.text) {
		p.at = len(p.text)
		return 0, p.fail(incomplete)
	}
	c := p.text[p.at+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return p.unicode()
	default:
		return 0, p.fail(unexpected)
	}
	p.at += 2
	return rune(c), nil
}

// unicode reads an escape of four digits, or two of them that are one character.
func (p *parser) unicode() (rune, error) {
	r, ok := p.hex(p.at)
	if !ok {
		return 0, p.fail(unexpected)
	}
	if !utf16.IsSurrogate(r) {
		p.at += 6
		return r, nil
	}
	low, ok := p.hex(p.at + 6)
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, p.fail("a surrogate has no partner")
	}
	p.at += 12
	return r, nil
}

// hex returns the number of an escape of four digits.
func (p *parser) hex(at int) (rune, bool) {
	if at+6 > len(p.text) || p.text[at] != '\\' || p.text[at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[at+2:at+6]), 16, 16)
	return rune(n), err == nil
}
