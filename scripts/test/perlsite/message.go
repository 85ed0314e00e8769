package perlsite

import (
	_ "embed" // for setSession.xml
	"fmt"
	"strings"

	"memcachedsoap/scripts/test/load"
)

// setSession24 is the message of a SOAP::Lite program that stores 24 pairs.
//
//go:embed testdata/setSession.xml
var setSession24 string

// Texts that the answers must contain.
const (
	ok          = "...... MEMCACHED SOAP OK ......"
	stored      = "<setSessionResponse"
	OneOfTheSet = ">TGUgVmVuZ2V1ciBNYXNxdek=</uid>"
)

// Operations returns the operations for which there are requests.
func Operations() []string { return []string{"status", "getSession", "setSession"} }

// body returns the message that calls an operation. id is the session that
// getSession reads.
func body(operation, id string) string {
	if operation == "setSession" {
		return setSession24
	}
	envelope, _, _ := strings.Cut(setSession24, "<setSession")
	call := `<status xmlns="urn:MemcachedSOAPClass" xsi:nil="true" />`
	if operation == "getSession" {
		call = `<getSession xmlns="urn:MemcachedSOAPClass"><c-gensym3 xsi:type="xsd:string">` + id + `</c-gensym3></getSession>`
	}
	return envelope + call + "</soap:Body></soap:Envelope>"
}

// NewRequest returns the request that calls an operation at a path. id is the session that
// getSession reads.
func NewRequest(path, operation, id string) *load.Request {
	text := body(operation, id)
	holds := map[string]string{"status": ok, "getSession": OneOfTheSet, "setSession": stored}[operation]
	return &load.Request{
		Message: fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: SOAP::Lite/Perl/1.27\r\n"+
			"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"urn:MemcachedSOAPClass#%s\"\r\nContent-Length: %d\r\n\r\n%s",
			path, operation, len(text), text),
		Body: len(text), Holds: [][]byte{[]byte(holds)},
	}
}
