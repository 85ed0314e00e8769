package storable

import (
	"encoding/binary"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

// scalar appends an element of a list or the value of a key. Only a list has
// elements that do not exist.
func (e *encoder) scalar(v *perldata.Value, inList bool) error {
	if identity := v.Identity(); identity != nil {
		return e.identity(identity, inList)
	}
	e.objects++
	return e.content(v, inList)
}

// identity appends a scalar that may occur in several places.
func (e *encoder) identity(s *perldata.Scalar, immortal bool) error {
	if !e.startScalar(s) {
		return nil
	}
	if s.VString != "" {
		e.sized(tagVString, tagLVString, s.VString)
	}
	if s.Value.Form() == perldata.FormRegexp {
		return e.regexp(s)
	}
	return e.content(&s.Value, immortal)
}

// content appends a scalar without its number, class and magic.
func (e *encoder) content(v *perldata.Value, immortal bool) error {
	switch v.Kind() {
	case perldata.KindUndef:
		if immortal && v.Form() == perldata.FormImmortal {
			e.dst = append(e.dst, tagSVUndef)
		} else {
			e.dst = append(e.dst, tagUndef)
		}
	case perldata.KindBytes:
		if v.Form() == perldata.FormNumber && isNumber(v.Str()) {
			e.number(v.Str())
		} else {
			e.sized(tagScalar, tagLScalar, v.Str())
		}
	case perldata.KindText:
		e.text(v)
	case perldata.KindInt:
		e.integer(v.Int())
	case perldata.KindFloat:
		e.float(v.Float())
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		return e.reference(*v)
	}
	return nil
}

// text appends a string of characters: with the UTF-8 flag if it needs the flag or
// was read with it, else as bytes.
func (e *encoder) text(v *perldata.Value) {
	s := v.Str()
	if v.Form() == perldata.FormFlagged || !isASCII(s) && utf8.ValidString(s) {
		e.sized(tagUTF8Str, tagLUTF8Str, s)
	} else {
		e.sized(tagScalar, tagLScalar, s)
	}
}

// regexp appends a compiled pattern.
func (e *encoder) regexp(s *perldata.Scalar) error {
	pattern := s.Value.Str()
	if len(s.Modifiers) > longestShort {
		return unrepresentable("a pattern in it has too many modifiers")
	}
	if len(pattern) > longestShort {
		e.dst = append(e.dst, tagRegexp, longRegexp)
		e.length(len(pattern))
	} else {
		e.dst = append(e.dst, tagRegexp, 0, byte(len(pattern)))
	}
	e.dst = append(e.dst, pattern...)
	e.dst = append(e.dst, byte(len(s.Modifiers)))
	e.dst = append(e.dst, s.Modifiers...)
	return nil
}

// sized appends a string, with the short tag and a length of one byte if that is
// enough, else with the long tag and a length of four bytes.
func (e *encoder) sized(short, long byte, s string) {
	if len(s) > longestShort {
		e.dst = append(e.dst, long)
		e.length(len(s))
	} else {
		e.dst = append(e.dst, short, byte(len(s)))
	}
	e.dst = append(e.dst, s...)
}

// length appends a length or count. If it exceeds 31 bits, the image exceeds its
// size limit, too.
func (e *encoder) length(n int) {
	e.dst = binary.BigEndian.AppendUint32(e.dst, uint32(n))
}
