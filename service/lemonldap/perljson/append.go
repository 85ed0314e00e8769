package perljson

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// Append appends a value. A shared value is written in each of its places. If the value
// exceeds a limit, as one that contains itself does, it returns an [*Error] and dst as
// it was.
func Append(dst []byte, v perldata.Value, l Limits) ([]byte, error) {
	return (&Writer{Limits: l}).Append(dst, v)
}

// Writer appends values. It takes memory for them where it is told to.
type Writer struct {
	Limits Limits
	// Grow returns dst with room for n more bytes; nil: nobody counts them. Its error is
	// that of the call.
	Grow func(dst []byte, n int) ([]byte, error)

	longest       int // of dst
	depth, values int
}

// Append appends a value. If it exceeds a limit, it returns an [*Error] and dst as it
// was.
func (w *Writer) Append(dst []byte, v perldata.Value) ([]byte, error) {
	w.Limits = w.Limits.withDefaults()
	w.longest, w.depth, w.values = len(dst)+w.Limits.Bytes, 0, 0
	out, err := w.value(dst, v)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// fits makes room for a string.
func (w *Writer) fits(dst []byte, s string) ([]byte, error) {
	const around = 32 // a number, or what stands around a string
	n := around + len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf {
			n += 5
		} else if c == '"' || c == '\\' {
			n++
		}
	}
	if len(dst)+len(s) > w.longest {
		return dst, &Error{Reason: tooLarge}
	}
	if w.Grow == nil {
		return dst, nil
	}
	return w.Grow(dst, n)
}

func (w *Writer) value(dst []byte, v perldata.Value) (_ []byte, err error) {
	if w.values++; w.values > w.Limits.Values {
		return dst, &Error{Reason: tooMany}
	}
	if dst, err = w.fits(dst, v.Str()); err != nil {
		return dst, err
	}
	switch v.Kind() {
	case perldata.KindBytes:
		if v.Form() == perldata.FormNumber {
			return append(dst, v.Str()...), nil
		}
		return appendBytes(dst, v.Str()), nil
	case perldata.KindText:
		return appendText(dst, v.Str()), nil
	case perldata.KindInt:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case perldata.KindFloat:
		return appendFloat(dst, v.Float()), nil
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		return w.nested(dst, v)
	default:
		return append(dst, "null"...), nil
	}
}

func (w *Writer) nested(dst []byte, v perldata.Value) ([]byte, error) {
	if b, ok := IsBoolean(v); ok {
		return strconv.AppendBool(dst, b), nil
	}
	if w.depth++; w.depth > w.Limits.Depth {
		return dst, &Error{Reason: tooDeep}
	}
	defer func() { w.depth-- }()
	var err error
	switch v.Kind() {
	case perldata.KindList:
		dst = append(dst, '[')
		for i, item := range v.List().Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = w.value(dst, item); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case perldata.KindHash:
		return w.hash(dst, v.Hash())
	default: // JSON has no references: the scalar is written
		return w.value(dst, v.Ref())
	}
}

func (w *Writer) hash(dst []byte, h *perldata.Hash) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	entries := h.Entries()
	for i := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = w.fits(dst, entries[i].Name); err != nil {
			return dst, err
		}
		dst = append(AppendName(dst, entries[i].Name, entries[i].Form), ':')
		if dst, err = w.value(dst, entries[i].Value); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// AppendName appends the name of an entry: in bytes unless Perl has it in characters.
func AppendName(dst []byte, name string, form perldata.KeyForm) []byte {
	if isASCII(name) {
		return appendBytes(dst, name)
	}
	if form == perldata.KeyUTF8 || form == perldata.KeyWasUTF8 || !perldata.IsLatin1(name) {
		return appendText(dst, name)
	}
	return appendBytes(dst, string(perldata.AppendLatin1(nil, name)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendFloat appends a number as Perl prints it. JSON has none that are not finite.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(perldata.AppendFloat(append(dst, '"'), f), '"')
	}
	return perldata.AppendFloat(dst, f)
}

// appendBytes appends a string byte for byte.
func appendBytes(dst []byte, s string) []byte {
	dst = append(dst, '"')
	first := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			dst = appendEscape(append(dst, s[first:i]...), rune(c))
			first = i + 1
		}
	}
	return append(append(dst, s[first:]...), '"')
}

// appendText appends a string of characters: those that are not ASCII as escapes.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		if r < ' ' || r == '"' || r == '\\' || r >= utf8.RuneSelf {
			dst = appendEscape(dst, r)
		} else {
			dst = append(dst, byte(r))
		}
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if r > math.MaxUint16 {
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(dst, high), low)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
