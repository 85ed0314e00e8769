package storable

// isNumber reports whether a string can have the form [perldata.FormNumber]: it is a
// number as JSON writes it, and short enough for the short tag, so that Perl never
// writes it with the long one.
func isNumber(s string) bool {
	if len(s) > longestShort {
		return false
	}
	s, _ = cutByte(s, '-')
	if rest, zero := cutByte(s, '0'); zero {
		s = rest
	} else if s, zero = cutDigits(s); !zero {
		return false
	}
	if fraction, ok := cutByte(s, '.'); ok {
		if s, ok = cutDigits(fraction); !ok {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		var ok bool
		if s, ok = cutDigits(s); !ok {
			return false
		}
	}
	return s == ""
}

// cutByte cuts a byte from the start of a string, if it is there.
func cutByte(s string, b byte) (rest string, found bool) {
	if s != "" && s[0] == b {
		return s[1:], true
	}
	return s, false
}

// cutDigits cuts the digits from the start of a string, if there is one.
func cutDigits(s string) (rest string, found bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[n:], n > 0
}

// number appends the digits of a number.
func (e *encoder) number(digits string) {
	e.dst = append(e.dst, tagLScalar)
	e.length(len(digits))
	e.dst = append(e.dst, digits...)
}
