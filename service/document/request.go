package document

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/wsdl"
)

const xsiNamespace = "http://www.w3.org/2001/XMLSchema-instance"

// nothing is a request without parameters.
type nothing struct{}

// setRequest is the request of setSession.
type setRequest struct {
	id         string
	attributes *perldata.Hash
	ttl        time.Duration
	lifetime   time.Duration
	condition  sessionstore.If
}

func (r setRequest) life() sessionstore.Life {
	return sessionstore.Life{TTL: r.ttl, Lifetime: r.lifetime}
}

// touchRequest is the request of touchSession.
type touchRequest struct {
	id  string
	ttl time.Duration
}

// The decoders name the children of their requests in the order of the contract,
// because SOAP::Lite sends arguments without a name by position.

func decodeNothing(s *xmlscan.Scanner) (nothing, error) {
	return nothing{}, children(s, nil, func(int) error { return nil })
}

// getRequest is the request of getSession.
type getRequest struct {
	id string
	reading
}

// reading is what the requests of getSession and getSessions have besides ids.
type reading struct {
	ttl   time.Duration
	typed bool
}

func decodeGet(s *xmlscan.Scanner) (getRequest, error) {
	var r getRequest
	err := children(s, []string{"id", "ttl", "typed"}, func(i int) (err error) {
		if i == 0 {
			r.id, err = readText(s)
			return err
		}
		return r.option(s, i)
	})
	return r, err
}

// option reads the i-th child of a request.
func (r *reading) option(s *xmlscan.Scanner, i int) (err error) {
	if i == 1 {
		r.ttl, err = readSeconds(s)
	} else {
		r.typed, err = readFlag(s)
	}
	return err
}

func decodeTouch(s *xmlscan.Scanner) (touchRequest, error) {
	var r touchRequest
	err := children(s, []string{"id", "ttl"}, func(i int) (err error) {
		switch i {
		case 0:
			r.id, err = readText(s)
		case 1:
			r.ttl, err = readSeconds(s)
		}
		return err
	})
	return r, err
}

func (o Options) decodeSet(s *xmlscan.Scanner) (setRequest, error) {
	r := setRequest{ttl: sessionstore.DefaultTTL}
	err := children(s, []string{"id", "attributes", "ttl", "ifVersion", "updateOnly", "lifetime", "onlyNew"}, func(i int) (err error) {
		switch i {
		case 0:
			r.id, err = readText(s)
		case 1:
			reader := entryReader{scan: s, most: o.MaxEntries}
			r.attributes, err = reader.session()
		case 2:
			r.ttl, err = readSeconds(s)
		case 3:
			r.condition.Version, err = readText(s)
		case 4:
			r.condition.Exists, err = readFlag(s)
		case 5:
			r.lifetime, err = readLifetime(s)
		case 6:
			r.condition.New, err = readFlag(s)
		}
		return err
	})
	if err == nil && r.attributes == nil {
		// SOAP::Lite's ->service() sends nil for every argument: if nil meant "no
		// attributes", it would erase sessions.
		err = soap.ClientFault("setSession needs attributes. Send an empty list to store a session without attributes.")
	}
	return r, err
}

// children reads the children of the element of the last Start, and its end tag.
// Each child has one of the names. A name may occur once, in any order. read gets
// the index of the name and reads the child to its end. Children with xsi:nil are
// skipped: they are absent.
func children(s *xmlscan.Scanner, names []string, read func(i int) error) error {
	var seen uint
	next := 0 // index of the next argument without a name
	for {
		more, err := nextChild(s)
		if err != nil || !more {
			return err
		}
		i := indexOf(names, s.Local())
		if i < 0 && bytes.HasPrefix(s.Local(), []byte("c-gensym")) && next < len(names) {
			i = next
		}
		if i < 0 {
			return unexpected(s)
		}
		if seen&(1<<i) != 0 {
			return soap.ClientFault("The element " + names[i] + " is there twice. Send it once.")
		}
		seen |= 1 << i
		next = i + 1
		null, err := isNil(s)
		if err != nil {
			return err
		}
		if null {
			if err := skipNil(s); err != nil {
				return err
			}
			continue
		}
		if err := read(i); err != nil {
			return err
		}
	}
}

