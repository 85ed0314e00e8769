// Package contract makes requests of the contract for programs that measure servers, and
// reads the answers.
package contract

import (
	_ "embed" // for session24.xml
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// session24 has the entries of a typical single sign-on session.
//
//go:embed testdata/session24.xml
var session24 string

// The operations that are called.
const (
	GetOperation = "getSession"
	SetOperation = "setSession"
)

// SessionHeader is a header with the id of the session, for a server that reads no XML.
const SessionHeader = "X-Session"

// Entries returns n entries. If n exceeds the entries of session24, it repeats
// them under other names.
func Entries(n int) (*wsdl.EntryList, error) {
	var known, list wsdl.EntryList
	if err := xml.Unmarshal([]byte("<attributes>"+session24+"</attributes>"), &known); err != nil {
		return nil, fmt.Errorf("contract: session24.xml: %w", err)
	}
	for i := range n {
		entry := *known.Entry[i%len(known.Entry)]
		if pass := i / len(known.Entry); pass > 0 {
			entry.Key += strconv.Itoa(pass)
		}
		list.Entry = append(list.Entry, &entry)
	}
	return &list, nil
}

// Session has the requests that read and write one session.
type Session struct {
	ID   string
	Get  *load.Request
	Sets [2]*load.Request // used alternately, so that each changes the stored session

	user    string // the value that tells the session from others begins with it
	entries int
}

// Attributes returns what the first of Sets stores.
func (s *Session) Attributes() (map[string]string, error) {
	list, err := Entries(s.entries)
	if err != nil {
		return nil, err
	}
	attributes, marked := make(map[string]string, len(list.Entry)), false
	for _, entry := range list.Entry {
		attributes[entry.Key] = entry.Value
		if entry.Value == ownValue && !marked {
			attributes[entry.Key], marked = s.user+"0", true
		}
	}
	return attributes, nil
}

// ownValue is replaced in the first attribute that has it, so that sessions differ.
const ownValue = "dwho"

// NewSessions returns n sessions with the given number of entries. They differ in
// the id and in the value of one entry.
func NewSessions(n, entries int) ([]*Session, error) {
	list, err := Entries(entries)
	if err != nil {
		return nil, err
	}
	attributes, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"attributes"`
		*wsdl.EntryList
	}{EntryList: list})
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	sessions := make([]*Session, n)
	for i := range sessions {
		id := fmt.Sprintf("%032x", 0x5fbc010f+i)
		user := fmt.Sprintf("user%d-", i)
		sessions[i] = &Session{ID: id, user: user, entries: entries, Get: NewRequest(GetOperation, id, "<id>"+id+"</id>", id, user)}
		for j := range sessions[i].Sets {
			own := strings.Replace(string(attributes), ">"+ownValue+"<", ">"+user+strconv.Itoa(j)+"<", 1)
			sessions[i].Sets[j] = NewRequest(SetOperation, id, "<id>"+id+"</id>"+own+"<ttl>0</ttl>", id)
		}
	}
	return sessions, nil
}

// NewRequest returns a request of an operation in the form that XML libraries write.
// content is what the element of the operation holds, holds are texts of the answer.
func NewRequest(operation, id, content string, holds ...string) *load.Request {
	body := `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="` + soap.Namespace11 + `"><S:Body><` + operation +
		` xmlns="` + wsdl.Namespace + `">` + content + `</` + operation + `></S:Body></S:Envelope>`
	r := &load.Request{Body: len(body)}
	r.Message = fmt.Appendf(nil, "POST /soap HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: text/xml\r\n"+
		"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: %q\r\n"+SessionHeader+": %s\r\nContent-Length: %d\r\n\r\n%s",
		wsdl.Action(operation), id, len(body), body)
	for _, text := range holds {
		r.Holds = append(r.Holds, []byte(text))
	}
	return r
}

// Sources gives each connection its own sessions, because concurrent writers of one
// session would measure their conflicts. A connection only reads, or with writes reads and
// writes alternately.
func Sources(sessions []*Session, connections int, writes bool) []load.Source {
	share := len(sessions) / connections
	list := make([]load.Source, connections)
	for c := range list {
		own := sessions[c*share : (c+1)*share]
		list[c] = func(i int) *load.Request {
			session := own[i/2%share]
			if i%2 == 0 || !writes {
				return session.Get
			}
			return session.Sets[i/2/share%len(session.Sets)]
		}
	}
	return list
}
