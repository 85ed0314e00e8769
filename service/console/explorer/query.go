package explorer

import (
	"encoding/json"
	"net/http"
	"strings"

	"memcachedsoap/sessionstore"
)

// query is what sessions are looked for by. Its fields have short names, because it is
// part of an address.
type query struct {
	Kind      string `json:"k,omitempty"`
	Attribute string `json:"a"`
	Value     string `json:"v"`
}

// The kinds of sealed parts of addresses.
const (
	sealedSession = "s"
	sealedQuery   = "q"
)

// maxQuery bounds an attribute and a value that sessions are looked for by.
const maxQuery = 2 << 10

// sealSession returns the part of an address that names a session.
func (x *exchange) sealSession(id sessionstore.ID) string {
	return x.links.seal(x.ctx, sealedSession+string(id))
}

// errLink answers an address that no instance has made.
func errLink() error {
	return &problem{http.StatusNotFound, "This address is too old", "The address was made before the servers have dropped its key, or for other servers. Find the session again."}
}

// session returns the session that the address of the request names.
func (x *exchange) session() (sessionstore.ID, error) {
	content, ok := x.links.open(x.ctx, x.r.PathValue("session"))
	id, is := strings.CutPrefix(content, sealedSession)
	if !ok || !is {
		return "", errLink()
	}
	return sessionstore.ID(id), nil
}

func (x *exchange) sealQuery(q query) string {
	text, err := json.Marshal(q)
	if err != nil {
		panic(err) // texts can always be written
	}
	return x.links.seal(x.ctx, sealedQuery+string(text))
}

// query returns what the address of the request looks for.
func (x *exchange) query() (query, error) {
	content, ok := x.links.open(x.ctx, x.r.PathValue("query"))
	text, is := strings.CutPrefix(content, sealedQuery)
	var q query
	if !ok || !is || json.Unmarshal([]byte(text), &q) != nil {
		return query{}, errLink()
	}
	return q, nil
}

// kind returns the type of sessions that a form or an address has chosen.
func (x *exchange) kind() (Type, error) {
	name := x.r.FormValue("type")
	if name == "" {
		return x.options.Types[0], nil
	}
	for _, t := range x.options.Types {
		if t.Name == name {
			return t, nil
		}
	}
	return Type{}, &problem{http.StatusBadRequest, "Unknown type", "There are no sessions of this type."}
}

// typeName names the type of sessions for people.
func (x *exchange) typeName(kind string) string {
	for _, t := range x.options.Types {
		if t.Kind == kind {
			return t.Name
		}
	}
	if kind == "" {
		return "global"
	}
	return kind
}
