package document

import (
	"context"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// getManyRequest is the request of getSessions.
type getManyRequest struct {
	ids []string
	reading
}

func decodeGetMany(s *xmlscan.Scanner) (getManyRequest, error) {
	var r getManyRequest
	err := children(s, []string{"ids", "ttl", "typed"}, func(i int) (err error) {
		if i == 0 {
			r.ids, err = readIDs(s)
			return err
		}
		return r.option(s, i)
	})
	return r, err
}

// readIDs reads an IdList. The service limits the number of ids; here the limits of a
// message do.
func readIDs(s *xmlscan.Scanner) ([]string, error) {
	var ids []string
	for {
		more, err := nextChild(s)
		if err != nil || !more {
			return ids, err
		}
		if string(s.Local()) != "id" {
			return nil, unexpected(s)
		}
		null, err := isNil(s)
		if err != nil {
			return nil, err
		}
		if null {
			return nil, soap.ClientFault("An id is nil. Send its text, or leave it out.")
		}
		id, err := readText(s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
}

// sessionList is what getSessions answers.
type sessionList struct {
	sessions []sessionstore.Session
	typed    bool
}

// appendSessions appends the answer of getSessions. If a later session exceeds a
// limit, the sessions together are too large: each alone may be small enough. If
// the first one does, it is not readable.
func (o Options) appendSessions(ctx context.Context, dst []byte, list sessionList) ([]byte, error) {
	return appendResponse(dst, "getSessions", func(dst []byte) ([]byte, error) {
		w := o.valueWriter(ctx, dst)
		w.typed = list.typed
		for i, session := range list.sessions {
			w.dst = append(w.dst, `<session>`...)
			w.session(session)
			w.dst = append(w.dst, `</session>`...)
			switch {
			case w.failure == nil:
			case w.failure.limit == tooManyEntries && i > 0:
				return dst, soap.ClientFault("The sessions together have more entries than one answer may have. Ask for fewer sessions in one call.")
			case w.failure.limit == tooLong && i > 0:
				return dst, &service.AnswerTooLargeError{Limit: maxAnswer, Actual: int64(len(w.dst) - len(dst))}
			default:
				return dst, w.failure.of(session.ID)
			}
		}
		return w.dst, nil
	})
}

// appendIDs returns the encoder of an answer that is an IdList.
func appendIDs(operation string) func([]byte, []sessionstore.ID) ([]byte, error) {
	return func(dst []byte, ids []sessionstore.ID) ([]byte, error) {
		return appendResponse(dst, operation, func(dst []byte) ([]byte, error) {
			for _, id := range ids {
				dst = appendElement(dst, "id", string(id))
			}
			return dst, nil
		})
	}
}
