package storable

import (
	"math"

	"memcachedsoap/sessionstore/perldata"
)

// scalar decodes a scalar to its place. If the scalar has an identity already, the
// place gets it.
func (d *decoder) scalar(tag byte, o object, blessed bool) error {
	number, err := d.add(o, noteScalar.blessed(blessed))
	if err != nil {
		return err
	}
	place := o.place
	switch tag {
	case tagRef:
		err = d.reference(place, perldata.FormDefault)
	case tagOverload:
		err = d.reference(place, perldata.FormOverload)
	case tagWeakRef:
		err = d.reference(place, perldata.FormWeak)
	case tagWeakOverload:
		err = d.reference(place, perldata.FormWeakOverload)
	case tagVString, tagLVString:
		err = d.vstring(tag, number)
	case tagRegexp:
		err = d.regexp(number)
	case tagSVUndef, tagSVUndefElem, tagSVYes, tagSVNo:
		put(place, immortal(tag).value())
		d.immortal(number, immortal(tag))
		return nil
	default:
		if place == nil {
			return d.skip(tag)
		}
		*place, err = d.plain(tag)
	}
	if err == nil {
		d.syncScalar(number)
	}
	return err
}

// put stores a value in a place, if there is one.
func put(place *perldata.Value, v perldata.Value) {
	if place != nil {
		*place = v
	}
}

// skip checks what plain decodes, and makes no value.
func (d *decoder) skip(tag byte) (err error) {
	switch tag {
	case tagScalar, tagUTF8Str:
		_, err = d.short()
	case tagLScalar, tagLUTF8Str:
		_, err = d.long()
	default:
		_, err = d.plain(tag)
	}
	return err
}

// plain decodes a string, a number, a boolean or an undef.
func (d *decoder) plain(tag byte) (perldata.Value, error) {
	switch tag {
	case tagScalar, tagLScalar, tagUTF8Str, tagLUTF8Str:
		return d.str(tag)
	case tagByte:
		b, err := d.byte()
		return perldata.IntOf(int64(b) - 128), err
	case tagNetint:
		n, err := d.bigEndian()
		return perldata.IntOf(int64(int32(n))), err
	case tagInteger:
		n, err := d.word()
		return perldata.IntOf(int64(n)), err
	case tagDouble:
		bits, err := d.word()
		return perldata.FloatOf(math.Float64frombits(bits)), err
	case tagUndef:
		return perldata.Value{}, nil
	case tagBooleanTrue:
		return perldata.BytesOf("1"), nil
	case tagBooleanFalse:
		return perldata.BytesOf(""), nil
	}
	d.offset--
	if what := unsupported(tag); what != "" {
		return perldata.Value{}, &UnsupportedError{Tag: tag, What: what, Offset: d.offset}
	}
	return perldata.Value{}, d.corrupt("an unknown tag")
}

// str takes a string with one of the four tags of strings.
func (d *decoder) str(tag byte) (perldata.Value, error) {
	var s string
	var err error
	if tag == tagScalar || tag == tagUTF8Str {
		s, err = d.short()
	} else {
		s, err = d.long()
	}
	switch tag {
	case tagScalar:
		return perldata.BytesOf(s), err
	case tagLScalar:
		v := perldata.BytesOf(s)
		if isNumber(s) {
			v = v.WithForm(perldata.FormNumber)
		}
		return v, err
	}
	return perldata.TextOf(s).WithForm(perldata.FormFlagged), err
}

// vstring takes a version string: its literal and the string that Perl compares.
func (d *decoder) vstring(tag byte, number int) (err error) {
	var literal string
	if tag == tagVString {
		literal, err = d.short()
	} else {
		literal, err = d.long()
	}
	if err != nil {
		return err
	}
	inner, err := d.byte()
	if err != nil {
		return err
	}
	switch inner {
	case tagScalar, tagLScalar, tagUTF8Str, tagLUTF8Str:
	default:
		d.offset--
		return d.corrupt("a version string that is not a string")
	}
	if literal == "" {
		return d.corrupt("a version string without a literal")
	}
	v, err := d.str(inner)
	if place := d.place(number); place != nil && err == nil {
		*place = v
		d.identify(number).VString = literal
	}
	return err
}

// regexp takes a compiled pattern.
func (d *decoder) regexp(number int) error {
	flags, err := d.byte()
	if err != nil {
		return err
	}
	if flags&^longRegexp != 0 {
		d.offset--
		return d.corrupt("an unknown flag of a pattern")
	}
	var pattern string
	if flags&longRegexp != 0 {
		pattern, err = d.long()
	} else {
		pattern, err = d.short()
	}
	if err != nil {
		return err
	}
	modifiers, err := d.short()
	if place := d.place(number); place != nil && err == nil {
		*place = perldata.BytesOf(pattern).WithForm(perldata.FormRegexp)
		d.identify(number).Modifiers = modifiers
	}
	return err
}
