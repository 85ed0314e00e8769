package soap_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// gathered is the request of an operation with several elements.
type gathered struct {
	texts   []string
	request soap.Request
}

// gatherer serves an operation with all fields and appends what it learns about each
// request to seen.
func gatherer(seen *[]soap.Request) *soap.Dispatcher {
	d := soap.NewDispatcher(soap.Options{})
	more := func(s *xmlscan.Scanner, g *gathered) error {
		text, err := s.Content()
		if string(text) == "bad" {
			return soap.ClientFault("Not this one.")
		}
		g.texts = append(g.texts, string(text))
		return err
	}
	soap.Handle(d, soap.Operation[*gathered, []string]{
		Name: soap.Name{Space: "urn:gather", Local: "all"}, Action: "urn:gather#all",
		Decode: func(s *xmlscan.Scanner, r soap.Request) (*gathered, error) {
			g := &gathered{request: r}
			return g, more(s, g)
		},
		More:       more,
		Attributes: func(texts []string) string { return ` xmlns:n="urn:` + texts[0] + `"` },
		Append: func(_ context.Context, dst []byte, texts []string) ([]byte, error) {
			return append(dst, `<n:all>`+strings.Join(texts, " ")+`</n:all><n:also/>`...), nil
		},
	}, func(_ context.Context, g *gathered) ([]string, error) {
		*seen = append(*seen, g.request)
		return g.texts, nil
	})
	soap.Handle(d, greet, func(_ context.Context, name string) (string, error) { return name, nil })
	d.Alias(func(space string) string {
		if strings.HasSuffix(space, "/gather") {
			return "urn:gather"
		}
		return ""
	})
	d.Alias(func(space string) string { return strings.TrimPrefix(space, "also:") })
	return d
}

func gather(d *soap.Dispatcher, envelope string, header ...string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/soap", strings.NewReader(envelope))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestFurtherElementsNeedMore(t *testing.T) {
	var seen []soap.Request
	d := gatherer(&seen)
	code, answer := gather(d, open11+`<all xmlns="urn:gather">a</all> <x>b</x><!-- --><y>c</y>`+closing)
	assert.Equal(t, 200, code)
	assert.Contains(t, answer, `<soap:Envelope xmlns:soap="`+soap.Namespace11+`" xmlns:n="urn:a"><soap:Body><n:all>a b c</n:all><n:also/></soap:Body>`)

	for _, body := range []string{
		`<all xmlns="urn:gather">a</all><x>bad</x>`,
		`<all xmlns="urn:gather">a</all><x>`,
		`<all xmlns="urn:gather">a</all><x/>text`,
		`<all xmlns="urn:gather">a</all></e:Body><e:Body>`,
		greeting("Ada") + `<x/>`,
	} {
		seen = nil
		code, answer := gather(d, open11+body+closing)
		assert.Equal(t, 500, code, body)
		assert.Contains(t, answer, "soap:Client", body)
		assert.Empty(t, seen, body)
	}
}

func TestAliasesOfNamespaces(t *testing.T) {
	var seen []soap.Request
	d := gatherer(&seen)
	for space, known := range map[string]bool{
		"urn:gather": true, "http://any/gather": true, "also:urn:gather": true, "urn:other": false, "": false,
	} {
		seen = nil
		code, answer := gather(d, open11+`<all xmlns="`+space+`">a</all>`+closing)
		if known {
			assert.Equal(t, 200, code, answer)
			assert.Equal(t, []soap.Request{{Version: soap.V11, Name: soap.Name{Space: space, Local: "all"}}}, seen)
		} else {
			assert.Equal(t, 500, code)
			assert.Contains(t, answer, "namespace that this service does not know")
		}
	}
	code, answer := gather(d, open11+`<none xmlns="http://any/gather"/>`+closing)
	assert.Equal(t, 500, code)
	assert.Contains(t, answer, "no operation with the name")
}

func TestRequest(t *testing.T) {
	var seen []soap.Request
	d := gatherer(&seen)
	all := soap.Name{Space: "urn:gather", Local: "all"}
	styled := `<e:Envelope xmlns:e="` + soap.Namespace11 + `" e:encodingStyle="outer"><e:Body`
	for _, c := range []struct {
		envelope string
		header   []string
		want     soap.Request
	}{
		{open11, []string{"SOAPAction", `"urn:gather#all"`}, soap.Request{Version: soap.V11, Name: all, Action: "urn:gather#all"}},
		{open11, []string{"SOAPAction", `""`}, soap.Request{Version: soap.V11, Name: all}},
		{
			open12,
			[]string{"Content-Type", `application/soap+xml; action="urn:x"`},
			soap.Request{Version: soap.V12, Name: all, Action: "urn:x"},
		},
		{styled + `>`, nil, soap.Request{Version: soap.V11, Name: all, EncodingStyle: "outer"}},
		{styled + ` e:encodingStyle="inner">`, nil, soap.Request{Version: soap.V11, Name: all, EncodingStyle: "inner"}},
	} {
		seen = nil
		code, answer := gather(d, c.envelope+`<all xmlns="urn:gather">a</all>`+closing, c.header...)
		assert.Equal(t, 200, code, answer)
		assert.Equal(t, []soap.Request{c.want}, seen)
	}
}

// A message that is not UTF-8 although the Content-Type says so is in the charset that
// it declares itself.
func TestDeclaredCharsetOfAMislabelledMessage(t *testing.T) {
	h := newHarness(soap.Options{})
	message := open11 + greeting("Zo\xeb") + closing
	w := h.post([]byte(`<?xml version="1.0" encoding="windows-1252"?>` + message))
	assert.Equal(t, 200, w.Code)
	assert.Contains(t, w.Body.String(), "Hello, Zoë")
	assert.Equal(t, 500, h.post([]byte(message)).Code)
	assert.Equal(t, 500, h.post([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+message)).Code)
	w = h.post([]byte(`<?xml version="1.0" encoding="iso-8859-1"?>` + open11 + greeting("Zoë") + closing))
	assert.Contains(t, w.Body.String(), "Hello, Zoë", "a UTF-8 message is read as the Content-Type says")
}
