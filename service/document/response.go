package document

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap/xmlwrite"
	"memcachedsoap/wsdl"
)

// appendResponse appends the wrapper of an answer. It has one child, whose name is
// that of the operation followed by Result.
func appendResponse(dst []byte, operation string, result func([]byte) ([]byte, error)) ([]byte, error) {
	dst = append(dst, '<')
	dst = append(dst, operation...)
	dst = append(dst, `Response xmlns="`+wsdl.Namespace+`"><`...)
	dst = append(dst, operation...)
	dst = append(dst, `Result>`...)
	dst, err := result(dst)
	dst = append(dst, '<', '/')
	dst = append(dst, operation...)
	dst = append(dst, `Result></`...)
	dst = append(dst, operation...)
	return append(dst, `Response>`...), err
}

func appendStatus(dst []byte, status string) ([]byte, error) {
	return appendResponse(dst, "status", func(dst []byte) ([]byte, error) {
		return appendText(dst, status), nil
	})
}

func appendDeleted(dst []byte, existed bool) ([]byte, error) {
	return appendResponse(dst, "deleteSession", func(dst []byte) ([]byte, error) {
		return strconv.AppendBool(dst, existed), nil
	})
}

func appendRef(operation string) func([]byte, sessionstore.Ref) ([]byte, error) {
	return func(dst []byte, ref sessionstore.Ref) ([]byte, error) {
		return appendResponse(dst, operation, func(dst []byte) ([]byte, error) {
			return appendRefFields(dst, ref), nil
		})
	}
}

func (o Options) appendSession(dst []byte, session sessionstore.Session) ([]byte, error) {
	return appendResponse(dst, "getSession", func(dst []byte) ([]byte, error) {
		w := valueWriter{dst: dst, left: o.MaxEntries, longest: len(dst) + maxAnswer}
		w.session(session)
		if w.failure != "" {
			return dst, &sessionstore.UnreadableError{ID: session.ID, Reason: w.failure}
		}
		return w.dst, nil
	})
}

// appendRefFields appends the first elements of Session and SessionRef. expiresIn is
// absent for a session that never expires. It is an xs:int, so 68 years at most.
func appendRefFields(dst []byte, ref sessionstore.Ref) []byte {
	dst = appendElement(dst, "id", string(ref.ID))
	dst = appendElement(dst, "version", ref.Version)
	if ref.ExpiresIn > 0 {
		dst = append(dst, `<expiresIn>`...)
		dst = strconv.AppendInt(dst, min(int64(ref.ExpiresIn/time.Second), math.MaxInt32), 10)
		dst = append(dst, `</expiresIn>`...)
	}
	return dst
}

func appendReport(dst []byte, report service.Report) ([]byte, error) {
	return appendResponse(dst, "stats", func(dst []byte) ([]byte, error) {
		dst = append(dst, `<service>`...)
		dst = appendStats(dst, report.Service)
		dst = append(dst, `</service><servers>`...)
		for _, server := range report.Servers {
			dst = append(dst, `<server>`...)
			dst = appendElement(dst, "address", server.Address)
			dst = appendElement(dst, "tier", string(server.Tier))
			dst = append(dst, `<alive>`...)
			dst = strconv.AppendBool(dst, server.Alive)
			dst = append(dst, `</alive><stats>`...)
			dst = appendStats(dst, server.Stats)
			dst = append(dst, `</stats></server>`...)
		}
		return append(dst, `</servers>`...), nil
	})
}

func appendStats(dst []byte, stats []backend.Stat) []byte {
	for _, stat := range stats {
		dst = append(dst, `<stat>`...)
		dst = appendElement(dst, "name", stat.Name)
		dst = appendElement(dst, "value", stat.Value)
		dst = append(dst, `</stat>`...)
	}
	return dst
}

