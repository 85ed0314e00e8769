package main

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
	getOperation = "getSession"
	setOperation = "setSession"
)

// entryList returns n entries. If n exceeds the entries of session24, it repeats
// them under other names.
func entryList(n int) (*wsdl.EntryList, error) {
	var known, list wsdl.EntryList
	if err := xml.Unmarshal([]byte("<attributes>"+session24+"</attributes>"), &known); err != nil {
		return nil, fmt.Errorf("bench: session24.xml: %w", err)
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

// session has the requests that read and write one session.
type session struct {
	get  *load.Request
	sets [2]*load.Request // used alternately, so that each changes the stored session
}

// makeSessions returns n sessions with the given number of entries. They differ in
// the id and in the value of one entry.
func makeSessions(n, entries int) ([]*session, error) {
	list, err := entryList(entries)
	if err != nil {
		return nil, err
	}
	attributes, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"attributes"`
		*wsdl.EntryList
	}{EntryList: list})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	sessions := make([]*session, n)
	for i := range sessions {
		id := fmt.Sprintf("%032x", 0x5fbc010f+i)
		user := fmt.Sprintf("user%d-", i)
		sessions[i] = &session{get: newRequest(getOperation, id, "<id>"+id+"</id>", id, user)}
		for j := range sessions[i].sets {
			own := strings.Replace(string(attributes), ">dwho<", ">"+user+strconv.Itoa(j)+"<", 1)
			sessions[i].sets[j] = newRequest(setOperation, id, "<id>"+id+"</id>"+own+"<ttl>0</ttl>", id)
		}
	}
	return sessions, nil
}

// newRequest returns a request in the form that XML libraries write.
func newRequest(operation, id, content string, holds ...string) *load.Request {
	body := `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="` + soap.Namespace11 + `"><S:Body><` + operation +
		` xmlns="` + wsdl.Namespace + `">` + content + `</` + operation + `></S:Body></S:Envelope>`
	r := &load.Request{Body: len(body)}
	r.Message = fmt.Appendf(nil, "POST /soap HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: text/xml\r\n"+
		"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: %q\r\n"+sessionHeader+": %s\r\nContent-Length: %d\r\n\r\n%s",
		wsdl.Action(operation), id, len(body), body)
	for _, text := range holds {
		r.Holds = append(r.Holds, []byte(text))
	}
	return r
}
