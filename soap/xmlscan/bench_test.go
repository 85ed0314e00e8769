package xmlscan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded returns the request bodies of a folder of testdata by name.
func recorded(tb testing.TB, folder string) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.xml"))
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	bodies := make(map[string][]byte, len(paths))
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(tb, err)
		bodies[strings.TrimSuffix(filepath.Base(path), ".xml")] = body
	}
	return bodies
}

// session returns a setSession request as JAX-WS writes it.
func session(entries int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">` +
		`<S:Body><setSession xmlns="urn:memcached-soap:session:v1"><id>0123456789abcdef0123456789abcdef</id><attributes>`)
	for i := range entries {
		fmt.Fprintf(&b, `<entry><key>attribute%02d</key><value>a value like &quot;%d&quot;, in the main &lt;short&gt;</value></entry>`, i, i)
	}
	b.WriteString(`</attributes><ttl>3600</ttl></setSession></S:Body></S:Envelope>`)
	return []byte(b.String())
}

// drain reads a document to its end and looks at every token.
func drain(s *Scanner, doc []byte) error {
	s.Reset(doc, Limits{})
	for {
		kind, err := s.Next()
		if kind == EOF {
			return err
		}
		if kind == Start && s.Is("urn:memcached-soap:session:v1", "entry") {
			s.Attr("http://www.w3.org/2001/XMLSchema-instance", "nil")
		}
	}
}

func BenchmarkScan(b *testing.B) {
	bodies := recorded(b, "clients")
	bodies["24-entries"] = session(24)
	bodies["10000-entries"] = session(10_000)
	for name, body := range bodies {
		b.Run(name, func(b *testing.B) {
			var s Scanner
			doc := make([]byte, len(body))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				copy(doc, body)
				if err := drain(&s, doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
