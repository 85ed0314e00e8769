package perlcgi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// difference says how this service differs from the original on purpose.
type difference struct {
	differs string // what is different
	status  int    // of HTTP
	fault   string // the code; "" if the answer is none
	reason  string // what the fault says
	result  any    // of an answer; nil if it is not compared
	stored  map[string]any
}

func (d difference) compare(t *testing.T, code int, answer string) {
	t.Helper()
	assert.Equal(t, d.status, code, answer)
	if d.fault != "" {
		f := parseFault(t, answer)
		assert.Equal(t, d.fault, f.Code+f.Code12)
		assert.Contains(t, f.Reason+f.Reason12, d.reason)
		assert.Empty(t, f.Detail)
		return
	}
	if d.result != nil {
		_, result := response(t, newID.ReplaceAllString(answer, "ID"))
		assert.Equal(t, d.result, data(result))
	}
}

// differences are the recorded exchanges that this service answers in another way.
var differences = map[string]difference{
	// One struct, Map or array as the only argument was stored as the key
	// "HASH(0x…)" without a value.
	"set-hashref":      {differs: "a single struct is the session", status: 200, result: "ID", stored: map[string]any{"uid": "bob", "n": "1"}},
	"getback-hashref":  {differs: "a single struct is the session", status: 200, result: map[string]any{"uid": "bob", "n": "1", "_session_id": "ID"}},
	"soap-map":         {differs: "a single Map is the session", status: 200, result: "ID", stored: map[string]any{"uid": "bob"}},
	"set-arrayref":     {differs: "an array is not a name", status: 500, fault: "soap:Client", reason: "name of a value"},
	"getback-arrayref": {differs: "an array is not a name", status: 200},
	"soap-array":       {differs: "an array is not a name", status: 500, fault: "soap:Client", reason: "name of a value"},

	// A _session_id was not checked.
	"set-sessionid-nonhex":     {differs: "the id is checked", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},
	"getback-sessionid-nonhex": {differs: "nothing was stored under it", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},
	"set-sessionid-inject":     {differs: "the id is checked", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},
	"getback-sessionid-inject": {differs: "nothing was stored under it", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},

	// memcached rejected ids that are too long.
	"getid-long250": {differs: "an id has 64 digits at most", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},
	"getid-long251": {differs: "an id has 64 digits at most", status: 500, fault: "soap:Server", reason: "Invalid session ID: "},

	// The fault showed a plain string, such as the value of an MD5 lookup key.
	"getid-plainstring":   {differs: "an item that is not a session is absent", status: 200, result: ""},
	"foreign-plainstring": {differs: "an item that is not a session is absent", status: 200, result: ""},

	// An item that could not be read looked absent.
	"getid-garbage":   {differs: "unreadable is a fault", status: 500, fault: "soap:Server", reason: "cannot be read"},
	"foreign-garbage": {differs: "unreadable is a fault", status: 500, fault: "soap:Server", reason: "cannot be read"},

	// Outages looked like absent sessions and like success.
	"down-get":      {differs: "an outage is a fault", status: 500, fault: "soap:Server", reason: "cannot be reached"},
	"down-getempty": {differs: "an outage is a fault", status: 500, fault: "soap:Server", reason: "cannot be reached"},
	"down-status":   {differs: "an outage is a fault", status: 500, fault: "soap:Server", reason: "cannot be reached"},
	"hung-set":      {differs: "an outage is a fault", status: 500, fault: "soap:Server", reason: "cannot be reached"},
	"hung-status":   {differs: "an outage is a fault", status: 500, fault: "soap:Server", reason: "cannot be reached"},

	"getid-bools": {differs: "False and FALSE are false", status: 200, result: map[string]any{
		"b1": "1", "b2": "0", "b3": "0", "b4": "0", "f": "1.50", "n": "12\n", "u": "urn:<x>",
	}},
	"asis-set":            {differs: "it ran with an incomplete configuration", status: 200, result: "ID"},
	"soap-1999-get24":     {differs: "XML Schema of 1999 has base64, too", status: 200},
	"soap-unknownns-type": {differs: "an unknown type is only a name", status: 200, result: "ID", stored: map[string]any{"b": "yes"}},
	"soap12-fault":        {differs: "faults of SOAP 1.2 have its form", status: 500, fault: "soap:Receiver", reason: "Invalid session ID: "},

	// Methods that every Perl class has could be called.
	"method-isa":     {differs: "only the methods of the class", status: 500, fault: "soap:Client", reason: "no operation"},
	"method-can":     {differs: "only the methods of the class", status: 500, fault: "soap:Client", reason: "no operation"},
	"method-import":  {differs: "only the methods of the class", status: 500, fault: "soap:Client", reason: "no operation"},
	"method-version": {differs: "only the methods of the class", status: 500, fault: "soap:Client", reason: "no operation"},

	// Markup that SOAP forbids in a message (SOAP 1.1 section 3).
	"xml-entity":  {differs: "no document type declaration", status: 500, fault: "soap:Client", reason: "document type declaration"},
	"xml-dtd-ext": {differs: "no document type declaration", status: 500, fault: "soap:Client", reason: "document type declaration"},
	"xml-cdata":   {differs: "no processing instruction", status: 500, fault: "soap:Client", reason: "processing instruction"},

	// HTTP as its standard says.
	"http-get":        {differs: "405 and not 411", status: 405},
	"http-get-wsdl":   {differs: "405 and not 411; the server in front answers it with the contract", status: 405},
	"http-mpost":      {differs: "405 and not 510", status: 405},
	"http-post-nolen": {differs: "an empty message is a fault, not 411", status: 500, fault: "soap:Client", reason: "no root element"},
	"http-ct-form":    {differs: "415, not a fault: not a SOAP client", status: 415},
	"http-ct-plain":   {differs: "415, not a fault: not a SOAP client", status: 415},
	"http-ct-appxml":  {differs: "application/xml is accepted", status: 200, result: "...... MEMCACHED SOAP OK ......"},
	"http-gzip":       {differs: "gzip is accepted", status: 200, result: "...... MEMCACHED SOAP OK ......"},
	"http-expect":     {differs: "only the 100 before the answer was recorded", status: 200, result: "...... MEMCACHED SOAP OK ......"},
}
