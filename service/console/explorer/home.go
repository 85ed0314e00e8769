package explorer

import (
	"net/http"
	"strings"

	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore"
)

// home is the page on which every look begins.
type home struct {
	Types      []Type
	Principals []string
	Servers    []string
	Moves      bool
	Done       string // what was done before; "" if nothing
}

func (x *exchange) home() error {
	h := home{Types: x.options.Types, Principals: x.sessions.Principals(x.ctx), Servers: x.sessions.Servers(), Moves: x.sessions.Moves()}
	if x.r.URL.Query().Get("done") == "ended" {
		h.Done = "The session was ended."
	}
	return x.render(http.StatusOK, "home", "Sessions", h)
}

// findID leads to the session of an id.
func (x *exchange) findID() error {
	kind, err := x.kind()
	if err != nil {
		return err
	}
	text := strings.TrimSpace(x.r.PostFormValue("id"))
	id, err := sessionstore.ParseID(text)
	if err != nil {
		return err
	}
	if kind.Kind != "" {
		if id = sessionstore.TypedID(kind.Kind, id); id == "" {
			return &problem{http.StatusBadRequest, "Not possible", "The ids of sessions of the type " + kind.Name + " have 32 or 64 lower-case hexadecimal digits."}
		}
	}
	page.Redirect(x.w, x.r, below+"/one/"+x.sealSession(id))
	return nil
}

// ask leads to what a query finds: by the index, or by a search of all sessions.
func (x *exchange) ask() error {
	kind, err := x.kind()
	if err != nil {
		return err
	}
	q := query{Kind: kind.Kind, Attribute: x.r.PostFormValue("attribute"), Value: x.r.PostFormValue("value")}
	switch {
	case q.Attribute == "":
		return &problem{http.StatusBadRequest, "No attribute", "Name the attribute by whose value you look for sessions."}
	case q.Value == "":
		return &problem{http.StatusBadRequest, "No value", "Give the value that the attribute has."}
	case len(q.Attribute) > maxQuery, len(q.Value) > maxQuery:
		return &problem{http.StatusBadRequest, "Too long", "The attribute and the value have at most 2048 bytes each."}
	}
	if x.r.PostFormValue("all") != "" {
		page.Redirect(x.w, x.r, below+"/search/"+x.sealQuery(q))
		return nil
	}
	page.Redirect(x.w, x.r, below+"/found/"+x.sealQuery(q))
	return nil
}
