package document_test

import (
	"strings"
	"testing"

	"memcachedsoap/service/document"
	"memcachedsoap/soap"
)

// FuzzSession stores any list of entries. An accepted session is read back, and it is
// the same session after it is stored again.
func FuzzSession(f *testing.F) {
	f.Add(fixture)
	f.Add(entry("k", ``))
	f.Add(entry("k", `<list><item/><item><value/></item></list>`))
	f.Add(`<entry><key>k</key><value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></entry>`)
	f.Add(entry("&#xD83D;&#xDE00;", `<binary> AP8= </binary>`))
	f.Add(entry("base64:AQ==", ``) + entry("base64:YmFzZTY0Og==", `<hash>`+entry("base64:", ``)+`</hash>`))
	f.Fuzz(func(t *testing.T, entries string) {
		e := newEndpoint(t, document.Options{}, soap.Limits{Body: 64 << 10})
		code, answer := e.post(envelope(setSession("ab12", entries)))
		if code != 200 {
			parseFault(t, answer)
			return
		}
		read := func() string {
			code, answer := e.post(envelope(getSession("ab12")))
			if code != 200 {
				t.Fatalf("%d %s", code, answer)
			}
			return attributesOf(t, answer)
		}
		first := read()
		if code, answer := e.post(envelope(setSession("ab12", first))); code != 200 {
			t.Fatalf("%d %s after %s", code, answer, first)
		}
		if second := read(); second != first {
			t.Fatalf("stored again it is another session:\n%s\n%s", first, second)
		}
		if strings.Contains(first, "_session_id") && !strings.Contains(entries, "_session_id") {
			t.Fatal("the id is among the attributes")
		}
	})
}

// FuzzUpdate applies any change. If the change is accepted, the session can still be
// read; if it is rejected, the session is unchanged.
func FuzzUpdate(f *testing.F) {
	f.Add(`<set>` + fixture + `</set><remove><key>uid</key></remove>`)
	f.Add(`<remove><key>uid</key><key><![CDATA[]]></key></remove><ttl>5</ttl><ifVersion/>`)
	f.Add(`<set>` + entry("_session_id", `<value>ab12</value>`) + `</set>`)
	f.Add(`<set/><ifVersion>0</ifVersion>`)
	f.Add(`<set>` + entry("base64:AQ==", ``) + `</set><remove><key>base64:dWlk</key></remove>`)
	f.Fuzz(func(t *testing.T, change string) {
		e := newEndpoint(t, document.Options{}, soap.Limits{Body: 64 << 10})
		read := func() string {
			code, answer := e.post(envelope(getSession("ab12")))
			if code != 200 {
				t.Fatalf("%d %s", code, answer)
			}
			return attributesOf(t, answer)
		}
		const before = `<entry><key>uid</key><value>dwho</value></entry>`
		if code, answer := e.post(envelope(setSession("ab12", before))); code != 200 {
			t.Fatalf("%d %s", code, answer)
		}
		code, answer := e.post(envelope(updateSession("ab12", change)))
		after := read()
		if code != 200 {
			parseFault(t, answer)
			if after != before {
				t.Fatalf("refused, but done: %s", after)
			}
		}
		if strings.Contains(after, "<key>_session_id</key>") && !strings.Contains(change, "<hash>") {
			t.Fatal("the id is among the attributes")
		}
	})
}
