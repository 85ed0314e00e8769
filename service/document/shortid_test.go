package document_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

// An id shorter than MinIDLength changes a session that is there, but never makes one.
func TestShortIDsCreateNoSession(t *testing.T) {
	e := newEndpoint(t, document.Options{MinIDLength: 32}, soap.Limits{})
	stored := perldata.NewHash(1)
	stored.Set("uid", perldata.TextOf("dwho"))
	image, err := storable.Codec{}.Append(nil, stored)
	require.NoError(t, err)
	const refused = "Invalid session ID: there is no such session, and the id of a new one needs at least 32 digits; " +
		"leave it out, and the service creates one."
	entries := entry("uid", `<value>admin</value>`)

	for _, id := range []string{"a", "ab12", strings.Repeat("a", 31)} {
		fault := e.fault(t, setSession(id, entries))
		assert.Equal(t, refused, fault.Reason, "absent")
		assert.Contains(t, fault.Detail.Inner, "<InvalidSessionIdFault")
		assert.Contains(t, fault.Detail.Inner, "<id>"+id+"</id>")
		assert.Contains(t, e.fault(t, getSession(id)).Detail.Inner, "SessionNotFoundFault", "nothing was stored")

		e.put(t, id, string(image)) // as a Perl program does
		assert.Contains(t, e.call(t, setSession(id, entries)), "<id>"+id+"</id>", "a session that is there")
		assert.Contains(t, e.call(t, getSession(id)), "admin")

		e.call(t, element("deleteSession", `<id>`+id+`</id>`))
		fault = e.fault(t, setSession(id, entries))
		assert.Equal(t, refused, fault.Reason, "deleted")
		assert.Contains(t, fault.Detail.Inner, "<InvalidSessionIdFault")
	}
	// The caller's own conditions create nothing, and keep their faults.
	conditional := element("setSession", `<id>cd34</id><attributes/><updateOnly>true</updateOnly>`)
	assert.Contains(t, e.fault(t, conditional).Detail.Inner, "SessionNotFoundFault")

	long := strings.Repeat("a", 32)
	assert.Contains(t, e.call(t, setSession(long, entries)), "<id>"+long+"</id>")
	assert.Contains(t, e.call(t, element("setSession", `<attributes/>`)), "<id>", "the service chooses the id")
	assert.Equal(t, "Invalid session ID: it holds something other than hexadecimal digits.", e.fault(t, setSession("x", entries)).Reason)
}

// By default every id of the contract makes a session.
func TestShortIDsByDefault(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	assert.Contains(t, e.call(t, setSession("a", "")), "<id>a</id>")
}
