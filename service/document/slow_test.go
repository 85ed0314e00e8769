package document_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/soap"
)

// BenchmarkSlowBodies sends bodies with the greatest allowed size that are made to be
// slow. None may cost more than 50 ms for each MiB.
func BenchmarkSlowBodies(b *testing.B) {
	fill := func(format string) string { // numbered pieces up to the limit
		var s strings.Builder
		for i := 0; s.Len() < soap.DefaultBody-2000; i++ {
			fmt.Fprintf(&s, format, i)
		}
		return s.String()
	}
	deep := strings.Repeat("<entry><key/><hash>", 290) + strings.Repeat("</hash></entry>", 290)
	bodies := map[string]string{
		"entries":      envelope(setSession("ab12", fill(`<entry><key>%x</key></entry>`))),
		"items":        envelope(setSession("ab12", entry("k", `<list>`+strings.Repeat(`<item/>`, soap.DefaultBody/7-400)+`</list>`))),
		"deep":         envelope(setSession("ab12", strings.Repeat(entry("k", `<list><item><hash>`+deep+`</hash></item></list>`), 1))),
		"many deep":    envelope(setSession("ab12", fill(`<entry><key>%x</key><hash>`+deep[:19*50]+deep[len(deep)-15*50:]+`</hash></entry>`))),
		"references":   envelope(setSession("ab12", entry("k", `<value>`+strings.Repeat(`&#38;`, soap.DefaultBody/5-300)+`</value>`))),
		"white space":  envelope(setSession("ab12", strings.Repeat(" \n", soap.DefaultBody/2-500))),
		"comments":     envelope(setSession("ab12", strings.Repeat(`<!---->`, soap.DefaultBody/7-300))),
		"base64":       envelope(setSession("ab12", entry("k", `<binary>`+strings.Repeat("A A\n", soap.DefaultBody/8-300)+`</binary>`))),
		"headers":      strings.Replace(envelope(getSession("ab12")), "<s:Body>", `<s:Header>`+strings.Repeat(`<a/>`, 450_000)+`</s:Header><s:Body>`, 1),
		"musts":        strings.Replace(envelope(getSession("ab12")), "<s:Body>", `<s:Header>`+strings.Repeat(`<a s:mustUnderstand="1"/>`, 160_000)+`</s:Header><s:Body>`, 1),
		"one long tag": envelope(`<` + strings.Repeat("a", soap.DefaultBody-1000) + `/>`),
		"same key":     envelope(setSession("ab12", strings.Repeat(entry("k", ""), 100_000))),
	}
	for name, body := range bodies {
		b.Run(name, func(b *testing.B) {
			require.LessOrEqual(b, len(body), soap.DefaultBody)
			e := newEndpoint(b, document.Options{}, soap.Limits{})
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				e.post(body)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N)/(float64(len(body))/(1<<20)), "ms/MiB")
		})
	}
}
