package soap_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Only operations with BareEnvelope accept an Envelope in no namespace. Others reject
// it with a fault in the version of the Content-Type.
func TestBareEnvelope(t *testing.T) {
	h := newHarness(soap.Options{})
	bare := greet
	bare.Name.Local, bare.Action, bare.BareEnvelope = "bare", "urn:example#bare", true
	var decoded, seen []soap.Request
	decode := bare.Decode
	bare.Decode = func(s *xmlscan.Scanner, r soap.Request) (string, error) {
		decoded = append(decoded, r)
		return decode(s, r)
	}
	soap.Handle(h.Dispatcher, bare, func(_ context.Context, name string) (string, error) {
		seen = append(seen, decoded[len(decoded)-1])
		if name == "fail" {
			return "", soap.ClientFault("Not today.")
		}
		return "Hi, " + name, nil
	})
	message := func(header, payload string) []byte {
		return []byte(`<Envelope xmlns:a="` + soap.Namespace11 + `" xmlns:b="` + soap.Namespace12 + `" a:encodingStyle="urn:style">` +
			header + `<Body>` + payload + `</Body></Envelope>`)
	}
	const call, failing = `<bare xmlns="urn:example">Ada</bare>`, `<bare xmlns="urn:example">fail</bare>`
	for _, contentType := range []string{"text/xml", "application/soap+xml"} {
		w := h.post(message(`<Header><x mustUnderstand="0"/></Header>`, call), "Content-Type", contentType)
		assert.Equal(t, 200, w.Code)
		assert.Contains(t, w.Body.String(), `xmlns:soap="`+soap.Namespace11+`"><soap:Body><greetResponse xmlns="urn:example">Hi, Ada<`)
		w = h.post(message("", failing), "Content-Type", contentType)
		assert.Contains(t, w.Body.String(), `<faultcode>soap:Client</faultcode><faultstring xml:lang="en">Not today.<`)
		assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
	}
	require.Len(t, seen, 4)
	assert.Equal(t, soap.V11, seen[0].Version)
	assert.Equal(t, "urn:style", seen[0].EncodingStyle)

	w := h.post(message("", call+call))
	assert.Contains(t, w.Body.String(), "soap:Client</faultcode>", "two payloads")
	for _, body := range [][]byte{
		message("", greeting("Ada")),
		message("", ""),
		message("", `<nothing xmlns="urn:example"/>`),
		message("text", call),
		message(`<Header><x mustUnderstand="1"/></Header>`, call),
		message(`<Header><x a:mustUnderstand="1"/></Header>`, call),
		message(`<Header><x b:mustUnderstand="1"/></Header>`, call),
		[]byte(`<Envelope><e:Body xmlns:e="` + soap.Namespace11 + `">` + call + `</e:Body></Envelope>`),
	} {
		w := h.post(body)
		assert.Equal(t, 500, w.Code, string(body))
		assert.Contains(t, w.Body.String(), "<faultcode>soap:VersionMismatch<", string(body))
		w = h.post(body, "Content-Type", "application/soap+xml")
		assert.Contains(t, w.Body.String(), "<soap:Value>soap:VersionMismatch<", string(body))
	}
	for _, body := range []string{
		open11 + call + closing, open12 + call + closing,
		strings.Replace(open11, "<e:Body>", `<e:Header><x mustUnderstand="1"/></e:Header><e:Body>`, 1) + call + closing, // not SOAP's
	} {
		assert.Equal(t, 200, h.post([]byte(body)).Code, body)
	}
	assert.Len(t, seen, 7)
	assert.Zero(t, h.calls)
}
