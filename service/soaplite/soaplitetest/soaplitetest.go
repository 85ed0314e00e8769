// Package soaplitetest writes messages and reads answers in tests, as SOAP::Lite's client
// does.
package soaplitetest

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Declarations are the attributes of an envelope of SOAP::Lite.
const Declarations = ` soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soap="` + soap.Namespace11 +
	`" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:apachens="http://xml.apache.org/xml-soap"`

// Envelope returns a message with a call and what stands beside it.
func Envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope` + Declarations + `><soap:Body>` + body + `</soap:Body></soap:Envelope>`
}

// Fault is a fault of either version of SOAP.
type Fault struct {
	Code     string `xml:"Body>Fault>faultcode"`
	Reason   string `xml:"Body>Fault>faultstring"`
	Detail   Detail `xml:"Body>Fault>detail"`
	Code12   string `xml:"Body>Fault>Code>Value"`
	Reason12 string `xml:"Body>Fault>Reason>Text"`
}

// Detail is what is in the detail of a fault.
type Detail struct {
	Content string `xml:",innerxml"`
}

// ParseFault reads an answer that must be a fault.
func ParseFault(tb testing.TB, answer string) Fault {
	tb.Helper()
	var f Fault
	require.NoError(tb, xml.Unmarshal([]byte(answer), &f), answer)
	require.NotEmpty(tb, f.Code+f.Code12, answer)
	return f
}

// Response reads an answer: its name and its results, of which SOAP::Lite's client returns
// the first one.
func Response(tb testing.TB, answer string) (soap.Name, []perldata.Value) {
	tb.Helper()
	var s xmlscan.Scanner
	s.Reset([]byte(answer), xmlscan.Limits{})
	for {
		kind, err := s.Next()
		require.NoError(tb, err, answer)
		require.NotEqual(tb, xmlscan.EOF, kind)
		if kind == xmlscan.Start && string(s.Local()) == "Body" {
			break
		}
	}
	var r soaplite.Reader
	var name soap.Name
	next := func(s *xmlscan.Scanner) error {
		name = soap.Name{Space: string(s.Space()), Local: string(s.Local())}
		return r.Call(s)
	}
	for {
		kind, err := s.Next()
		require.NoError(tb, err, answer)
		if kind == xmlscan.End {
			break
		}
		if kind == xmlscan.Start {
			require.NoError(tb, next(&s), answer)
			next = r.More
		}
	}
	values, err := r.Values()
	require.NoError(tb, err, answer)
	return name, values
}

// Data shows a value as Perl's Data::Dumper would: scalars by their text. Cycles are
// unrolled some levels deep.
func Data(v perldata.Value) any { return unrolled(v, 12) }

func unrolled(v perldata.Value, levels int) any {
	if levels == 0 {
		return "…"
	}
	switch v.Kind() {
	case perldata.KindUndef:
		return nil
	case perldata.KindList:
		list := []any{}
		for _, item := range v.List().Items {
			list = append(list, unrolled(item, levels-1))
		}
		return list
	case perldata.KindHash:
		hash := map[string]any{}
		for name, held := range v.Hash().All() {
			if strings.HasPrefix(name, "s-gensym") {
				name = "s-gensym" // its number says nothing
			}
			hash[name] = unrolled(held, levels-1)
		}
		return hash
	case perldata.KindRef:
		return map[string]any{"s-gensym": unrolled(v.Ref(), levels-1)}
	default:
		return soaplite.Text(v)
	}
}
