package document_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/audit"
	"memcachedsoap/service/document"
	"memcachedsoap/soap"
)

// BenchmarkAudited answers messages without and with an audit log in a file.
func BenchmarkAudited(b *testing.B) {
	const id = "5fbc010fecf1bbba68cf4d2fac579005"
	for _, message := range []struct{ name, body string }{
		{"setSession", envelope(setSession(id, session24))},
		{"getSession", envelope(getSession(id))},
	} {
		for _, audited := range []string{"off", "on"} {
			e := newEndpoint(b, document.Options{}, soap.Limits{})
			if audited == "on" {
				l, err := audit.Open(filepath.Join(b.TempDir(), "audit.log"), audit.Options{})
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, l.Close()) })
				e.sessions.Audit(l)
			}
			code, answer := e.post(envelope(setSession(id, session24)))
			require.Equal(b, 200, code, answer)
			b.Run(message.name+"/"+audited, func(b *testing.B) { serve(b, e, message.body) })
		}
	}
}
