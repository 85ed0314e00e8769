package document_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// The message that JAX-WS RI 2.3 sends with MTOMFeature, with the current names of
// the contract.
func TestMTOM(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	const boundary = "uuid:3b9e36ba-700c-4924-8bda-dc5ee8dfa827"
	body := "--" + boundary + "\r\n" +
		"Content-Id: <rootpart*3b9e36ba@example.jaxws.sun.com>\r\n" +
		"Content-Type: application/xop+xml;charset=utf-8;type=\"text/xml\"\r\nContent-Transfer-Encoding: binary\r\n\r\n" +
		`<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>` +
		`<setSession xmlns="` + wsdl.Namespace + `"><id>ab12</id><attributes><entry><key>utf8</key><value>Zażółć 😀</value></entry>` +
		`<entry><key>bin</key><binary><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:1ffe5a35-8e77@example.jaxws.sun.com"/></binary></entry>` +
		`</attributes><ttl>60</ttl></setSession></S:Body></S:Envelope>` +
		"\r\n--" + boundary + "\r\nContent-Id: <1ffe5a35-8e77@example.jaxws.sun.com>\r\nContent-Type: application/octet-stream\r\n" +
		"Content-Transfer-Encoding: binary\r\n\r\n\x00\x01\xfe\xff\r\n--" + boundary + "--"
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/soap", strings.NewReader(body))
	r.Header.Set("Content-Type", `multipart/related;start="<rootpart*3b9e36ba@example.jaxws.sun.com>";type="application/xop+xml";boundary="`+boundary+`";start-info="text/xml"`)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	session, err := e.store.Get(t.Context(), "ab12")
	require.NoError(t, err)
	bin, _ := session.Attributes.Get("bin")
	assert.Equal(t, perldata.KindBytes, bin.Kind())
	assert.Equal(t, "\x00\x01\xfe\xff", bin.Str())
	text, _ := session.Attributes.Get("utf8")
	assert.Equal(t, "Zażółć 😀", text.Str())
}

// mono's WCF sends the MIME headers in the body, so no server can read its message.
func TestBrokenMTOM(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	const boundary = "6da2ba89-388c-46a1-bf3f-cd743e08d415+id=1"
	body := "MIME-Version: 1.0\r\nContent-Type: multipart/related;type=\"application/xop+xml\";boundary=\"" + boundary + "\"\r\n\r\n" +
		"--" + boundary + "\r\nContent-Type: application/xop+xml;charset=utf-8;type=\"\"\r\n\r\n" + envelope(getSession("ab12")) +
		"\r\n--" + boundary + "--\r\n"
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/soap", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/related; type=application/xop+xml")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	wsdltest.Validate(t, w.Body.Bytes())
	f := parseFault(t, w.Body.String())
	assert.Equal(t, "soap:Client", f.Code)
	assert.Equal(t, "The Content-Type multipart/related has no boundary parameter. Send one.", f.Reason)
}
