package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"memcachedsoap/wsdl"
)

// message is a request that is as dear as the limits allow.
type message struct {
	name        string
	body        []byte
	contentType string
	size        int    // of the body when it is decompressed
	stores      []byte // a request that is sent before, and not measured
	reads       int    // how often it reads the session; 0 is once
}

// values is how many values the messages have: --max-entries allows no more.
const values = 49_900

// elements is how many elements --max-elements allows, without those of SOAP.
const elements = 159_900

// maxBody is the default of --max-body.
const maxBody = 4 << 20

// textXML is the Content-Type of a message in UTF-8.
const textXML = "text/xml; charset=utf-8"

const sessionID = "5fbc010fecf1bbba68cf4d2fac579005"

func envelope(payload string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>` + payload + `</e:Body></e:Envelope>`
}

func contract(operation, content string) string {
	return envelope(`<` + operation + ` xmlns="` + wsdl.Namespace + `">` + content + `</` + operation + `>`)
}

func set(attributes string) string {
	return contract("setSession", `<id>`+sessionID+`</id><attributes>`+attributes+`</attributes>`)
}

func setList(items string) string {
	return set(`<entry><key>a</key><list>` + items + `</list></entry>`)
}

func perl(method, content string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:c="http://schemas.xmlsoap.org/soap/encoding/"><e:Body><n:` + method + ` xmlns:n="urn:MemcachedSOAPClass">` + content + `</n:` + method + `></e:Body></e:Envelope>`
}

func perlSet(value string) string {
	return perl("setSession", `<p>_session_id</p><p>`+sessionID+`</p><p>a</p>`+value)
}

// upTo repeats pieces, n times or as often as they fit into a request.
func upTo(n int, piece func(i int) string) string {
	var b strings.Builder
	for i := range n {
		next := piece(i)
		if b.Len()+len(next) > maxBody-4096 {
			break
		}
		b.WriteString(next)
	}
	return b.String()
}

func same(n int, piece string) string { return upTo(n, func(int) string { return piece }) }

func key(i int) string { return strconv.FormatInt(int64(i), 36) }

// many is more repetitions than fit into a request.
const many = maxBody

// parts is how many parts a multipart message may have, without that of the envelope.
const parts = 1999

func contractMessages() []message {
	emptyHashes := setList(same(values, `<item><hash/></item>`))
	undefs := setList(same(values, `<item/>`))
	keyed := set(upTo(values, func(i int) string { return `<entry><key>` + key(i) + `</key></entry>` }))
	read := contract("getSession", `<id>`+sessionID+`</id>`)
	return []message{
		plain("items, each an empty hash", emptyHashes),
		plain("empty items", undefs),
		plain("empty lists", setList(same(values, `<item><list/></item>`))),
		plain("items with a character", setList(same(values, `<item><value>a</value></item>`))),
		plain("entries with a key", keyed),
		plain("hashes with an entry", setList(same(values/2, `<item><hash><entry><key/></entry></hash></item>`))),
		plain("lists in lists", setList(same(values/200, strings.Repeat(`<item><list>`, 200)+strings.Repeat(`</list></item>`, 200)))),
		plain("one long value", setList(`<item><value>`+strings.Repeat("a", maxBody-1024)+`</value></item>`)),
		plain("ampersands", setList(`<item><value>`+same(many, `&amp;`)+`</value></item>`)),
		plain("character references", setList(`<item><value>`+same(many, `&#9;`)+`</value></item>`)),
		plain("CDATA sections", setList(`<item><value>`+same(many, `<![CDATA[a]]>`)+`</value></item>`)),
		plain("comments", setList(`<item><value>`+same(many, `<!---->`)+`</value></item>`)),
		plain("carriage returns", setList(`<item><value>`+same(many, "\r")+`</value></item>`)),
		plain("base64 with line ends", setList(`<item><binary>`+same(many, "QUJD\n")+`</binary></item>`)),
		plain("attributes", setList(same(many, `<item`+upTo(64, func(i int) string { return " " + string(rune('a'+i%26)) + key(i) + `=""` })+`/>`))),
		plain("namespaces", setList(same(many, `<item`+upTo(50, func(i int) string { return ` xmlns:p` + key(i) + `="` + key(i) + `"` })+`/>`))),
		plain("prefixes", prefixes()),
		plain("header blocks", `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header>`+same(elements, `<a/>`)+`</e:Header><e:Body/></e:Envelope>`),
		plain("keys to remove", contract("updateSession", `<id>`+sessionID+`</id><remove>`+upTo(values, func(i int) string { return `<key>` + key(i) + `</key>` })+`</remove>`)).after(keyed),
		plain("reading empty hashes", read).after(emptyHashes),
		plain("reading empty items", read).after(undefs),
		plain("reading keys", read).after(keyed),
		plain("reading ampersands", read).after(setList(`<item><value>` + `<![CDATA[` + strings.Repeat("&", 1000_000) + `]]></value></item>`)),
		plain("updating empty hashes", contract("updateSession", `<id>`+sessionID+`</id><remove/>`)).after(emptyHashes),
		plain("touching empty hashes", contract("touchSession", `<id>`+sessionID+`</id><ttl>60</ttl>`)).after(emptyHashes),
		plain("ids of getSessions", contract("getSessions", `<ids>`+same(elements, `<id>a</id>`)+`</ids>`)),
		plain("entries with a value", set(upTo(values, func(i int) string { return `<entry><key>` + key(i) + `</key><value>a</value></entry>` }))),
		plain("full of entries and text", set(upTo(values, func(i int) string {
			return `<entry><key>` + key(i) + `</key><value>` + strings.Repeat("é", 18) + `</value></entry>`
		}))),
		plain("one id 1000 times", contract("getSessions", `<ids>`+same(1000, `<id>`+sessionID+`</id>`)+`</ids>`)).after(set(upTo(90, func(i int) string { return `<entry><key>` + key(i) + `</key></entry>` }))).reading(1000),
	}
}

