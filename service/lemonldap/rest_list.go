package lemonldap

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore/perldata"
)

// list answers with all sessions of a type, or with those that a search finds. A list
// that is long is sent while it is made: it may be longer than memory.
func (x *exchange) list() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	l, err := x.newList(body)
	if err != nil {
		return err
	}
	release, err := x.startList()
	if err != nil {
		return err
	}
	defer release()
	if x.route.search {
		var unreadable int
		unreadable, err = x.sessions.Search(x.ctx, x.route.kind, x.route.field, x.route.value, l.visit)
		l.unreadable += unreadable
	} else {
		err = x.sessions.All(x.ctx, x.route.kind, l.visit)
	}
	if err != nil {
		return err
	}
	l.dst = append(l.dst, '}')
	l.warn()
	if !x.begun {
		return x.answer(l.dst, nil)
	}
	return l.send()
}

// startList takes a slot for a list: a list of all sessions lasts too long for one of
// those of other calls.
func (x *exchange) startList() (release func(), err error) {
	if x.route.search && x.sessions.finds(x.route.field, x.route.value) {
		return func() {}, x.start()
	}
	select {
	case x.lists <- struct{}{}:
		return func() { <-x.lists }, nil
	default:
		return nil, admission.ErrOverloaded
	}
}

// list is a list that is being made.
type list struct {
	x      *exchange
	fields []field // that are wanted
	whole  bool    // all attributes are wanted
	writer *perljson.Writer
	dst    []byte // what was not sent
	any    bool   // a session was written

	unreadable int // sessions that were left out or are null
}

// chunk is how many bytes are sent together.
const chunk = 32 << 10

// newList returns a list for the body of a request: data is null for whole sessions, or
// an attribute, or a list of attributes.
func (x *exchange) newList(body perldata.Value) (*list, error) {
	asked, err := x.object(body)
	if err != nil {
		return nil, err
	}
	l := &list{x: x, writer: x.writer(), dst: []byte{'{'}}
	data, _ := asked.Get("data")
	switch data.Kind() {
	case perldata.KindUndef:
		l.whole = true
	case perldata.KindBytes, perldata.KindText:
		return l, l.want(data)
	case perldata.KindList:
		for _, name := range data.List().Items {
			if err := l.want(name); err != nil {
				return nil, err
			}
		}
	default:
		return nil, errData
	}
	return l, nil
}

// want adds an attribute.
func (l *list) want(name perldata.Value) error {
	var f field
	switch name.Kind() {
	case perldata.KindBytes:
		f = fieldOf(name.Str())
	case perldata.KindText:
		f = field{name: name.Str(), form: perldata.KeyUTF8}
	default:
		return errData
	}
	if slices.Contains(l.fields, f) {
		return nil
	}
	if len(l.fields) == maxFields {
		return errTooManyFields
	}
	l.fields = append(l.fields, f)
	return nil
}

// errData answers a list of something else than names.
var errData = &RequestError{"data must be null, the name of an attribute, or a list of names."}

// warn says in the answer that sessions cannot be read: in a header, or in a trailer if a
// part of the answer was sent.
func (l *list) warn() {
	if l.unreadable == 0 {
		return
	}
	name := "Warning"
	if l.x.begun {
		name = http.TrailerPrefix + name
	}
	l.x.w.Header().Set(name, fmt.Sprintf(`199 - "sessions that cannot be read: %d"`, l.unreadable))
}

// visit writes a session, and sends what was written if it is enough. What cannot be
// read, or written because it contains itself or is too large, is null.
func (l *list) visit(digits string, attributes *perldata.Hash) error {
	if l.any {
		l.dst = append(l.dst, ',')
	}
	l.any = true
	l.dst = append(append(append(l.dst, '"'), digits...), '"', ':')
	var err error
	if l.whole && attributes != nil {
		l.dst, err = l.writer.Append(l.dst, perldata.HashOf(attributes))
	} else if attributes != nil {
		l.dst, err = appendFields(l.writer, l.dst, attributes, l.fields)
	}
	if _, cannot := errors.AsType[*perljson.Error](err); cannot || attributes == nil {
		l.unreadable++
		l.dst, err = append(l.dst, "null"...), nil
	}
	if err == nil && len(l.dst) >= chunk {
		err = l.send()
	}
	return err
}

// send sends what was written. The client has a time for each chunk, and not one for the
// whole list.
func (l *list) send() error {
	x := l.x
	response := http.NewResponseController(x.w)
	// A writer that has no deadlines is one of a test, or of another server.
	_ = response.SetReadDeadline(time.Time{}) // it would end the context of the request
	_ = response.SetWriteDeadline(time.Now().Add(x.options.WriteTimeout))
	if !x.begun {
		x.begun = true
		x.header(http.StatusOK)
	}
	n, err := x.w.Write(l.dst)
	x.bytesOut += n
	l.dst = l.dst[:0]
	if err == nil {
		err = response.Flush()
	}
	if errors.Is(err, http.ErrNotSupported) {
		err = nil
	}
	if err != nil {
		return &goneError{err}
	}
	return nil
}

// goneError says that the client does not take the answer.
type goneError struct{ err error }

// Error implements error.
func (e *goneError) Error() string {
	return "lemonldap: the client does not take the answer: " + e.err.Error()
}

// Unwrap returns the error.
func (e *goneError) Unwrap() error { return e.err }