func appendElement(dst []byte, name, text string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = appendText(dst, text)
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

// appendText appends text of the service. If it has a character that XML does not
// allow, which only a defective server could cause, it is quoted.
func appendText(dst []byte, text string) []byte {
	out, ok := xmlwrite.AppendText(dst, text)
	if !ok {
		out, _ = xmlwrite.AppendText(dst, strconv.QuoteToASCII(text))
	}
	return out
}

// maxNesting is the greatest depth of a value: that of Perl's Storable 3.26, 512
// lists. A deeper value contains itself.
const maxNesting = 512

// maxAnswer is the greatest size in bytes of the sessions of one answer as XML. It is
// twice what the store reads for one answer, because base64 needs a third more.
const maxAnswer = 64 << 20

// Why a session cannot be written.
const (
	tooManyEntries = "it has more entries than one answer may have"
	tooLong        = "it is longer than one answer may be"
)

// valueWriter writes the values of a session. It writes a shared value in each of
// its places, so a session may be much larger as XML than in the store. Therefore
// depth, number of values and length have limits.
type valueWriter struct {
	dst     []byte
	depth   int
	left    int    // how many more entries and items may be written
	longest int    // greatest length of dst before another value is written
	failure string // why the session cannot be written; "" if it can
}

// session writes the elements of the contract's Session.
func (w *valueWriter) session(session sessionstore.Session) {
	w.dst = appendRefFields(w.dst, session.Ref)
	w.dst = append(w.dst, `<attributes>`...)
	for name, value := range session.Attributes.All() {
		if name != sessionstore.IDAttribute { // the element id has it
			w.entry(name, value)
		}
	}
	w.dst = append(w.dst, `</attributes>`...)
}

func (w *valueWriter) entry(name string, value perldata.Value) {
	if w.failure != "" {
		return
	}
	w.dst = append(w.dst, `<entry><key>`...)
	var ok bool
	if w.dst, ok = appendString(w.dst, name); !ok {
		w.failure = "the name of an attribute has a character that XML does not allow"
		return
	}
	w.dst = append(w.dst, `</key>`...)
	w.value(value)
	w.dst = append(w.dst, `</entry>`...)
}

func (w *valueWriter) value(v perldata.Value) {
	if w.left--; w.left < 0 {
		w.failure = tooManyEntries
		return
	}
	if len(w.dst) > w.longest {
		w.failure = tooLong
		return
	}
	switch v.Kind() {
	case perldata.KindUndef:
		w.dst = append(w.dst, `<undef>true</undef>`...)
	case perldata.KindBytes, perldata.KindText:
		w.scalar(v.Str())
	case perldata.KindInt:
		w.dst = append(w.dst, `<value>`...)
		w.dst = strconv.AppendInt(w.dst, v.Int(), 10)
		w.dst = append(w.dst, `</value>`...)
	case perldata.KindFloat:
		w.scalar(string(perldata.AppendFloat(nil, v.Float())))
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		w.nested(v)
	default:
		panic(fmt.Sprintf("document: unknown kind of value %d", v.Kind()))
	}
}

// nested writes a value that contains other values. The contract has no form for a
// reference to a scalar: the scalar is written.
func (w *valueWriter) nested(v perldata.Value) {
	if w.depth++; w.depth > maxNesting {
		w.failure = "it contains itself or is nested too deeply"
		return
	}
	switch v.Kind() {
	case perldata.KindList:
		w.dst = append(w.dst, `<list>`...)
		for _, item := range v.List().Items {
			w.dst = append(w.dst, `<item>`...)
			if w.value(item); w.failure != "" {
				return
			}
			w.dst = append(w.dst, `</item>`...)
		}
		w.dst = append(w.dst, `</list>`...)
	case perldata.KindHash:
		w.dst = append(w.dst, `<hash>`...)
		for name, value := range v.Hash().All() {
			if w.entry(name, value); w.failure != "" {
				return
			}
		}
		w.dst = append(w.dst, `</hash>`...)
	default:
		w.value(v.Ref())
	}
	w.depth--
}

// scalar writes a string as text if it is valid in XML, else as base64. Perl
// programs may have UTF-8 in strings that Perl takes for bytes, so bytes that are
// UTF-8 are text.
func (w *valueWriter) scalar(s string) {
	start := len(w.dst)
	w.dst = append(w.dst, `<value>`...)
	var ok bool
	if w.dst, ok = appendString(w.dst, s); ok {
		w.dst = append(w.dst, `</value>`...)
		return
	}
	w.dst = append(w.dst[:start], `<binary>`...)
	w.dst = base64.StdEncoding.AppendEncode(w.dst, []byte(s))
	w.dst = append(w.dst, `</binary>`...)
}

// appendString appends a string of a session and reports whether it is valid in XML.
// zeep reads an empty element as None, and an empty CDATA section as "".
func appendString(dst []byte, s string) ([]byte, bool) {
	if s == "" {
		return append(dst, `<![CDATA[]]>`...), true
	}
	return xmlwrite.AppendText(dst, s)
}