// prefixes is a message whose elements have prefixes and many namespaces in scope.
func prefixes() string {
	declarations := upTo(60, func(i int) string { return ` xmlns:p` + key(i) + `="` + key(i) + `"` })
	return contract("setSession", `<id>a</id><attributes><entry><key>a</key><list`+declarations+`>`+
		same(values, `<item p0:a="" p1:b="" p2:c="" p3:d=""/>`)+`</list></entry></attributes>`)
}

func perlMessages() []message {
	array := func(items string) string { return perlSet(`<p i:type="c:Array">` + items + `</p>`) }
	empties := array(same(values, `<i/>`))
	names := perlSet(`<p>` + upTo(values, func(i int) string { return `<k` + key(i) + `/>` }) + `</p>`)
	read := perl("getSession", `<p>`+sessionID+`</p>`)
	return []message{
		plain("Perl: empty items", empties),
		plain("Perl: parameters", perl("setSession", `<p>_session_id</p><p>`+sessionID+`</p>`+same(values-10, `<i/>`))),
		plain("Perl: distinct parameters", perl("setSession", `<p>_session_id</p><p>`+sessionID+`</p>`+upTo(values/2-10, func(i int) string { return `<i>` + key(i) + `</i><i/>` }))),
		plain("Perl: one name", perlSet(`<p>`+same(values, `<i/>`)+`</p>`)),
		plain("Perl: names", names),
		plain("Perl: empty structs", array(same(values, `<i i:type="s"/>`))),
		plain("Perl: empty arrays", array(same(values, `<c:Array/>`))),
		plain("Perl: structs with an element", array(same(values/2, `<i><i/></i>`))),
		plain("Perl: pairs of a Map", perl("setSession", `<p>_session_id</p><p>`+sessionID+`</p><p>a</p><p xmlns:a="http://xml.apache.org/xml-soap" i:type="a:Map">`+upTo(values/3, func(i int) string { return `<i><key>` + key(i) + `</key><value/></i>` })+`</p>`)),
		plain("Perl: elements with an id", array(upTo(values, func(i int) string { return `<i id="` + key(i) + `"/>` }))),
		plain("Perl: references", array(`<i id="a"/>`+same(values-10, `<i href="#a"/>`))),
		plain("Perl: types", array(same(values, `<i i:type="c:string"/>`))),
		plain("Perl: declared size", perlSet(`<p i:type="c:Array" c:arrayType="c:string[`+strconv.Itoa(values-10)+`]"/>`)),
		plain("Perl: reading empty items", read).after(empties),
		plain("Perl: reading names", read).after(names),
		plain("Perl: reading empty structs", read).after(array(same(values, `<i i:type="s"/>`))),
	}
}

func mtomMessages() []message {
	part := func(b *bytes.Buffer, id, content string) {
		fmt.Fprintf(b, "\r\n--b\r\nContent-ID: <%s>\r\n\r\n%s", id, content)
	}
	pack := func(name, root string, n int, id func(int) string, content string) message {
		var b bytes.Buffer
		part(&b, "r", root)
		for i := range n {
			part(&b, id(i), content)
		}
		b.WriteString("\r\n--b--\r\n")
		return message{name: name, body: b.Bytes(), size: b.Len(), contentType: `multipart/related; boundary=b; type="application/xop+xml"; start="<r>"; start-info="text/xml"`}
	}
	include := func(id string) string {
		return `<item><binary><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:` + id + `"/></binary></item>`
	}
	return []message{
		pack("MTOM: references to a part", setList(same(20_000, include("a"))), 1, func(int) string { return "a" }, "x"),
		pack("MTOM: parts", setList(upTo(parts, func(i int) string { return include(key(i)) })), parts, key, "x"),
		pack("MTOM: a large part", setList(include("a")), 1, func(int) string { return "a" }, strings.Repeat("x", maxBody*5/8)),
	}
}

func plain(name, body string) message {
	return message{name: name, body: []byte(body), contentType: textXML, size: len(body)}
}

func (m message) after(stores string) message {
	m.stores = []byte(stores)
	return m
}

func (m message) reading(times int) message {
	m.reads = times
	return m
}

// compressed returns the message in gzip.
func (m message) compressed() message {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(m.body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	m.name, m.body = m.name+", gzip", b.Bytes()
	return m
}

// inUTF16 returns the message in UTF-16.
func (m message) inUTF16() message {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(string(m.body))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	m.name, m.body, m.size, m.contentType = m.name+", UTF-16", out, len(out), "text/xml; charset=utf-16"
	return m
}

// messages returns all messages.
func messages() []message {
	var all []message
	for _, m := range append(contractMessages(), perlMessages()...) {
		all = append(all, m)
		if len(m.stores) == 0 {
			all = append(all, m.compressed())
		}
		if len(m.stores) == 0 && 2*len(m.body) < maxBody {
			all = append(all, m.inUTF16())
		}
	}
	for _, m := range mtomMessages() {
		all = append(all, m, m.compressed())
	}
	return all
}
