package soaplite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// prefixes declares what SOAP::Lite's envelopes declare.
const prefixes = `xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" ` +
	`xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
	`xmlns:xsd99="http://www.w3.org/1999/XMLSchema" xmlns:xsi99="http://www.w3.org/1999/XMLSchema-instance" ` +
	`xmlns:enc12="http://www.w3.org/2003/05/soap-encoding" xmlns:apachens="http://xml.apache.org/xml-soap" xmlns:z="urn:z" ` +
	`xmlns:namesp1="http://namespaces.soaplite.com/perl"`

// read reads the children of a Body: a call, and the elements to which it refers
// before and after it.
func read(body string, most int) (*soaplite.Reader, []perldata.Value, error) {
	return readDocument("<Body "+prefixes+">"+body+"</Body>", most)
}

func readDocument(document string, most int) (*soaplite.Reader, []perldata.Value, error) {
	return readWith(&soaplite.Reader{MaxEntries: most}, document)
}

// readLossless reads a Body with a reader that is lossless.
func readLossless(body string) ([]perldata.Value, error) {
	_, values, err := readWith(&soaplite.Reader{Lossless: true}, "<Body "+prefixes+">"+body+"</Body>")
	return values, err
}

func readWith(r *soaplite.Reader, document string) (*soaplite.Reader, []perldata.Value, error) {
	var s xmlscan.Scanner
	s.Reset([]byte(document), xmlscan.Limits{})
	if _, err := s.Next(); err != nil {
		return r, nil, err
	}
	called := false
	for {
		kind, err := s.Next()
		if err != nil {
			return r, nil, err
		}
		switch kind {
		case xmlscan.Start:
			switch {
			case called:
				err = r.More(&s)
			case soaplite.IsIndependent(&s):
				err = r.Before(&s)
			default:
				called = true
				err = r.Call(&s)
			}
			if err != nil {
				return r, nil, err
			}
		case xmlscan.End:
			values, err := r.Values()
			return r, values, err
		case xmlscan.Text, xmlscan.EOF:
		}
	}
}

// parameters reads a call with the given content.
func parameters(t *testing.T, content string) []perldata.Value {
	t.Helper()
	_, values, err := read("<call>"+content+"</call>", 0)
	require.NoError(t, err, content)
	return values
}

// one reads a call with one parameter.
func one(t *testing.T, content string) perldata.Value {
	t.Helper()
	values := parameters(t, content)
	require.Len(t, values, 1)
	return values[0]
}

// refused reads a message that must be rejected, and returns the reason.
func refused(t *testing.T, body string, most int) string {
	t.Helper()
	_, _, err := read(body, most)
	var fault *soap.Fault
	require.ErrorAs(t, err, &fault, body)
	require.Equal(t, soap.Client, fault.Code)
	return fault.Reason
}

// write appends the response of a method to dst.
func write(dst []byte, e soaplite.Encoding, method soap.Name, v perldata.Value) ([]byte, error) {
	r, err := e.Response(method, v)
	if err != nil {
		return dst, err
	}
	return r.Append(dst, nil)
}

// body writes a response.
func body(t *testing.T, e soaplite.Encoding, v perldata.Value) string {
	t.Helper()
	out, err := write([]byte("before "), e, soap.Name{Space: "urn:x&y", Local: "get"}, v)
	require.NoError(t, err)
	text, found := strings.CutPrefix(string(out), "before ")
	require.True(t, found)
	return text
}

// result writes a response and returns what is in it.
func result(t *testing.T, e soaplite.Encoding, v perldata.Value) string {
	t.Helper()
	text, found := strings.CutPrefix(body(t, e, v), `<getResponse xmlns="urn:x&amp;y">`)
	require.True(t, found)
	text, found = strings.CutSuffix(text, `</getResponse>`)
	require.True(t, found, text)
	return text
}
