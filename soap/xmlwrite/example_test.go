package xmlwrite_test

import (
	"encoding/base64"
	"fmt"

	"memcachedsoap/soap/xmlwrite"
)

// appendValue writes text that XML cannot represent as base64.
func appendValue(doc []byte, value string) []byte {
	if text, ok := xmlwrite.AppendText(append(doc, "<value>"...), value); ok {
		return append(text, "</value>\n"...)
	}
	doc = append(doc, "<binary>"...)
	doc = base64.StdEncoding.AppendEncode(doc, []byte(value))
	return append(doc, "</binary>\n"...)
}

func Example() {
	var doc []byte
	doc = appendValue(doc, "Smith & Wesson")
	doc = appendValue(doc, "bell\a")
	fmt.Printf("%s", doc)
	// Output:
	// <value>Smith &amp; Wesson</value>
	// <binary>YmVsbAc=</binary>
}
