package document_test

import (
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/document"
	"memcachedsoap/soap"
)

// session24 has the entries of a session of a single sign-on.
//
//go:embed testdata/session24.xml
var session24 string

// BenchmarkServe answers whole messages as they come from the network: the
// dispatcher, the dialect, the service, the codec and the store, in memory.
func BenchmarkServe(b *testing.B) {
	const id = "5fbc010fecf1bbba68cf4d2fac579005"
	for _, session := range []struct{ name, entries string }{{"24 entries", session24}, {"2400 entries", largeSession(2400)}} {
		for _, message := range []struct{ name, body string }{
			{"setSession", envelope(setSession(id, session.entries))},
			{"getSession", envelope(getSession(id))},
			{"updateSession", envelope(updateSession(id, `<set>`+entry("uid", `<value>dwho</value>`)+`</set>`))},
		} {
			e := newEndpoint(b, document.Options{}, soap.Limits{})
			code, answer := e.post(envelope(setSession(id, session.entries)))
			require.Equal(b, 200, code, answer)
			b.Run(session.name+"/"+message.name, func(b *testing.B) { serve(b, e, message.body) })
		}
	}
}

// largeSession returns n entries.
func largeSession(n int) string {
	var entries strings.Builder
	for i := range n {
		fmt.Fprintf(&entries, `<entry><key>attribute%d</key><value>a value of some length, %d</value></entry>`, i, i)
	}
	return entries.String()
}

func serve(b *testing.B, e *endpoint, message string) {
	b.Helper()
	body := strings.NewReader("")
	r := httptest.NewRequest(http.MethodPost, "/soap", io.NopCloser(body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.ContentLength = int64(len(message))
	w := &discarder{header: http.Header{}}
	bounds := admission.New(admission.Options{})
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(message)
		clear(w.header)
		request := bounds.Begin(r.Context())
		e.ServeHTTP(w, r.WithContext(request))
		request.End()
		if w.status != http.StatusOK || w.written == 0 {
			b.Fatal(w.status, w.written)
		}
	}
}

// discarder is a response writer that costs nothing.
type discarder struct {
	header  http.Header
	status  int
	written int
}

func (d *discarder) Header() http.Header { return d.header }

func (d *discarder) WriteHeader(status int) { d.status, d.written = status, 0 }

func (d *discarder) Write(p []byte) (int, error) {
	d.written += len(p)
	return len(p), nil
}
