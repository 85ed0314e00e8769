package document

import (
	_ "embed"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/wsdl"
)

// session24 has the entries of a session of a single sign-on.
//
//go:embed testdata/session24.xml
var session24 string

func BenchmarkDecodeSetSession(b *testing.B) {
	message := `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><setSession xmlns="` +
		wsdl.Namespace + `"><id>5fbc010fecf1bbba68cf4d2fac579005</id><attributes>` + session24 + `</attributes><ttl>72000</ttl></setSession></s:Body></s:Envelope>`
	o := Options{MaxEntries: DefaultMaxEntries}
	var scan xmlscan.Scanner
	body := make([]byte, len(message))
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		copy(body, message) // the scanner works in place
		scan.Reset(body, xmlscan.Limits{})
		for range 3 { // Envelope, Body, setSession
			if kind, err := scan.Next(); err != nil || kind != xmlscan.Start {
				b.Fatal(kind, err)
			}
		}
		r, err := o.decodeSet(&scan)
		if err != nil || r.attributes.Len() != 24 {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeGetSession(b *testing.B) {
	var scan xmlscan.Scanner
	scan.Reset([]byte("<attributes>"+session24+"</attributes>"), xmlscan.Limits{})
	_, err := scan.Next()
	require.NoError(b, err)
	reader := entryReader{scan: &scan, most: DefaultMaxEntries}
	attributes, err := reader.hash()
	require.NoError(b, err)
	session := sessionstore.Session{
		Ref: sessionstore.Ref{
			ID: "5fbc010fecf1bbba68cf4d2fac579005", Version: "23f97e3f34f25f6e445c48f6028e0c18", ExpiresIn: 72000 * time.Second,
		},
		Attributes: attributes,
	}
	o := Options{MaxEntries: DefaultMaxEntries}
	dst := make([]byte, 0, 16<<10)
	b.ReportAllocs()
	for b.Loop() {
		w := o.valueWriter(b.Context(), dst[:0])
		if w.session(session); w.failure != nil {
			b.Fatal(w.failure)
		}
		b.SetBytes(int64(len(w.dst)))
	}
}
