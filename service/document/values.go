package document

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// maxNesting is the greatest depth of a value: that of Perl's Storable 3.26, 512
// lists.
const maxNesting = 512

// maxAnswer is the greatest size in bytes of the sessions of one answer as XML. A
// request of 4 MiB can store a session that takes five times as much: XML writes &
// with five characters.
const maxAnswer = 21 << 20

// valueWriter writes the values of a session. It writes a shared value in each of
// its places, so a session may be much larger as XML than in the store. Therefore
// depth, number of values and length have limits.
type valueWriter struct {
	dst     []byte
	depth   int
	left    int      // how many more entries and items may be written
	longest int      // greatest length of dst before another value is written
	failure *failure // why the session cannot be written; nil if it can
	typed   bool     // numbers and booleans get their type
	hashes  uint64   // of a visitor: a bit for each list and hash around the value, the innermost last; 1 is a hash

	room soap.Room
}

func (o Options) valueWriter(ctx context.Context, dst []byte) *valueWriter {
	return &valueWriter{dst: dst, left: o.MaxEntries, longest: len(dst) + maxAnswer, room: soap.NewRoom(ctx, o.Reserve)}
}

// markup is how many bytes the tags of a value take at most.
const markup = 64

// fits makes room for markup and a string.
func (w *valueWriter) fits(s string) bool {
	var err error
	if w.dst, err = w.room.Grow(w.dst, markup+xmlwrite.Longest(s)); err != nil {
		w.failure = &failure{refused: err}
	}
	return err == nil
}

// session writes the elements of the contract's Session.
func (w *valueWriter) session(session sessionstore.Session) {
	w.dst = appendRefFields(w.dst, session.Ref)
	w.dst = append(w.dst, `<attributes>`...)
	if w.typed {
		perldata.TakeHints(session.Attributes)
	}
	for name, value := range session.Attributes.All() {
		if name == sessionstore.IDAttribute { // the element id has it
			continue
		}
		if w.entry(name, value); w.failure != nil {
			w.failure.blame(name, value)
			return
		}
	}
	w.dst = append(w.dst, `</attributes>`...)
}

func (w *valueWriter) entry(name string, value perldata.Value) {
	if !w.beginEntry(name) {
		return
	}
	w.value(value)
	w.dst = append(w.dst, `</entry>`...)
}

// beginEntry writes the key of an entry.
func (w *valueWriter) beginEntry(name string) bool {
	if !w.fits(name) {
		return false
	}
	dst := w.dst // storing it each time costs while the collector marks
	dst = append(dst, `<entry><key>`...)
	dst = appendKey(dst, name)
	dst = append(dst, `</key>`...)
	w.dst = dst
	return true
}

// mayWrite counts a value, and makes room for its string.
func (w *valueWriter) mayWrite(s string) bool {
	if w.left--; w.left < 0 {
		w.failure = &failure{limit: tooManyEntries}
		return false
	}
	if len(w.dst) > w.longest {
		w.failure = &failure{limit: tooLong}
		return false
	}
	return w.fits(s)
}

func (w *valueWriter) value(v perldata.Value) {
	if !w.mayWrite(v.Str()) {
		return
	}
	switch v.Kind() {
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		w.nested(v)
	default:
		w.scalar(v)
	}
}

// scalar writes a value that contains no others.
func (w *valueWriter) scalar(v perldata.Value) {
	if w.typed && w.typedScalar(v) {
		return
	}
	switch v.Kind() {
	case perldata.KindUndef:
		w.dst = append(w.dst, `<undef>true</undef>`...)
	case perldata.KindBytes, perldata.KindText:
		w.str(v.Str())
	case perldata.KindInt:
		w.dst = append(w.dst, `<value>`...)
		w.dst = strconv.AppendInt(w.dst, v.Int(), 10)
		w.dst = append(w.dst, `</value>`...)
	case perldata.KindFloat:
		w.str(string(perldata.AppendFloat(nil, v.Float())))
	default:
		panic(fmt.Sprintf("document: unknown kind of value %d", v.Kind()))
	}
}

// nested writes a value that contains other values. The contract has no form for a
// reference to a scalar: the scalar is written.
func (w *valueWriter) nested(v perldata.Value) {
	if w.depth++; w.depth > maxNesting {
		w.failure = &failure{limit: tooDeep}
		return
	}
	switch v.Kind() {
	case perldata.KindList:
		w.dst = append(w.dst, `<list>`...)
		for _, item := range v.List().Items {
			w.dst = append(w.dst, `<item>`...)
			if w.value(item); w.failure != nil {
				return
			}
			w.dst = append(w.dst, `</item>`...)
		}
		w.dst = append(w.dst, `</list>`...)
	case perldata.KindHash:
		w.dst = append(w.dst, `<hash>`...)
		for name, value := range v.Hash().All() {
			if w.entry(name, value); w.failure != nil {
				return
			}
		}
		w.dst = append(w.dst, `</hash>`...)
	default:
		w.value(v.Ref())
	}
	w.depth--
}

// str writes a string as text if it is valid in XML, else as base64. Perl
// programs may have UTF-8 in strings that Perl takes for bytes, so bytes that are
// UTF-8 are text.
func (w *valueWriter) str(s string) {
	dst := w.dst
	dst = append(dst, `<value>`...)
	var ok bool
	if dst, ok = appendString(dst, s); ok {
		dst = append(dst, `</value>`...)
	} else {
		dst = append(dst[:len(w.dst)], `<binary>`...)
		dst = base64.StdEncoding.AppendEncode(dst, []byte(s))
		dst = append(dst, `</binary>`...)
	}
	w.dst = dst
}

// appendString appends a string of a session and reports whether it is valid in XML.
// zeep reads an empty element as None, and an empty CDATA section as "".
func appendString(dst []byte, s string) ([]byte, bool) {
	if s == "" {
		return append(dst, `<![CDATA[]]>`...), true
	}
	return xmlwrite.AppendText(dst, s)
}
