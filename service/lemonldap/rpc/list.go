package rpc

import (
	"context"

	"memcachedsoap/service"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// maxAnswer is the greatest size in bytes of an answer with all sessions. Larger lists
// are for the REST dialect, which sends them piece by piece.
const maxAnswer = 21 << 20

// list is an answer with all sessions. They are read while it is written.
type list struct {
	fields   []string // the attributes that are asked for
	all      bool     // all attributes are asked for
	encoding soaplite.Encoding
	method   soap.Name
}

// getKeyFromAllSessions returns attributes of all sessions. The token may be any.
func (x *dialect) getKeyFromAllSessions(_ context.Context, parameters []perldata.Value) (result, error) {
	l := &list{all: len(parameters) < 2 || isEmpty(parameters[1])}
	if !l.all {
		names := []perldata.Value{parameters[1]}
		if parameters[1].Kind() == perldata.KindList {
			names = parameters[1].List().Items
		}
		for _, name := range names {
			if !isScalar(name) {
				return result{}, errNoNames()
			}
			l.fields = append(l.fields, nameOf(name))
		}
	}
	return result{name: "result", list: l}, nil
}

// isScalar reports whether a value is a string or a number.
func isScalar(v perldata.Value) bool {
	switch v.Kind() {
	case perldata.KindBytes, perldata.KindText, perldata.KindInt, perldata.KindFloat:
		return true
	default:
		return false
	}
}

// nameOf returns a parameter as the name of an attribute. Bytes are Latin-1, as in the
// keys of Perl's hashes.
func nameOf(v perldata.Value) string {
	if v.Kind() == perldata.KindBytes {
		return perldata.Latin1ToUTF8(v.Str())
	}
	return soaplite.Text(v)
}

// appendList appends an answer with all sessions, or none of them: an answer that is too
// large is an error.
func (x *dialect) appendList(ctx context.Context, dst []byte, room *soap.Room, l *list) ([]byte, error) {
	stream := l.encoding.Stream(dst, room, l.method)
	err := x.sessions.All(ctx, lemonldap.Global, func(id string, attributes *perldata.Hash) error {
		value := perldata.Value{} // of a session that cannot be read
		if attributes != nil {
			value = perldata.HashOf(l.of(attributes))
		}
		if err := stream.Add(id, value); err != nil {
			return unreadable(err)
		}
		if size := stream.Len(); size > maxAnswer {
			return &service.AnswerTooLargeError{Limit: maxAnswer, Actual: int64(size)}
		}
		return nil
	})
	if err != nil {
		return dst, err
	}
	return stream.End()
}

// of returns the attributes that are asked for. Those that a session does not have are
// nil.
func (l *list) of(attributes *perldata.Hash) *perldata.Hash {
	if l.all {
		return attributes
	}
	asked := perldata.NewHash(len(l.fields))
	for _, name := range l.fields {
		v, _ := attributes.Get(name)
		asked.Set(name, v)
	}
	return asked
}
