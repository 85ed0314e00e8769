package lemonldap

import (
	"net/http"
	"net/url"
	"strings"

	"memcachedsoap/service/access"
)

// route is what a request asks for.
type route struct {
	operation string
	role      access.Role
	serve     func(*exchange) error

	kind   Type
	digits string // the id of the session
	hashed string // the id of which digits are the hash, or ""
	key    string // an attribute, or several in brackets; in bytes
	hasKey bool
	// Of lists: the attribute that is searched for, and its value.
	search       bool
	field, value string
}

// unlimited reports whether the answer takes its time: it is a list of all sessions.
func (r *route) unlimited() bool { return r.operation == listSessions || r.operation == findSessions }

// MethodError says that a path has other methods.
type MethodError struct{ allowed string }

// Error implements error.
func (e *MethodError) Error() string { return "lemonldap: method not allowed" }

// The errors of paths.
var (
	errNoPath = &RequestError{"Unknown path: use /sessions/TYPE, /sessions/TYPE/ID or /sessions/TYPE/ID/KEY."}
	errNoAll  = &RequestError{"The path has no id of a session. To list sessions, send POST with the query all=1."}
)

// routeOf returns what a request asks for.
func routeOf(r *http.Request) (route, error) {
	parts, ok := pathParts(r.URL)
	if !ok || len(parts) > 3 {
		return route{}, errNoPath
	}
	if len(parts) == 0 {
		return route{}, ErrUnknownType
	}
	var found route
	var err error
	if found.kind, err = TypeOf(parts[0]); err != nil {
		return route{}, err
	}
	query := queryOf(r.URL.RawQuery)
	if len(parts) == 1 {
		return found, found.ofAll(r.Method, query)
	}
	found.digits = parts[1]
	if len(parts) == 3 {
		found.key, found.hasKey = parts[2], true
	}
	if isSet(query, "hash") {
		if !isID(found.digits) {
			_, err := found.kind.ID(found.digits)
			return route{}, err
		}
		found.hashed, found.digits = found.digits, HashedID(found.digits)
	}
	return found, found.ofOne(r.Method, query)
}

// ofAll finds the operation of a path without an id.
func (r *route) ofAll(method string, query map[string]string) error {
	switch {
	case method != http.MethodPost:
		return errNoAll
	case !isSet(query, "all"):
		r.operation, r.role, r.serve = setSession, access.Write, (*exchange).create
		return nil
	}
	r.operation, r.role, r.serve = listSessions, access.Find, (*exchange).list
	if search, ok := query["search"]; ok {
		r.field, r.value, _ = strings.Cut(search, ",") // the value may have commas
		r.operation, r.search = findSessions, true
	}
	return nil
}

// ofOne finds the operation of a path with an id.
func (r *route) ofOne(method string, query map[string]string) error {
	switch method {
	case http.MethodGet, http.MethodHead:
		r.operation, r.role, r.serve = getSession, access.Read, (*exchange).get
	case http.MethodPut:
		r.operation, r.role, r.serve = updateSession, access.Write, (*exchange).put
	case http.MethodDelete:
		r.operation, r.role, r.serve = deleteSession, access.Delete, (*exchange).delete
	case http.MethodPost:
		if _, asked := query["auth"]; asked {
			return errAuthentication
		}
		return &MethodError{"GET, HEAD, PUT, DELETE"}
	default:
		return &MethodError{"GET, HEAD, PUT, DELETE"}
	}
	if r.hasKey && method == http.MethodDelete {
		return &MethodError{"GET, HEAD, PUT"}
	}
	return nil
}

// errAuthentication answers what only the portal can do.
var errAuthentication = &RequestError{"This service authenticates nobody: send names and passwords to the portal of LemonLDAP::NG."}

// pathParts returns the parts of the path below [Path], decoded. Parts that are empty do
// not count: programs join two paths with a slash each.
func pathParts(u *url.URL) (parts []string, ok bool) {
	rest := strings.TrimPrefix(u.EscapedPath(), Path)
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" {
			continue
		}
		decoded, err := url.PathUnescape(part)
		if err != nil {
			return nil, false
		}
		if parts = append(parts, decoded); len(parts) > 3 {
			return nil, false
		}
	}
	return parts, true
}

// queryOf returns the parameters of a query; of several with a name the first. What
// cannot be decoded counts as it is: net/url would drop it.
func queryOf(query string) map[string]string {
	parameters := make(map[string]string, 2)
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name = unescaped(name)
		if _, twice := parameters[name]; !twice && part != "" {
			parameters[name] = unescaped(value)
		}
	}
	return parameters
}

func unescaped(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// isSet reports whether a parameter is there and true for Perl.
func isSet(query map[string]string, name string) bool {
	v := query[name]
	return v != "" && v != "0"
}
