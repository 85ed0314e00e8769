package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

const (
	client    = "Client: "
	malformed = client + "The message is not well-formed XML that SOAP allows: "
)

// entry is one attribute of a session as clients send it.
func entry(key, content string) string { return `<entry><key>` + key + `</key>` + content + `</entry>` }

// set is a setSession that must not be done.
func set(entries string) string { return envelope(setSession("ab12", entries)) }

// update is an updateSession that must not be done.
func update(change string) string {
	return envelope(element("updateSession", `<id>ab12</id>`+change))
}

const nilled = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"`

// The faults of several messages.
const (
	newWithCondition = client + "ifVersion, updateOnly and onlyNew need an id. Send it, or send none of them to create a session with a new id."
	contradiction    = client + "The conditions contradict each other: onlyNew says that there is no session with the id, ifVersion and updateOnly that there is one. Send onlyNew alone, or leave it out."
	noChange         = client + "updateSession needs set or remove. Send an empty one to change no attribute, or call touchSession to change only the ttl."
	noPrincipal      = client + "principal is missing or empty. Send the value of the attribute, such as the name of a user."
)

// hostile are messages that must be rejected with exactly this fault.
var hostile = []struct{ name, body, want string }{
	// Not one well-formed document.
	{"empty", ``, malformed + "offset 0: no root element."},
	{"blank", " \n", malformed + "offset 2: no root element."},
	{"no XML", `id=ab12`, malformed + "offset 0: text outside the root element."},
	{"JSON", `{"getSession":{"id":"ab12"}}`, malformed + "offset 0: text outside the root element."},
	{"truncated", `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body>`, malformed + "offset 72: unexpected end of document, element \"s:Body\" is open."},
	{"end tag of another", strings.Replace(set(``), "</s:Body>", "</s:Bodi>", 1), malformed + "offset 173: end tag of \"s:Body\" expected."},
	{"second root", set(``) + `<x/>`, malformed + "offset 195: second root element."},
	{"second message", set(``) + set(``), malformed + "offset 195: second root element."},
	{"text after the root", set(``) + `junk`, malformed + "offset 195: text outside the root element."},
	{"markup after the root", set(``) + `<<<`, malformed + "offset 195: second root element."},
	{"text before the root", `junk` + set(``), malformed + "offset 0: text outside the root element."},
	{"blank before the declaration", ` <?xml version="1.0"?>` + set(``), malformed + "offset 1: processing instruction."},
	{"XML 1.1", `<?xml version="1.1"?>` + set(``), malformed + "offset 0: XML version is not 1.0."},
	{"attribute twice", strings.Replace(set(``), "<id>", `<id a="1" a="2">`, 1), malformed + "offset 132: attribute \"a\" twice."},
	{"attribute twice by expanded name", strings.Replace(set(``), "<id>", `<id xmlns:p="urn:p" xmlns:q="urn:p" p:a="1" q:a="2">`, 1), malformed + "offset 166: attribute \"q:a\" twice."},
	{"unquoted attribute", strings.Replace(set(``), "<id>", `<id a=1>`, 1), malformed + "offset 128: quote expected around the value of an attribute."},
	{"bad name", strings.Replace(set(``), "<id>", `<:id/><id>`, 1), malformed + "offset 123: name expected."},

	// What SOAP forbids.
	{"document type", `<!DOCTYPE s:Envelope>` + set(``), malformed + "offset 0: document type declaration."},
	{"external entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + set(entry("k", "<value>&e;</value>")), malformed + "offset 0: document type declaration."},
	{"a billion laughs", `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>` + set(entry("k", "<value>&b;</value>")), malformed + "offset 0: document type declaration."},
	{"processing instruction inside", strings.Replace(set(``), "<s:Body>", `<s:Body><?php evil ?>`, 1), malformed + "offset 72: processing instruction."},
	{"processing instruction before", `<?xml-stylesheet href="x"?>` + set(``), malformed + "offset 0: processing instruction."},
	{"late XML declaration", strings.Replace(set(``), "<s:Body>", `<s:Body><?xml version="1.0"?>`, 1), malformed + "offset 72: processing instruction."},

	// Prefixes.
	{"unbound prefix", strings.Replace(set(``), "<id>ab12</id>", `<zz:id>ab12</zz:id>`, 1), malformed + "offset 123: prefix \"zz\" not declared."},
	{"unbound prefix of an attribute", strings.Replace(set(``), "<id>", `<id zz:a="1">`, 1), malformed + "offset 126: prefix \"zz\" not declared."},
	{"prefix unbound again", strings.Replace(set(``), "<id>", `<id xmlns:s="">`, 1), malformed + "offset 126: prefix \"s\" bound to no namespace."},
	{"child in a foreign namespace", strings.Replace(set(``), "<id>ab12</id>", `<id xmlns="urn:other">ab12</id>`, 1), client + "The element id has a wrong namespace. Send it in urn:memcached-soap:session:v1 or in none."},
	{"entry in a foreign namespace", set(`<entry xmlns="urn:other"/>`), client + "The element entry has a wrong namespace. Send it in urn:memcached-soap:session:v1 or in none."},

	// Characters.
	{"NUL", set(entry("k", "<value>a\x00b</value>")), malformed + "offset 174: control character."},
	{"control character", set(entry("k", "<value>a\x01b</value>")), malformed + "offset 174: control character."},
	{"reference to a control character", set(entry("k", "<value>&#1;</value>")), malformed + "offset 173: reference to a character that XML does not allow."},
	{"reference to nothing", set(entry("k", "<value>&#;</value>")), malformed + "offset 175: malformed character reference."},
	{"reference beyond Unicode", set(entry("k", "<value>&#x110000;</value>")), malformed + "offset 173: reference to a character that XML does not allow."},
	{"lone surrogate reference", set(entry("k", "<value>&#xD83D;</value>")), malformed + "offset 173: reference to a character that XML does not allow."},
	{"unknown entity", set(entry("k", "<value>&nbsp;</value>")), malformed + "offset 173: reference to an unknown entity."},
	{"bare ampersand", set(entry("k", "<value>a & b</value>")), malformed + "offset 175: & must be written as &amp;."},
	{"invalid UTF-8", set(entry("k", "<value>\xff\xfe</value>")), malformed + "offset 173: invalid UTF-8."},
	{"encoded surrogate", set(entry("k", "<value>\xed\xa0\xbd</value>")), malformed + "offset 173: invalid UTF-8."},
	{"overlong UTF-8", set(entry("k", "<value>\xc0\x80</value>")), malformed + "offset 173: invalid UTF-8."},
	{"U+FFFF", set(entry("k", "<value>\uffff</value>")), malformed + "offset 173: character U+FFFE or U+FFFF."},
	{"]]> in text", set(entry("k", "<value>]]></value>")), malformed + "offset 173: ]]> in text."},

	// The envelope.
	{"no envelope", element("getSession", `<id>ab12</id>`), client + "The request is not a SOAP message: its root element is not Envelope."},
	{"HTML", `<html><body/></html>`, client + "The request is not a SOAP message: its root element is not Envelope."},
	{"envelope without a namespace", `<Envelope><Body/></Envelope>`, "VersionMismatch: The namespace of the Envelope is unknown. Send SOAP 1.1 or SOAP 1.2."},
	{"no Body", `<s:Envelope xmlns:s="` + soap.Namespace11 + `"/>`, client + "The Envelope has an unexpected element. Send at most one Header, then one Body."},
	{"empty Body", envelope(``), client + "The Body is empty. Send the element of one operation in it."},
	{"text in the Body", envelope(`junk`), client + "There is text between the elements of the Body. Send only elements there."},
	{"text after the payload", envelope(setSession("ab12", ``) + `junk`), client + "There is text between the elements of the Body. Send only elements there."},
	{"two payloads", envelope(setSession("ab12", ``) + getSession("ab12")), client + "The Body has more than one element. Call one operation in each message."},
	{"two Bodies", strings.Replace(set(``), "</s:Body>", "</s:Body><s:Body/>", 1), client + "The Envelope has an element after its Body. Remove it."},
	{"Header after the Body", strings.Replace(set(``), "</s:Body>", "</s:Body><s:Header/>", 1), client + "The Envelope has an element after its Body. Remove it."},
	{"two Headers", strings.Replace(set(``), "<s:Body>", "<s:Header/><s:Header/><s:Body>", 1), client + "The Envelope has an unexpected element. Send at most one Header, then one Body."},
	{"Body of another version", strings.Replace(set(``), "<s:Body>", `<b:Body xmlns:b="`+soap.Namespace12+`"/><s:Body>`, 1), client + "The Envelope has an unexpected element. Send at most one Header, then one Body."},
	{"header with mustUnderstand", strings.Replace(set(``), "<s:Body>", `<s:Header><t:tx xmlns:t="urn:t" s:mustUnderstand="1"/></s:Header><s:Body>`, 1), "MustUnderstand: The message has headers with mustUnderstand that this service does not understand: {urn:t}tx."},
	{"foreign operation", envelope(`<getSession xmlns="urn:other"/>`), client + "The element in the Body has a namespace that this service does not know. See its WSDL."},
	{"operation without a namespace", envelope(`<getSession/>`), client + "The element in the Body has a namespace that this service does not know. See its WSDL."},
	{"unknown operation", envelope(element("dropSessions", ``)), client + "This service has no operation with the name of the element in the Body. See its WSDL."},
	{"operation in another case", envelope(element("GetSession", ``)), client + "This service has no operation with the name of the element in the Body. See its WSDL."},

	// The contract.
	{"id twice", envelope(element("getSession", `<id>ab12</id><id>cd34</id>`)), client + "The element id is there twice. Send it once."},
	{"element within a text", envelope(element("getSession", `<id>ab<x>evil</x>12</id>`)), client + "The message does not fit the contract: offset 131: element \"x\" inside \"id\", which may contain only text."},
	{"unknown child", envelope(element("getSession", `<id>ab12</id><admin>true</admin>`)), client + "The contract has no element admin here. See the WSDL."},
	{"a condition that this version does not know", envelope(element("setSession", `<id>ab12</id><attributes/><ifAbsent>1</ifAbsent>`)), client + "The contract has no element ifAbsent here. See the WSDL."},
	{"text between children", envelope(element("getSession", `ab12<id>ab12</id>`)), client + "There is text between elements. Send only elements there."},
	{"child of an operation without any", envelope(element("status", `<x/>`)), client + "The contract has no element x here. See the WSDL."},
	{"more arguments than parameters", envelope(element("getSession", `<c-gensym3>ab12</c-gensym3><c-gensym5>5</c-gensym5><c-gensym7>true</c-gensym7><c-gensym9>x</c-gensym9>`)), client + "The contract has no element c-gensym9 here. See the WSDL."},
	{"no attributes", envelope(element("setSession", `<id>ab12</id>`)), client + "setSession needs attributes. Send an empty list to store a session without attributes."},
	{"nil attributes", envelope(element("setSession", `<id>ab12</id><attributes xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`)), client + "setSession needs attributes. Send an empty list to store a session without attributes."},
	{"nil with content", envelope(element("setSession", `<id xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">ab12</id><attributes/>`)), client + "An element with xsi:nil has content. Remove the content or xsi:nil."},
	{"nil that is no boolean", envelope(element("getSession", `<id xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="TRUE"/>`)), client + "Invalid boolean: use true, false, 1 or 0."},
	{"ttl that is no number", envelope(element("setSession", `<id>ab12</id><attributes/><ttl>soon</ttl>`)), client + "Invalid ttl: use a whole number of seconds up to 2147483647, 0 for the default, or -1 for the longest allowed."},
	{"empty undef", envelope(setSession("ab12", entry("k", `<undef/>`))), client + "Invalid boolean: use true, false, 1 or 0."},
	{"ttl with a fraction", envelope(element("setSession", `<id>ab12</id><attributes/><ttl>1.5</ttl>`)), client + "Invalid ttl: use a whole number of seconds up to 2147483647, 0 for the default, or -1 for the longest allowed."},
	{"ttl beyond 32 bits", envelope(element("setSession", `<id>ab12</id><attributes/><ttl>2147483648</ttl>`)), client + "Invalid ttl: use a whole number of seconds up to 2147483647, 0 for the default, or -1 for the longest allowed."},
	{"ttl in the past", envelope(element("setSession", `<id>ab12</id><attributes/><ttl>-2</ttl>`)), client + "Invalid ttl: use a positive number of seconds, 0 for the default, or -1 for the longest allowed."},
	{"entry without a key", set(`<entry><value>x</value></entry>`), client + "An entry has no key. Send one."},
	{"key twice in a hash", set(entry("k", "<value>1</value>") + entry("k", "<value>2</value>")), client + "Two entries of one list have the same key. Send each key once."},
	{"key twice in an entry", set(`<entry><key>a</key><key>b</key></entry>`), client + "The element key is there twice. Send it once."},
	{"value twice", set(entry("k", "<value>1</value><value>2</value>")), client + "The element value is there twice. Send it once."},
	{"two kinds of value", set(entry("k", "<value>1</value><binary>MQ==</binary>")), client + "An entry has more than one of value, binary, hash, list and undef. Send one of them."},
	{"undef and a value", set(entry("k", "<value>1</value><undef>true</undef>")), client + "An entry has more than one of value, binary, hash, list and undef. Send one of them."},
	{"undef that is no boolean", set(entry("k", "<undef>yes</undef>")), client + "Invalid boolean: use true, false, 1 or 0."},
	{"binary that is no base64", set(entry("k", "<binary>!!!!</binary>")), client + "Invalid base64: encode the value as in RFC 4648, section 4."},
	{"base64 without its padding", set(entry("k", "<binary>MQ</binary>")), client + "Invalid base64: encode the value as in RFC 4648, section 4."},
	{"item in a hash", set(`<item/>`), client + "The contract has no element item here. See the WSDL."},
	{"entry in a list", set(entry("k", "<list><entry/></list>")), client + "The contract has no element entry here. See the WSDL."},
	{"key in an item", set(entry("k", "<list><item><key>k</key></item></list>")), client + "The contract has no element key here. See the WSDL."},
	{"text in a list", set(entry("k", "<list>text</list>")), client + "There is text between elements. Send only elements there."},
	{"unknown child of an entry", set(entry("k", "<blob>x</blob>")), client + "The contract has no element blob here. See the WSDL."},
	{"another version", envelope(element("setSession", `<id>ab12</id><attributes/><ifVersion>1</ifVersion>`)), client + "The session has another version than the one given: it was modified since you read it. Nothing was changed. Read it again, then repeat the change."},
	{"a new session with a version", envelope(element("setSession", `<attributes/><ifVersion>1</ifVersion>`)), newWithCondition},
	{"a new session that must be there", envelope(element("setSession", `<attributes/><updateOnly>true</updateOnly>`)), newWithCondition},
	{"a new session that must be new", envelope(element("setSession", `<attributes/><onlyNew>true</onlyNew>`)), newWithCondition},
	{"new, and there", envelope(element("setSession", `<id>ab12</id><attributes/><onlyNew>true</onlyNew><updateOnly>true</updateOnly>`)), contradiction},
	{"new, and of a version", envelope(element("setSession", `<id>ab12</id><attributes/><ifVersion>1</ifVersion><onlyNew>1</onlyNew>`)), contradiction},
	{"new, and not", envelope(element("setSession", `<id>ab12</id><attributes/><onlyNew>true</onlyNew>`)), client + "There is a session with this id, and the call needs an id of which there is none. Nothing was changed. Choose another id."},
	{"onlyNew that is no boolean", envelope(element("setSession", `<id>ab12</id><attributes/><onlyNew>yes</onlyNew>`)), client + "Invalid boolean: use true, false, 1 or 0."},
	{"updateOnly that is no boolean", envelope(element("setSession", `<id>ab12</id><attributes/><updateOnly>yes</updateOnly>`)), client + "Invalid boolean: use true, false, 1 or 0."},

	// The other operations.
	{"update of nothing", envelope(element("updateSession", `<id>ab12</id>`)), noChange},
	{"update of nil", envelope(element("updateSession", `<id>ab12</id><set`+nilled+`/><remove`+nilled+`/>`)), noChange},
	{"update of the time only", envelope(element("updateSession", `<id>ab12</id><ttl>5</ttl>`)), noChange},
	{"update without an id", envelope(element("updateSession", `<set/>`)), client + "Invalid session ID: it is empty."},
	{"set and removed", update(`<set>` + entry("uid", "<value>1</value>") + `</set><remove><key>uid</key></remove>`), client + "An attribute is both in set and in remove. Send it in one of them."},
	{"removed twice", update(`<remove><key>uid</key><key>uid</key></remove>`), client + "An attribute is in remove twice. Send it once."},
	{"set twice", update(`<set>` + entry("k", "") + entry("k", "") + `</set>`), client + "Two entries of one list have the same key. Send each key once."},
	{"id to be removed", update(`<remove><key>_session_id</key></remove>`), client + "The attribute _session_id cannot be removed: it is the id of the session. Leave it out."},
	{"id to be changed", update(`<set>` + entry("_session_id", "<value>ffff</value>") + `</set>`), client + "Invalid session ID: the attribute _session_id is not the id of the call; leave it out."},
	{"entry to be removed", update(`<remove>` + entry("uid", "") + `</remove>`), client + "The contract has no element entry here. See the WSDL."},
	{"nil to be removed", update(`<remove><key` + nilled + `/></remove>`), client + "A key is nil. Send its text, or leave it out."},
	{"text to be removed", update(`<remove>uid</remove>`), client + "There is text between elements. Send only elements there."},
	{"too many to be set and removed", update(numbered(`<set><entry><key>%d</key></entry>`, 1) + `</set><remove>` + numbered(`<key>k%d</key>`, 40) + `</remove>`), client + "The session has more than 40 entries, the limit of this service."},
	{"another id without an id", envelope(element("renameSession", `<newId>cd34</newId>`)), client + "Invalid session ID: it is empty."},
	{"another id that is none", envelope(element("renameSession", `<id>ab12</id><newId>../x</newId>`)), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"another id that is too long", envelope(element("renameSession", `<id>ab12</id><newId>`+strings.Repeat("a", 65)+`</newId>`)), client + "Invalid session ID: it is longer than 64 digits."},
	{"the same id", envelope(element("renameSession", `<id>ab12</id><newId>ab12</newId>`)), client + "Invalid session ID: the new id is the id that the session has; send another one, or none."},
	{"two new ids", envelope(element("renameSession", `<id>ab12</id><newId>a</newId><newId>b</newId>`)), client + "The element newId is there twice. Send it once."},
	{"another id of another version", envelope(element("renameSession", `<id>ab12</id><ifVersion>1</ifVersion>`)), client + "The session has another version than the one given: it was modified since you read it. Nothing was changed. Read it again, then repeat the change."},
	{"delete of another version", envelope(element("deleteSession", `<id>ab12</id><ifVersion>1</ifVersion>`)), client + "The session has another version than the one given: it was modified since you read it. Nothing was changed. Read it again, then repeat the change."},
	{"update to another version", update(`<set/><ifVersion>1</ifVersion>`), client + "The session has another version than the one given: it was modified since you read it. Nothing was changed. Read it again, then repeat the change."},
	{"many with one invalid id", envelope(element("getSessions", `<ids><id>ab12</id><id>../x</id></ids>`)), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"many with one that is nil", envelope(element("getSessions", `<ids><id>ab12</id><id`+nilled+`/></ids>`)), client + "An id is nil. Send its text, or leave it out."},
	{"many that are no ids", envelope(element("getSessions", `<ids><key>ab12</key></ids>`)), client + "The contract has no element key here. See the WSDL."},
	{"no principal to find", envelope(element("findSessions", `<attribute>uid</attribute>`)), noPrincipal},
	{"nil to find", envelope(element("findSessions", `<principal`+nilled+`/>`)), noPrincipal},
	{"no principal to log out", envelope(element("deleteSessions", `<principal></principal>`)), noPrincipal},
	{"principal without an index", envelope(element("findSessions", `<principal>dwho</principal>`)), client + "This service does not find sessions by an attribute. Its operator enables it with serve --principal."},
	{"principal of an attribute without an index", envelope(element("deleteSessions", `<principal>dwho</principal><attribute>mail</attribute>`)), client + "This service does not find sessions by this attribute. Send one that its operator has set with serve --principal, or none."},

	// Limits.
	{"too many entries", set(numbered(`<entry><key>%d</key><list><item/></list></entry>`, 21)), client + "The session has more than 40 entries, the limit of this service."},

	// Limits of XML.
	{"nested too deep", set(strings.Repeat("<entry><key>k</key><hash>", 40)), client + "The message exceeds a limit of this service: more than 64 levels of elements."},
	{"too many attributes", strings.Replace(set(``), "<id>", `<id`+numbered(` a%d=""`, 9)+`>`, 1), client + "The message exceeds a limit of this service: more than 8 attributes in a tag."},
	{"too many namespaces", strings.Replace(set(``), "<id>", `<id`+numbered(` xmlns:p%d="urn:%[1]d"`, 7)+`>`, 1), client + "The message exceeds a limit of this service: more than 8 namespaces in scope."},
	{"too many elements", strings.Replace(set(``), "<s:Body>", `<s:Header>`+strings.Repeat(`<a/>`, 200)+`</s:Header><s:Body>`, 1), client + "The message exceeds a limit of this service: more than 150 elements."},
	{"too long", set(strings.Repeat(" ", 10_000)), client + "The request is longer than 8192 bytes, the limit of this service. Send less."},

	// Ids.
	{"id with a line feed", envelope(getSession("ab12&#10;")), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"id with a command", envelope(getSession("ab12&#13;&#10;flush_all&#13;&#10;")), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"id with a blank", envelope(getSession(" ab12")), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"id that is a path", envelope(getSession("../../etc/passwd")), client + "Invalid session ID: it holds something other than hexadecimal digits."},
	{"id too long", envelope(getSession(strings.Repeat("a", 65))), client + "Invalid session ID: it is longer than 64 digits."},
	{"no id", envelope(element("getSession", ``)), client + "Invalid session ID: it is empty."},
	{"empty id to delete", envelope(element("deleteSession", `<id/>`)), client + "Invalid session ID: it is empty."},
	{"another id among the attributes", set(entry("_session_id", "<value>ffff</value>")), client + "Invalid session ID: the attribute _session_id is not the id of the call; leave it out."},
	{"an id among the attributes of a new session", envelope(element("setSession", `<attributes>`+entry("_session_id", "<value>ab12</value>")+`</attributes>`)), client + "Invalid session ID: the attribute _session_id is not the id of the call; leave it out."},
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// A rejected message has changed nothing.
func TestHostileMessages(t *testing.T) {
	e := newEndpoint(t, document.Options{MaxEntries: 40}, soap.Limits{
		Body: 8 << 10, XML: xmlscan.Limits{Depth: 64, Attributes: 8, Namespaces: 8, Elements: 150},
	})
	e.call(t, element("setSession", `<id>ab12</id><attributes>`+entry("uid", "<value>precious</value>")+`</attributes><ttl>-1</ttl>`))
	before := e.call(t, getSession("ab12"))
	require.Contains(t, before, "precious")
	names := map[string]bool{}
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			require.False(t, names[tt.name], "two cases of one name")
			names[tt.name] = true
			code, answer := e.post(tt.body)
			f := parseFault(t, answer)
			assert.Equal(t, 500, code)
			assert.Equal(t, tt.want, strings.TrimPrefix(f.Code, "soap:")+": "+f.Reason)
			assert.Equal(t, before, e.call(t, getSession("ab12")))
			stats := e.backend.Stats(t.Context())[0].Stats
			for _, stat := range stats {
				if stat.Name == "curr_items" {
					assert.Equal(t, "1", stat.Value)
				}
			}
		})
	}
}
