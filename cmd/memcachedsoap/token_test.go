package main

import (
	"crypto/sha1" //nolint:gosec // the profile has no other hash
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"memcachedsoap/soap"
)

// Parts of Security headers. The passwords are those of tokenFile.
const (
	tokenProfile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#" //nolint:gosec // a namespace
	textPassword = "secret-of-portal &<ß"
	digestSecret = "secret-of-digest"
)

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;")

// tokenFile writes an auth file and returns its path.
func tokenFile(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(textPassword), bcrypt.MinCost)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`callers:
  - {name: portal, roles: [read], password: "`+string(hash)+`"}
  - {name: gate, roles: [read, stats], digest-password: "`+digestSecret+`"}
  - {name: near, roles: [read], addresses: [127.0.0.2]}
`), 0o600))
	return path
}

// withSecurity adds a Security header to a message.
func withSecurity(content, attributes, message string) string {
	header := `<Header><w:Security xmlns:w="` + soap.NamespaceSecurity + `" xmlns:u="` + soap.NamespaceUtility + `" xmlns:s="` + soap.Namespace11 + `" ` + attributes + `>` +
		content + `</w:Security></Header><Body>`
	return strings.Replace(message, "<Body>", header, 1)
}

func textToken(name, password string) string {
	return `<w:UsernameToken><w:Username>` + escaped.Replace(name) + `</w:Username><w:Password Type="` + tokenProfile + `PasswordText">` + escaped.Replace(password) + `</w:Password></w:UsernameToken>`
}

// digestToken returns a token of gate that was made some time ago.
func digestToken(password, nonce string, age time.Duration) string {
	created := time.Now().Add(-age).UTC().Format(time.RFC3339)
	sum := sha1.Sum([]byte(nonce + created + password)) //nolint:gosec // see the import
	encode := base64.StdEncoding.EncodeToString
	return `<w:UsernameToken><w:Username>gate</w:Username><w:Password Type="` + tokenProfile + `PasswordDigest">` + encode(sum[:]) + `</w:Password>` +
		`<w:Nonce>` + encode([]byte(nonce)) + `</w:Nonce><u:Created>` + created + `</u:Created></w:UsernameToken>`
}

// timestampOf returns a Timestamp that was made some time ago, and the time for which
// it is valid.
func timestampOf(age, valid time.Duration) string {
	created := time.Now().Add(-age).UTC()
	return `<u:Timestamp u:Id="_0"><u:Created>` + created.Format("2006-01-02T15:04:05.000Z") + `</u:Created><u:Expires>` +
		created.Add(valid).Format("2006-01-02T15:04:05.000Z") + `</u:Expires></u:Timestamp>`
}

