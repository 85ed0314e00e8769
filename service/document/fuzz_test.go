package document_test

import (
	"strings"
	"testing"

	"memcachedsoap/service/document"
	"memcachedsoap/soap"
)

// FuzzSession stores any list of entries. An accepted session is read back, and it is
// the same session after it is stored again, as it is shown without types and with them.
func FuzzSession(f *testing.F) {
	f.Add(fixture)
	f.Add(entry("k", ``))
	f.Add(entry("k", `<list><item/><item><value/></item></list>`))
	f.Add(`<entry><key>k</key><value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></entry>`)
	f.Add(entry("&#xD83D;&#xDE00;", `<binary> AP8= </binary>`))
	f.Add(entry("base64:AQ==", ``) + entry("base64:YmFzZTY0Og==", `<hash>`+entry("base64:", ``)+`</hash>`))
	f.Add(typedFixture)
	f.Add(entry("k", `<list><item>`+typedValue("int", "1")+`</item><item><value/></item></list>`) + entry("k#t", `<value>["/0","/1"]</value>`))
	f.Add(entry("k", `<hash>`+entry("~/#t", typedValue("boolean", "1"))+`</hash>`) + entry("k#t#t", `<value>[""]</value>`))
	f.Fuzz(func(t *testing.T, entries string) {
		if len(entries) > 64<<10 {
			return
		}
		e := newEndpoint(t, document.Options{}, soap.Limits{Body: 1 << 20}) // an answer with types is longer
		code, answer := e.post(envelope(setSession("ab12", entries)))
		if code != 200 {
			parseFault(t, answer)
			return
		}
		readWith := func(request string) string {
			code, answer := e.post(envelope(request))
			if code != 200 {
				t.Fatalf("%d %s", code, answer)
			}
			return attributesOf(t, answer)
		}
		read := func() string { return readWith(getSession("ab12")) }
		first, typed := read(), readWith(getTyped("ab12"))
		for _, again := range []string{typed, first} {
			if code, answer := e.post(envelope(setSession("ab12", again))); code != 200 {
				t.Fatalf("%d %s after %s", code, answer, again)
			}
			if again == typed { // it need not have the hints of the first one that say nothing
				if second := readWith(getTyped("ab12")); second != typed {
					t.Fatalf("stored again it is another session:\n%s\n%s", typed, second)
				}
			}
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
