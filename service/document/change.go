package document

import (
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// updateRequest is the request of updateSession.
type updateRequest struct {
	id     string
	change sessionstore.Change
	ttl    time.Duration
}

func (o Options) decodeUpdate(s *xmlscan.Scanner) (updateRequest, error) {
	r := updateRequest{ttl: sessionstore.DefaultTTL}
	reader := entryReader{scan: s, most: o.MaxEntries}
	err := children(s, []string{"id", "set", "remove", "ttl", "ifVersion", "lifetime"}, func(i int) (err error) {
		switch i {
		case 0:
			r.id, err = readText(s)
		case 1:
			r.change.Set, err = reader.changes()
		case 2:
			r.change.Remove, err = reader.keys()
		case 3:
			r.ttl, err = readSeconds(s)
		case 4:
			r.change.If.Version, err = readText(s)
		case 5:
			r.change.Lifetime, err = readLifetime(s)
		}
		return err
	})
	if err == nil && r.change.Set == nil && r.change.Remove == nil {
		// SOAP::Lite's ->service() sends nil for every argument: if the service
		// then changed nothing, the caller would take that for success.
		err = soap.ClientFault("updateSession needs set or remove. Send an empty one to change no attribute, or call touchSession to change only the ttl.")
	}
	return r, err
}

// renameRequest is the request of renameSession.
type renameRequest struct{ id, newID, version string }

func decodeRename(s *xmlscan.Scanner) (renameRequest, error) {
	var r renameRequest
	err := children(s, []string{"id", "newId", "ifVersion"}, func(i int) (err error) {
		text, err := readText(s)
		*[]*string{&r.id, &r.newID, &r.version}[i] = text
		return err
	})
	return r, err
}

// deleteRequest is the request of deleteSession.
type deleteRequest struct{ id, version string }

func decodeDelete(s *xmlscan.Scanner) (deleteRequest, error) {
	var r deleteRequest
	err := children(s, []string{"id", "ifVersion"}, func(i int) (err error) {
		text, err := readText(s)
		*[]*string{&r.id, &r.version}[i] = text
		return err
	})
	return r, err
}

// principalRequest is the request of findSessions and deleteSessions.
type principalRequest struct{ principal, attribute string }

func decodePrincipal(s *xmlscan.Scanner) (principalRequest, error) {
	var r principalRequest
	err := children(s, []string{"principal", "attribute"}, func(i int) (err error) {
		switch i {
		case 0:
			r.principal, err = readText(s)
		case 1:
			r.attribute, err = readText(s)
		}
		return err
	})
	return r, err
}