func TestServeWithUsernameTokens(t *testing.T) {
	s := startServe(t, "--auth-file", tokenFile(t))
	get, stats := operationCall("getSession", "<id>ab12</id>"), operationCall("stats", "")
	const must, notFound, none = `s:mustUnderstand="1"`, "There is no such session", "The request has no credentials."
	const wrong, invalid, expired = ">wsse:FailedAuthentication</faultcode>", ">wsse:InvalidSecurity</faultcode>", ">wsu:MessageExpired</faultcode>"
	replayed := digestToken(digestSecret, "replayed", 0)
	for _, c := range []struct {
		name    string
		as      sent
		message string
		status  int
		want    string
	}{
		{"PasswordText", sent{}, withSecurity(textToken("portal", textPassword), must, get), 500, notFound},
		{"of WCF", sent{}, withSecurity(timestampOf(0, 5*time.Minute)+textToken("portal", textPassword), must, get), 500, "</wsu:Timestamp></wsse:Security></soap:Header><soap:Body><soap:Fault><faultcode>soap:Client<"},
		{"PasswordDigest", sent{}, withSecurity(digestToken(digestSecret, "1", 0), must, stats), 200, "statsResult"},
		{"a missing role", sent{}, withSecurity(textToken("portal", textPassword), must, stats), 500, "Access denied: this operation needs the role stats,"},
		{"a bare envelope of the dialect perl", sent{}, withSecurity(textToken("portal", textPassword), must, strings.ReplaceAll(perlCall, "soap:", "")), 500, "needs the role perl,"},
		{"a wrong password", sent{}, withSecurity(textToken("portal", "secret-of-nobody"), must, get), 500, wrong},
		{"an unknown name", sent{}, withSecurity(textToken("nobody", textPassword), must, get), 500, wrong},
		{"a wrong digest", sent{}, withSecurity(digestToken("secret-of-nobody", "2", 0), must, get), 500, wrong},
		{"empty", sent{}, withSecurity(textToken("", ""), must, get), 500, wrong},
		{"replayed, first", sent{}, withSecurity(replayed, must, stats), 200, "statsResult"},
		{"replayed", sent{}, withSecurity(replayed, must, stats), 500, "A message with the same Nonce was accepted before."},
		{"too old", sent{}, withSecurity(digestToken(digestSecret, "3", 6*time.Minute), must, get), 500, expired},
		{"in the future", sent{}, withSecurity(digestToken(digestSecret, "4", -2*time.Minute), must, get), 500, expired},
		{"an expired Timestamp", sent{}, withSecurity(timestampOf(2*time.Minute, time.Minute)+textToken("portal", textPassword), must, get), 500, expired},
		{"a Timestamp in the future", sent{}, withSecurity(timestampOf(-2*time.Minute, time.Minute)+textToken("portal", textPassword), must, get), 500, expired},
		{"two tokens", sent{}, withSecurity(textToken("portal", textPassword)+textToken("portal", textPassword), must, get), 500, invalid},
		{"a name of 64 KiB", sent{}, withSecurity(textToken(strings.Repeat("n", 64<<10), "x"), must, get), 500, invalid},
		{"a password of 64 KiB", sent{}, withSecurity(textToken("portal", strings.Repeat("x", 64<<10)), must, get), 500, invalid},
		{"a control character", sent{}, withSecurity(textToken("portal\u0085", textPassword), must, get), 500, wrong},
		{"a character that XML cannot hold", sent{}, withSecurity(textToken("portal\x01", textPassword), must, get), 500, "not well-formed"},
		{"not UTF-8", sent{}, withSecurity(textToken("portal\xFF", textPassword), must, get), 500, "not well-formed"},
		{"no base64", sent{}, withSecurity(strings.Replace(replayed, "<w:Nonce>", "<w:Nonce>!", 1), must, get), 500, invalid},
		{"another token", sent{}, withSecurity("<w:BinarySecurityToken/>", must, get), 500, ">wsse:UnsupportedSecurityToken</faultcode>"},
		{"for another receiver", sent{}, withSecurity(textToken("portal", textPassword), must+` s:actor="urn:other"`, get), 401, none},
		{"no token", sent{}, withSecurity("", must, get), 401, none},
		{"no header", sent{}, get, 401, none},
		{"an address", sent{from: "127.0.0.2"}, get, 500, notFound},
		{"an address and a Timestamp", sent{from: "127.0.0.2"}, withSecurity(timestampOf(0, time.Minute), must, get), 500, notFound},
		{"an address and a wrong password", sent{from: "127.0.0.2"}, withSecurity(textToken("portal", "secret-of-nobody"), must, get), 500, wrong},
		{"the token wins over the address", sent{from: "127.0.0.2"}, withSecurity(digestToken(digestSecret, "5", 0), must, stats), 200, "statsResult"},
		{"Basic of the same caller", sent{authorization: basic("portal", textPassword)}, withSecurity(textToken("portal", textPassword), must, get), 500, notFound},
		{"Basic of another caller", sent{authorization: basic("portal", textPassword)}, withSecurity(digestToken(digestSecret, "6", 0), must, get), 500, "The request has the credentials of several callers"},
		{"wrong Basic", sent{authorization: basic("portal", "secret-of-nobody")}, withSecurity(textToken("portal", textPassword), must, get), 401, "The credentials are wrong."},
	} {
		response, text := s.post(t, c.as, c.message)
		assert.Equal(t, c.status, response.StatusCode, "%s: %s", c.name, text)
		assert.Contains(t, text, c.want, c.name)
		assert.Equal(t, c.status == 401, response.Header.Get("WWW-Authenticate") != "", c.name)
		assert.NotContains(t, text, "secret-of", c.name)
	}
	_, unknown := s.post(t, sent{}, withSecurity(textToken("nobody", "x"), must, get))
	_, mistaken := s.post(t, sent{}, withSecurity(textToken("portal", "x"), must, get))
	assert.Equal(t, unknown, mistaken)
	assert.Equal(t, exitDone, s.stop())
	log := s.log.String()
	assert.NotContains(t, log, "secret-of")
	assert.Contains(t, log, `"caller":"gate"`)
	assert.Contains(t, log, "credentials: replayed, claimed caller gate")
}

// Without an auth file the header is one that the service does not understand.
func TestServeWithoutCallersUnderstandsNoSecurity(t *testing.T) {
	s := startServe(t)
	message := operationCall("status", "")
	_, text := s.post(t, sent{}, withSecurity(textToken("portal", "x"), `s:mustUnderstand="1"`, message))
	assert.Contains(t, text, "soap:MustUnderstand</faultcode>")
	response, _ := s.post(t, sent{}, withSecurity(textToken("portal", "x"), "", message))
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, exitDone, s.stop())
}
