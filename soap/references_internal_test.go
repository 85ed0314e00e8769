package soap

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"memcachedsoap/soap/xmlwrite"
)

// FuzzExpandReferences expands the references in what is written for any text: an XML
// parser reads the same text before and after.
func FuzzExpandReferences(f *testing.F) {
	for _, text := range []string{"", "a😀b", "&#x1f600;", "\U00010000\U0010FFFF&\r<", "&#x", "&#x;", "\r;\r😀;#x1f600;", strings.Repeat("😀", 100)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		written, ok := xmlwrite.AppendText([]byte("<a>"), text)
		if !ok {
			return
		}
		written = append(written, "</a>"...)
		expanded := expandReferences(append([]byte(nil), written...))
		for _, document := range [][]byte{written, expanded} {
			var got string
			if err := xml.Unmarshal(document, &got); err != nil || got != text {
				t.Fatalf("%q, %v from %q", got, err, document)
			}
		}
		for _, r := range text {
			if r > 0xFFFF && !bytes.ContainsRune(expanded, r) {
				t.Fatalf("%U is still a reference in %q", r, expanded)
			}
		}
	})
}
