package interop_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

// types returns the attributes of a session, each as its type and value.
func types(t *testing.T, answer string) map[string]string {
	t.Helper()
	var message struct {
		Response wsdl.GetSessionResponse `xml:"Body>getSessionResponse"`
	}
	require.NoError(t, xml.Unmarshal([]byte(answer), &message))
	require.NotNil(t, message.Response.GetSessionResult, answer)
	all := map[string]string{}
	for _, e := range message.Response.GetSessionResult.Attributes.Entry {
		all[e.Key] = strings.TrimSpace(e.Type_ + " " + e.Value)
		if e.List != nil {
			for _, item := range e.List.Item {
				all[e.Key] += fmt.Sprintf("[%s]", strings.TrimSpace(item.Type_+" "+item.Value))
			}
		}
	}
	return all
}

// Perl reads the numbers and booleans that a program in another language has stored, and
// what Perl makes of them has the type that fits it: of a boolean that Perl has replaced by
// a boolean it is still one, of other values it is not.
func TestPerlAndTypes(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	client := newClient(t)
	entry := func(key, kind, value string) string {
		return `<entry><key>` + key + `</key><value>` + value + `</value><type>` + kind + `</type></entry>`
	}
	item := func(kind, value string) string {
		return `<item><value>` + value + `</value><type>` + kind + `</type></item>`
	}
	call(t, client, s.endpoint, `<setSession xmlns="`+wsdl.Namespace+`"><id>ab12</id><attributes>`+
		entry("int", "int", "41")+entry("large", "int", "9007199254740993")+entry("half", "double", "0.5")+entry("three", "double", "3")+
		entry("yes", "boolean", "true")+entry("no", "boolean", "false")+entry("kept", "boolean", "false")+
		entry("gone", "boolean", "true")+entry("deleted", "boolean", "true")+
		`<entry><key>list</key><list>`+item("boolean", "true")+item("int", "1")+item("boolean", "false")+`</list></entry>`+
		`</attributes></setSession>`, 200)

	assert.Equal(t, strings.Join([]string{
		`_session_id = text ab12`,
		`deleted = int 1`, `deleted#t = text [""]`, `gone = int 1`, `gone#t = text [""]`, `half = text 0.5`, `int = int 41`,
		`kept = int 0`, `kept#t = text [""]`, `large = text 9007199254740993`,
		`list = [ int 1 int 1 int 0 ]`, `list#t = text ["/0","/2"]`, `no = int 0`, `no#t = text [""]`,
		`three = text 3.0`, `yes = int 1`, `yes#t = text [""]`,
		`sum = 45.5`, `no is false, yes is true`, ``,
	}, "\n"), run(t, "perl", "perl/memcached-typed.pl", cache.Addr, "ab12"))

	read := func() map[string]string {
		return types(t, call(t, client, s.endpoint, `<getSession xmlns="`+wsdl.Namespace+`"><id>ab12</id><typed>true</typed></getSession>`, 200))
	}
	want := map[string]string{
		"int": "int 42", "large": "9007199254740993", "half": "1.5", "three": "3.0",
		"yes": "boolean false", "no": "boolean true", "kept": "boolean false", "gone": "no boolean any more",
		"list": "[boolean false][int 1][boolean true][x]",
	}
	assert.Equal(t, want, read())

	// A change through the service makes the hints right again, also that of nothing.
	call(t, client, s.endpoint, `<updateSession xmlns="`+wsdl.Namespace+`"><id>ab12</id><set>`+
		entry("deleted", "int", "1")+entry("gone", "int", "1")+entry("half", "double", "1.5")+`</set></updateSession>`, 200)
	want["deleted"], want["gone"], want["half"] = "int 1", "int 1", "double 1.5"
	assert.Equal(t, want, read())
	s.stop(t)
}
