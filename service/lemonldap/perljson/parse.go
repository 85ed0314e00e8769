package perljson

import (
	"bytes"
	"strconv"

	"memcachedsoap/sessionstore/perldata"
)

// longestNumber is how many characters a number has at most: [perldata.FormNumber]
// holds no more.
const longestNumber = 255

// Parse reads a JSON text: one value, of any kind. The error is an [*Error].
func Parse(text []byte, l Limits) (perldata.Value, error) {
	p := parser{text: text, limits: l.withDefaults()}
	v, err := p.value()
	if err != nil {
		return perldata.Value{}, err
	}
	if p.space(); p.at < len(text) {
		return perldata.Value{}, p.fail(unexpected)
	}
	return v, nil
}

type parser struct {
	text   []byte
	at     int // the next byte
	depth  int
	values int
	limits Limits
	names  perldata.NameSet // of one object
}

func (p *parser) fail(reason string) error { return &Error{Offset: p.at, Reason: reason} }

// unexpected is the error for the next byte.
func (p *parser) unexpected() error {
	if p.at >= len(p.text) {
		return p.fail(incomplete)
	}
	return p.fail(unexpected)
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take takes a byte, and white space before it, if it is the next one.
func (p *parser) take(b byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *parser) value() (perldata.Value, error) {
	if p.values++; p.values > p.limits.Values {
		return perldata.Value{}, p.fail(tooMany)
	}
	if p.space(); p.at >= len(p.text) {
		return perldata.Value{}, p.fail(incomplete)
	}
	switch c := p.text[p.at]; c {
	case '{', '[':
		if p.depth++; p.depth > p.limits.Depth {
			return perldata.Value{}, p.fail(tooDeep)
		}
		p.at++
		var v perldata.Value
		var err error
		if c == '{' {
			v, err = p.object()
		} else {
			v, err = p.array()
		}
		p.depth--
		return v, err
	case '"':
		s, err := p.str()
		return s.value(), err
	case 't':
		return Boolean(true), p.word("true")
	case 'f':
		return Boolean(false), p.word("false")
	case 'n':
		return perldata.Value{}, p.word("null")
	default:
		return p.number()
	}
}

func (p *parser) word(word string) error {
	if !bytes.HasPrefix(p.text[p.at:], []byte(word)) {
		return p.fail(unexpected)
	}
	p.at += len(word)
	return nil
}

func (p *parser) array() (perldata.Value, error) {
	list := new(perldata.List)
	if p.take(']') {
		return perldata.ListFrom(list), nil
	}
	for {
		v, err := p.value()
		if err != nil {
			return perldata.Value{}, err
		}
		list.Items = append(list.Items, v)
		if p.take(']') {
			return perldata.ListFrom(list), nil
		}
		if !p.take(',') {
			return perldata.Value{}, p.unexpected()
		}
	}
}

func (p *parser) object() (perldata.Value, error) {
	if p.take('}') {
		return perldata.HashOf(nil), nil
	}
	entries := make([]perldata.Entry, 0, 2) // [Memory] counts on few
	for {
		if p.space(); p.at >= len(p.text) || p.text[p.at] != '"' {
			return perldata.Value{}, p.unexpected()
		}
		name, err := p.str()
		if err != nil {
			return perldata.Value{}, err
		}
		if !p.take(':') {
			return perldata.Value{}, p.unexpected()
		}
		v, err := p.value()
		if err != nil {
			return perldata.Value{}, err
		}
		entry := name.entry()
		entry.Value = v
		entries = append(entries, entry)
		if p.take('}') {
			h := new(perldata.Hash)
			h.Fill(p.lastOfEach(entries))
			return perldata.HashOf(h), nil
		}
		if !p.take(',') {
			return perldata.Value{}, p.unexpected()
		}
	}
}

// lastOfEach removes the entries whose name a later entry has, too: as in Perl, the last
// value counts.
func (p *parser) lastOfEach(entries []perldata.Entry) []perldata.Entry {
	p.names.Reset(len(entries))
	kept := entries[:0]
	for _, e := range entries {
		at, added := p.names.Add(e.Name, len(kept), func(other int) bool { return kept[other].Name == e.Name })
		if added {
			kept = append(kept, e)
		} else {
			kept[at] = e
		}
	}
	return kept
}

// number reads a number. One that Perl's Storable stores as a number and that has only
// one form is an integer; others are their digits.
func (p *parser) number() (perldata.Value, error) {
	start := p.at
	integer := true
	p.skip('-')
	if zero := p.at; !p.digits() || p.text[zero] == '0' && p.at > zero+1 {
		return perldata.Value{}, p.unexpected()
	}
	if p.skip('.') {
		integer = false
		if !p.digits() {
			return perldata.Value{}, p.unexpected()
		}
	}
	if p.skip('e') || p.skip('E') {
		integer = false
		if !p.skip('+') {
			p.skip('-')
		}
		if !p.digits() {
			return perldata.Value{}, p.unexpected()
		}
	}
	text := string(p.text[start:p.at])
	if len(text) > longestNumber {
		return perldata.Value{}, p.fail(tooLong)
	}
	if n, err := strconv.ParseInt(text, 10, 32); integer && err == nil && text != "-0" {
		return perldata.IntOf(n), nil
	}
	return perldata.BytesOf(text).WithForm(perldata.FormNumber), nil
}

// skip takes a byte if it is the next one.
func (p *parser) skip(b byte) bool {
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

// digits takes digits, at least one.
func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}
