package document

import (
	"context"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// decodeIDs reads the request of getSessions. The service limits the number of ids;
// here the limits of a message do.
func decodeIDs(s *xmlscan.Scanner) ([]string, error) {
	var ids []string
	err := children(s, []string{"ids"}, func(int) error {
		for {
			more, err := nextChild(s)
			if err != nil || !more {
				return err
			}
			if string(s.Local()) != "id" {
				return unexpected(s)
			}
			null, err := isNil(s)
			if err != nil {
				return err
			}
			if null {
				return soap.ClientFault("An id is nil. Send its text, or leave it out.")
			}
			id, err := readText(s)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
	})
	return ids, err
}

// appendSessions appends the answer of getSessions. If a later session exceeds a
// limit, the sessions together are too large: each alone may be small enough. If
// the first one does, it is not readable.
func (o Options) appendSessions(ctx context.Context, dst []byte, sessions []sessionstore.Session) ([]byte, error) {
	return appendResponse(dst, "getSessions", func(dst []byte) ([]byte, error) {
		w := o.valueWriter(ctx, dst)
		for i, session := range sessions {
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