// nextChild moves to the next child of the current element, which must be in the
// contract's namespace or in none. It returns false at the end of the element.
func nextChild(s *xmlscan.Scanner) (bool, error) {
	kind, err := s.Next()
	if err == nil && kind == xmlscan.Text {
		if len(bytes.TrimSpace(s.Text())) > 0 {
			return false, soap.ClientFault("There is text between elements. Send only elements there.")
		}
		kind, err = s.Next()
	}
	if err != nil || kind != xmlscan.Start {
		return false, err
	}
	if space := s.Space(); len(space) > 0 && string(space) != wsdl.Namespace {
		return false, soap.ClientFault("The element " + shortName(s) + " has a wrong namespace. Send it in " + wsdl.Namespace + " or in none.")
	}
	return true, nil
}

func indexOf(names []string, local []byte) int {
	for i, name := range names {
		if string(local) == name {
			return i
		}
	}
	return -1
}

// unexpected returns the fault for an element that the contract does not have.
func unexpected(s *xmlscan.Scanner) error {
	return soap.ClientFault("The contract has no element " + shortName(s) + " here. See the WSDL.")
}

// shortName returns the local name of the current element, shortened to what a fault
// may quote.
func shortName(s *xmlscan.Scanner) string {
	const most = 40
	local := []rune(string(s.Local()))
	if len(local) > most {
		return string(local[:most]) + "…"
	}
	return string(local)
}

// isNil reports whether the current element has xsi:nil="true".
func isNil(s *xmlscan.Scanner) (bool, error) {
	value, ok := s.Attr(xsiNamespace, "nil")
	if !ok {
		return false, nil
	}
	return parseBoolean(value)
}

// skipNil reads an element with xsi:nil to its end. It must be empty.
func skipNil(s *xmlscan.Scanner) error {
	text, err := s.Content()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) > 0 {
		return nilWithContent()
	}
	return nil
}

func nilWithContent() error {
	return soap.ClientFault("An element with xsi:nil has content. Remove the content or xsi:nil.")
}

// parseBoolean reads an xs:boolean (XML Schema part 2 section 3.2.2).
func parseBoolean(text []byte) (bool, error) {
	switch string(bytes.Trim(text, xmlchar.Whitespace)) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, soap.ClientFault("Invalid boolean: use true, false, 1 or 0.")
}

// readText reads a string. SOAP::Lite sends a string with a character beyond ASCII
// as base64, with that type in xsi:type.
func readText(s *xmlscan.Scanner) (string, error) {
	encoded := isBase64(s)
	text, err := s.Content()
	if err != nil {
		return "", err
	}
	if encoded {
		text, err = decodeBase64(text)
	}
	return string(text), err
}

// isBase64 reports whether the current element's xsi:type is base64.
func isBase64(s *xmlscan.Scanner) bool {
	name, ok := s.Attr(xsiNamespace, "type")
	if !ok {
		return false
	}
	prefix, local, found := bytes.Cut(bytes.Trim(name, xmlchar.Whitespace), []byte(":"))
	if !found {
		prefix, local = nil, prefix
	}
	if string(local) != "base64Binary" && string(local) != "base64" {
		return false
	}
	space, _ := s.Namespace(prefix)
	switch string(space) {
	case "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/1999/XMLSchema",
		"http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/2003/05/soap-encoding":
		return true
	}
	return false
}

// readBoolean reads an xs:boolean.
func readBoolean(s *xmlscan.Scanner) (bool, error) {
	text, err := s.Content()
	if err != nil {
		return false, err
	}
	return parseBoolean(text)
}

// readFlag reads an xs:boolean of which false is the default. Programs that fill a
// template leave an element empty if they have no value for it.
func readFlag(s *xmlscan.Scanner) (bool, error) {
	text, err := s.Content()
	if err != nil || isBlank(text) {
		return false, err
	}
	return parseBoolean(text)
}

func isBlank(text []byte) bool { return len(bytes.Trim(text, xmlchar.Whitespace)) == 0 }

// readSeconds reads an xs:int: a ttl. An empty element is nil, as for readFlag.
func readSeconds(s *xmlscan.Scanner) (time.Duration, error) {
	return readDuration(s, "Invalid ttl: use a whole number of seconds up to 2147483647, 0 for the default, or -1 for the longest allowed.")
}

// readLifetime reads an xs:int: a lifetime.
func readLifetime(s *xmlscan.Scanner) (time.Duration, error) {
	return readDuration(s, "Invalid lifetime: use a whole number of seconds up to 2147483647, or 0 for none.")
}

func readDuration(s *xmlscan.Scanner, invalid string) (time.Duration, error) {
	text, err := s.Content()
	if err != nil || isBlank(text) {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.Trim(string(text), xmlchar.Whitespace), 10, 32)
	if err != nil {
		return 0, soap.ClientFault(invalid)
	}
	return time.Duration(n) * time.Second, nil
}
