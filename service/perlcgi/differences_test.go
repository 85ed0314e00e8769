package perlcgi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service"
	"memcachedsoap/service/soaplite/soaplitetest"
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
		f := soaplitetest.ParseFault(t, answer)
		assert.Equal(t, d.fault, f.Code+f.Code12)
		assert.Contains(t, f.Reason+f.Reason12, d.reason)
		assert.Empty(t, f.Detail)
		return
	}
	if d.result != nil {
		_, result := response(t, newID.ReplaceAllString(answer, "ID"))
		assert.Equal(t, d.result, soaplitetest.Data(result))
	}
}

func answers(differs string, result any) difference {
	return difference{differs: differs, status: 200, result: result}
}

func clientFault(differs, reason string) difference {
	return difference{differs: differs, status: 500, fault: "soap:Client", reason: reason}
}

func serverFault(differs, reason string) difference {
	return difference{differs: differs, status: 500, fault: "soap:Server", reason: reason}
}

// differences are the recorded exchanges that this service answers in another way.
var differences = map[string]difference{
	// One struct, Map or array as the only argument was stored as the key
	// "HASH(0x…)" without a value.
	"set-hashref":      {differs: "a single struct is the session", status: 200, result: "ID", stored: map[string]any{"uid": "bob", "n": "1"}},
	"getback-hashref":  answers("a single struct is the session", map[string]any{"uid": "bob", "n": "1", "_session_id": "ID"}),
	"soap-map":         {differs: "a single Map is the session", status: 200, result: "ID", stored: map[string]any{"uid": "bob"}},
	"set-arrayref":     clientFault("an array is not a name", "name of a value"),
	"getback-arrayref": {differs: "an array is not a name", status: 200},
	"soap-array":       clientFault("an array is not a name", "name of a value"),

	// A _session_id was not checked.
	"set-sessionid-nonhex":     serverFault("the id is checked", "Invalid session ID: "),
	"getback-sessionid-nonhex": serverFault("nothing was stored under it", "Invalid session ID: "),
	"set-sessionid-inject":     serverFault("the id is checked", "Invalid session ID: "),
	"getback-sessionid-inject": serverFault("nothing was stored under it", "Invalid session ID: "),

	// memcached rejected ids that are too long.
	"getid-long250": serverFault("an id has 64 digits at most", "Invalid session ID: "),
	"getid-long251": serverFault("an id has 64 digits at most", "Invalid session ID: "),

	// The fault showed a plain string, such as the value of an MD5 lookup key.
	"getid-plainstring":   answers("an item that is not a session is absent", ""),
	"foreign-plainstring": answers("an item that is not a session is absent", ""),

	// An item that could not be read looked absent.
	"getid-garbage":   serverFault("unreadable is a fault", "cannot be read"),
	"foreign-garbage": serverFault("unreadable is a fault", "cannot be read"),

	// Outages looked like absent sessions and like success.
	"down-get":      serverFault("an outage is a fault", "cannot be reached"),
	"down-getempty": serverFault("an outage is a fault", "cannot be reached"),
	"down-status":   serverFault("an outage is a fault", "cannot be reached"),
	"hung-set":      serverFault("an outage is a fault", "cannot be reached"),
	"hung-status":   serverFault("an outage is a fault", "cannot be reached"),

	"getid-bools": answers("False and FALSE are false", map[string]any{
		"b1": "1", "b2": "0", "b3": "0", "b4": "0", "f": "1.50", "n": "12\n", "u": "urn:<x>",
	}),
	"asis-set":            answers("it ran with an incomplete configuration", "ID"),
	"soap-1999-get24":     {differs: "XML Schema of 1999 has base64, too", status: 200},
	"soap-unknownns-type": {differs: "an unknown type is only a name", status: 200, result: "ID", stored: map[string]any{"b": "yes"}},
	"soap12-fault":        {differs: "faults of SOAP 1.2 have its form", status: 500, fault: "soap:Receiver", reason: "Invalid session ID: "},

	// Methods that every Perl class has could be called.
	"method-isa":     clientFault("only the methods of the class", "no operation"),
	"method-can":     clientFault("only the methods of the class", "no operation"),
	"method-import":  clientFault("only the methods of the class", "no operation"),
	"method-version": clientFault("only the methods of the class", "no operation"),

	// Markup that SOAP forbids in a message (SOAP 1.1 section 3).
	"xml-entity":  clientFault("no document type declaration", "document type declaration"),
	"xml-dtd-ext": clientFault("no document type declaration", "document type declaration"),
	"xml-cdata":   clientFault("no processing instruction", "processing instruction"),

	// HTTP as its standard says.
	"http-get":        {differs: "405 and not 411", status: 405},
	"http-get-wsdl":   {differs: "405 and not 411; the server in front answers it with the contract", status: 405},
	"http-mpost":      {differs: "405 and not 510", status: 405},
	"http-post-nolen": clientFault("an empty message is a fault, not 411", "no root element"),
	"http-ct-form":    {differs: "415, not a fault: not a SOAP client", status: 415},
	"http-ct-plain":   {differs: "415, not a fault: not a SOAP client", status: 415},
	"http-ct-appxml":  answers("application/xml is accepted", service.StatusOK),
	"http-gzip":       answers("gzip is accepted", service.StatusOK),
	"http-expect":     answers("only the 100 before the answer was recorded", service.StatusOK),
}
