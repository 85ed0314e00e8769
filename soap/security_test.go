package soap_test

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/soap"
)

const (
	profile    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
	base64Type = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
	sha1OfNone = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
	prefixes   = ` xmlns:w="` + soap.NamespaceSecurity + `" xmlns:u="` + soap.NamespaceUtility + `"`
)

// withHeader returns a message that calls greet.
func withHeader(space, blocks string) string {
	return `<e:Envelope xmlns:e="` + space + `"><e:Header>` + blocks + `</e:Header><e:Body>` + greeting("Ada") + closing
}

// security returns a Security header that must be understood.
func security(content string) string {
	return `<w:Security` + prefixes + ` e:mustUnderstand="1">` + content + `</w:Security>`
}

func token(content string) string { return `<w:UsernameToken>` + content + `</w:UsernameToken>` }

func textToken(name, password string) string {
	return token(`<w:Username>` + name + `</w:Username><w:Password>` + password + `</w:Password>`)
}

func timestamp(created, expires string) string {
	return `<u:Timestamp u:Id="_0"><u:Created>` + created + `</u:Created><u:Expires>` + expires + `</u:Expires></u:Timestamp>`
}

// guarded returns a harness that understands the Security header, and where it puts
// what it reads.
func guarded() (*harness, *[]*soap.Security) {
	var seen []*soap.Security
	h := newHarness(soap.Options{Security: func(_ context.Context, s *soap.Security) error {
		seen = append(seen, s)
		return nil
	}})
	return h, &seen
}

func TestReadsSecurity(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	digest := func(nonce, created string) string {
		return `<w:Username>ada</w:Username><w:Password Type="` + profile + `PasswordDigest">` + sha1OfNone + `</w:Password>` +
			`<w:Nonce EncodingType="` + base64Type + `">` + nonce + `</w:Nonce><u:Created>` + created + `</u:Created>`
	}
	sum, err := base64.StdEncoding.DecodeString(sha1OfNone)
	require.NoError(t, err)
	text := &soap.UsernameToken{Username: "ada", Password: "secret"}
	digested := &soap.UsernameToken{
		Username: "ada", Digest: sum, Nonce: []byte("0123456789abcdef"), CreatedText: "2026-01-31T12:00:00Z", Created: created,
	}
	const nonce = "MDEyMzQ1Njc4OWFiY2RlZg=="
	password := func(attributes, password string) string {
		return security(token(`<w:Username>ada</w:Username><w:Password` + attributes + `>` + password + `</w:Password>`))
	}
	other := security(textToken("eve", "wrong"))
	for name, tt := range map[string]struct {
		header string
		want   *soap.Security
	}{
		"none":                  {``, nil},
		"another header":        {`<x xmlns="urn:x" e:mustUnderstand="0"/>`, nil},
		"empty":                 {security(``), &soap.Security{}},
		"without Type":          {security(textToken("ada", "secret")), &soap.Security{Username: text}},
		"PasswordText":          {password(` Type="`+profile+`PasswordText"`, "secret"), &soap.Security{Username: text}},
		"PasswordText of old":   {password(` Type="wsse:PasswordText"`, "secret"), &soap.Security{Username: text}},
		"PasswordText bare":     {password(` Type="PasswordText"`, "secret"), &soap.Security{Username: text}},
		"empty Type":            {password(` Type=""`, "secret"), &soap.Security{Username: text}},
		"CDATA and references":  {security(textToken("<![CDATA[a]]>d&#97;", "se<!-- -->cret")), &soap.Security{Username: text}},
		"blanks count":          {security(textToken(" ada", "secret\n")), &soap.Security{Username: &soap.UsernameToken{Username: " ada", Password: "secret\n"}}},
		"empty name":            {security(textToken("", "")), &soap.Security{Username: &soap.UsernameToken{}}},
		"longest":               {security(textToken(strings.Repeat("n", 256), strings.Repeat("p", 1024))), &soap.Security{Username: &soap.UsernameToken{Username: strings.Repeat("n", 256), Password: strings.Repeat("p", 1024)}}},
		"PasswordDigest":        {security(token(digest(nonce, "2026-01-31T12:00:00Z"))), &soap.Security{Username: digested}},
		"blanks around":         {security(token(digest("\n "+nonce[:8]+"\n"+nonce[8:], "\n 2026-01-31T12:00:00Z\t"))), &soap.Security{Username: digested}},
		"other elements":        {security(token(digest(nonce, "2026-01-31T12:00:00Z") + `<x xmlns="urn:x"><y/></x>`)), &soap.Security{Username: digested}},
		"blanks between":        {security("\n  " + textToken("ada", "secret") + "\n"), &soap.Security{Username: text}},
		"of WCF":                {security(timestamp("2026-01-31T12:00:00.000Z", "2026-01-31T12:05:00.000Z") + textToken("ada", "secret")), &soap.Security{Username: text, Timestamp: &soap.Timestamp{Created: created, Expires: created.Add(5 * time.Minute)}}},
		"Timestamp alone":       {security(`<u:Timestamp><u:Created>2026-01-31T12:00:00</u:Created></u:Timestamp>`), &soap.Security{Timestamp: &soap.Timestamp{Created: created}}},
		"empty Timestamp":       {security(`<u:Timestamp/>`), &soap.Security{Timestamp: &soap.Timestamp{}}},
		"no mustUnderstand":     {strings.Replace(security(textToken("ada", "secret")), ` e:mustUnderstand="1"`, "", 1), &soap.Security{Username: text}},
		"others skipped":        {strings.Replace(security(`<w:BinarySecurityToken>x</w:BinarySecurityToken><a xmlns="urn:a"><b>c</b></a>`+textToken("ada", "secret")), `"1"`, `"0"`, 1), &soap.Security{Username: text}},
		"second for another":    {security(textToken("ada", "secret")) + strings.Replace(other, " e:", ` ROLE="urn:other" e:`, 1), &soap.Security{Username: text}},
		"first for another":     {strings.Replace(other, " e:", ` ROLE="urn:other" e:`, 1) + security(textToken("ada", "secret")), &soap.Security{Username: text}},
		"for the next":          {strings.Replace(security(textToken("ada", "secret")), " e:", ` ROLE="NEXT" e:`, 1), &soap.Security{Username: text}},
		"only for another":      {strings.Replace(other, " e:", ` ROLE="urn:other" e:`, 1), nil},
		"of another namespace":  {`<Security xmlns="http://schemas.xmlsoap.org/ws/2002/07/secext"/>`, nil},
		"unsupported elsewhere": {strings.Replace(security(`<w:BinarySecurityToken/>`), " e:", ` ROLE="urn:other" e:`, 1), nil},
	} {
		for _, v := range []struct{ space, role, next string }{
			{soap.Namespace11, "e:actor", "http://schemas.xmlsoap.org/soap/actor/next"},
			{soap.Namespace12, "e:role", soap.Namespace12 + "/role/next"},
		} {
			h, seen := guarded()
			header := strings.NewReplacer("ROLE", v.role, "NEXT", v.next).Replace(tt.header)
			w := h.post([]byte(withHeader(v.space, header)))
			require.Equal(t, 200, w.Code, "%s: %s", name, w.Body)
			assert.Equal(t, 1, h.calls, name)
			assert.Equal(t, []*soap.Security{tt.want}, *seen, name)
			assert.Equal(t, tt.want != nil && tt.want.Timestamp != nil, strings.Contains(w.Body.String(), "wsu:Timestamp"), name)
		}
	}
}

func TestTimesOfSecurity(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-01-31T12:00:00Z":             noon,
		"2026-01-31T12:00:00":              noon,
		"2026-01-31T12:00:00.5":            noon.Add(time.Second / 2),
		"2026-01-31T12:00:00.000000001Z":   noon.Add(1),
		"2026-01-31T12:00:00.1234567890Z":  noon.Add(123456789),
		"2026-01-31T14:00:00+02:00":        noon,
		"2026-01-31T11:30:00.000-00:30":    noon,
		"&#x20;2026-01-31T12:00:00Z&#x0A;": noon,
	} {
		h, seen := guarded()
		w := h.post([]byte(withHeader(soap.Namespace11, security(timestamp(text, text)))))
		require.Equal(t, 200, w.Code, "%s: %s", text, w.Body)
		assert.True(t, want.Equal((*seen)[0].Timestamp.Created), text)
		assert.True(t, want.Equal((*seen)[0].Timestamp.Expires), text)
	}
	for _, text := range []string{
		"", "now", "0", "2026-01-31", "12:00:00Z", "2026-01-31 12:00:00Z", "2026-01-31T12:00Z", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z",
		"2026-01-31T12:00:00+02", "20260131T120000Z", "Sat, 31 Jan 2026 12:00:00 GMT", "-2026-01-31T12:00:00Z", "0001-01-01T00:00:00Z", "12026-01-31T12:00:00Z",
		"2026-01-31T12:00:00ZZ", "1769860800", "2026-01-31T12:00:00." + strings.Repeat("0", 99) + "Z",
	} {
		for _, header := range []string{
			timestamp(text, "2026-01-31T12:00:00Z"), timestamp("2026-01-31T12:00:00Z", text),
			token(`<w:Username>a</w:Username><w:Password>b</w:Password><u:Created>` + text + `</u:Created>`),
		} {
			h, seen := guarded()
			w := h.post([]byte(withHeader(soap.Namespace11, security(header))))
			assert.Equal(t, 500, w.Code, text)
			assert.Contains(t, w.Body.String(), `">wsse:InvalidSecurity</faultcode>`, text)
			assert.Empty(t, *seen, text)
		}
	}
}

func TestRefusesSecurity(t *testing.T) {
	t.Parallel()
	const name, password = `<w:Username>ada</w:Username>`, `<w:Password>secret</w:Password>`
	digest := func(sum, rest string) string {
		return token(name + `<w:Password Type="` + profile + `PasswordDigest">` + sum + `</w:Password>` + rest)
	}
	const nonce, created = `<w:Nonce>MTIz</w:Nonce>`, `<u:Created>2026-01-31T12:00:00Z</u:Created>`
	for content, want := range map[string]string{
		textToken("ada", "secret") + textToken("ada", "secret"): "InvalidSecurity more than one UsernameToken",
		`<u:Timestamp/><u:Timestamp/>`:                          "InvalidSecurity more than one Timestamp",
		token(name + name + password):                           "InvalidSecurity more than one Username in",
		token(name + password + password):                       "InvalidSecurity more than one Password in",
		token(name + password + nonce + nonce):                  "InvalidSecurity more than one Nonce in",
		token(name + password + created + created):              "InvalidSecurity more than one Created in",
		`<u:Timestamp>` + created + created + `</u:Timestamp>`:  "InvalidSecurity more than one Created in",
		token(``):         "InvalidSecurity lacks",
		token(name):       "InvalidSecurity lacks",
		token(password):   "InvalidSecurity lacks",
		token("x" + name): "InvalidSecurity text between",
		"x":               "InvalidSecurity text between",
		token(name + `<w:Password>a<b/></w:Password>`):                                    "InvalidSecurity contains an element",
		token(name + `<w:Password Type="urn:x">a</w:Password>`):                           "UnsupportedSecurityToken has a Type",
		token(name + `<w:Password Type="x#">a</w:Password>`):                              "UnsupportedSecurityToken has a Type",
		digest(sha1OfNone, ``):                                                            "InvalidSecurity needs a wsse:Nonce",
		digest(sha1OfNone, nonce):                                                         "InvalidSecurity needs a wsse:Nonce",
		digest(sha1OfNone, created):                                                       "InvalidSecurity needs a wsse:Nonce",
		digest(``, nonce+created):                                                         "InvalidSecurity Invalid PasswordDigest",
		digest(`secret`, nonce+created):                                                   "InvalidSecurity Invalid PasswordDigest",
		digest(sha1OfNone+"AAAA", nonce+created):                                          "InvalidSecurity Invalid PasswordDigest",
		digest(sha1OfNone, `<w:Nonce/>`+created):                                          "InvalidSecurity Invalid Nonce",
		digest(sha1OfNone, `<w:Nonce>!</w:Nonce>`+created):                                "InvalidSecurity Invalid Nonce",
		digest(sha1OfNone, `<w:Nonce>MTI</w:Nonce>`+created):                              "InvalidSecurity Invalid Nonce",
		token(name + password + `<w:Nonce>é</w:Nonce>`):                                   "InvalidSecurity Invalid Nonce",
		token(name + password + `<w:Nonce EncodingType="x#HexBinary">31</w:Nonce>`):       "InvalidSecurity EncodingType",
		token(name + password + `<w:Nonce>` + strings.Repeat("AAAA", 43) + `</w:Nonce>`):  "InvalidSecurity Invalid Nonce",
		token(name + password + `<w:Nonce>` + strings.Repeat("AAAA", 999) + `</w:Nonce>`): "InvalidSecurity has more than 256 bytes",
		textToken(strings.Repeat("n", 257), "secret"):                                     "InvalidSecurity has more than 256 bytes",
		textToken(strings.Repeat("n", 64<<10), "secret"):                                  "InvalidSecurity has more than 65536 bytes",
		textToken("ada", strings.Repeat("p", 1025)):                                       "InvalidSecurity has more than 1024 bytes",
		strings.Repeat(`<u:x/>`, 300):                                                     "UnsupportedSecurityToken element x,",
		token(strings.Repeat(`<x/>`, 300)):                                                "InvalidSecurity more than 256 elements",
		token(strings.Repeat(`<x>`, 32) + strings.Repeat(`</x>`, 32)):                     "InvalidSecurity more than 32 levels",
		token(`<x a="` + strings.Repeat("a", 64<<10) + `"/>`):                             "InvalidSecurity has more than 65536 bytes",
		`<w:BinarySecurityToken/>`:                                                        "UnsupportedSecurityToken element BinarySecurityToken,",
		`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>`:                         "UnsupportedSecurityToken element Signature,",
		`<EncryptedKey xmlns="http://www.w3.org/2001/04/xmlenc#"/>`:                       "UnsupportedSecurityToken element EncryptedKey,",
		`<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>`:                      "UnsupportedSecurityToken Send one UsernameToken with PasswordText or PasswordDigest",
		`<UsernameToken xmlns="urn:other"/>`:                                              "UnsupportedSecurityToken element UsernameToken,",
		`<` + strings.Repeat("n", 99) + `/>`:                                              "UnsupportedSecurityToken has an element, which",
		textToken("a\xFFb", "secret"):                                                     " not well-formed",
		textToken("a\x00b", "secret"):                                                     " not well-formed",
		textToken("a&#1;b", "secret"):                                                     " not well-formed",
		textToken("ada", "a\x1Bb"):                                                        " not well-formed",
	} {
		for _, space := range []string{soap.Namespace11, soap.Namespace12} {
			h, seen := guarded()
			w := h.post([]byte(withHeader(space, security(content))))
			assert.Equal(t, 500, w.Code)
			assert.Empty(t, *seen, content)
			assert.Zero(t, h.calls, content)
			code, reason, _ := strings.Cut(want, " ")
			assert.Contains(t, w.Body.String(), reason, content)
			if code == "" { // not one of WS-Security
				continue
			}
			assert.NotContains(t, w.Body.String(), "secret", content)
			if space == soap.Namespace11 {
				assert.Contains(t, w.Body.String(), `<faultcode xmlns:wsse="`+soap.NamespaceSecurity+`">wsse:`+code+`</faultcode>`)
			} else {
				assert.Contains(t, w.Body.String(), `<soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:sub="`+soap.NamespaceSecurity+`">sub:`+code+`<`)
			}
		}
	}
	h, seen := guarded()
	w := h.post([]byte(withHeader(soap.Namespace11, security(``)+security(``))))
	assert.Contains(t, w.Body.String(), "more than one Security header for this service")
	assert.Empty(t, *seen)
}

// Without Options.Security the header is one that the service does not understand.
func TestSecurityIsNotUnderstood(t *testing.T) {
	t.Parallel()
	h := newHarness(soap.Options{})
	w := h.post([]byte(withHeader(soap.Namespace11, security(textToken("ada", "secret")))))
	assert.Contains(t, w.Body.String(), "<faultcode>soap:MustUnderstand<")
	w = h.post([]byte(withHeader(soap.Namespace11, strings.Replace(security(`<u:Timestamp/>`), `"1"`, `"0"`, 1))))
	assert.Equal(t, 200, w.Code)
	assert.NotContains(t, w.Body.String(), "Timestamp")
}

// An error of Options.Security is the answer, in the version of the message. An answer
// to a message with a Timestamp has one.
func TestSecurityFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := error(soap.SecurityFault(soap.MessageExpired, "Too late."))
		h := newHarness(soap.Options{
			Security: func(context.Context, *soap.Security) error { return refusal },
			FaultOf: func(err error) *soap.Fault {
				if errors.Is(err, errMapped) {
					return soap.SecurityFault(soap.FailedAuthentication, "Who are you?")
				}
				return nil
			},
		})
		const stamp = `<soap:Header><wsse:Security xmlns:wsse="` + soap.NamespaceSecurity + `"><wsu:Timestamp xmlns:wsu="` + soap.NamespaceUtility + `">` +
			`<wsu:Created>2000-01-01T00:00:00.000Z</wsu:Created><wsu:Expires>2000-01-01T00:05:00.000Z</wsu:Expires></wsu:Timestamp></wsse:Security></soap:Header><soap:Body>`
		now := timestamp("2000-01-01T00:00:00Z", "2000-01-01T00:05:00Z")

		w := h.post([]byte(withHeader(soap.Namespace11, security(now))))
		assert.Equal(t, 500, w.Code)
		assert.Contains(t, w.Body.String(), stamp+`<soap:Fault><faultcode xmlns:wsu="`+soap.NamespaceUtility+`">wsu:MessageExpired</faultcode><faultstring xml:lang="en">Too late.</faultstring><detail></detail>`)
		refusal = fmt.Errorf("wrapped: %w", errMapped)
		w = h.post([]byte(withHeader(soap.Namespace12, "")))
		assert.Contains(t, w.Body.String(), `<soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:sub="`+soap.NamespaceSecurity+`">sub:FailedAuthentication</soap:Value></soap:Subcode>`)
		assert.NotContains(t, w.Body.String(), "Header")
		assert.Equal(t, "application/soap+xml; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Zero(t, h.calls)
		refusal = errors.New("broken")
		assert.Contains(t, h.post([]byte(withHeader(soap.Namespace11, ""))).Body.String(), "soap:Server</faultcode>")

		refusal = nil
		w = h.post([]byte(withHeader(soap.Namespace12, security(now))))
		assert.Equal(t, 200, w.Code)
		assert.Contains(t, w.Body.String(), `xmlns:soap="`+soap.Namespace12+`">`+stamp+`<greetResponse`)
		w = h.post([]byte(withHeader(soap.Namespace12, security(now)+`<x e:mustUnderstand="1"/>`)))
		assert.Equal(t, 1, strings.Count(w.Body.String(), "<soap:Header>"))
		assert.Contains(t, w.Body.String(), "NotUnderstood")
		assert.Contains(t, w.Body.String(), "Timestamp")
	})
}

// A message that cannot be read is refused as every other is. A client that may call
// learns what is wrong with it.
func TestSecurityOfUnreadableMessages(t *testing.T) {
	t.Parallel()
	refusal := soap.SecurityFault(soap.FailedAuthentication, "Who are you?")
	for _, body := range []string{
		"", "x", "<x/>", "<x>", open11, withHeader(soap.Namespace12, `<x e:mustUnderstand="1"/>`), withHeader("urn:x", ""),
		withHeader(soap.Namespace11, security(textToken("ada", "secret"))+"<a"), withHeader(soap.Namespace11, security("")) + "x",
		`<?xml version="1.0" encoding="x"?>` + open11, open11 + closing, open11 + "<none/>" + closing,
	} {
		allowed, seen := guarded()
		asked := 0
		refused := newHarness(soap.Options{Security: func(context.Context, *soap.Security) error {
			asked++
			return refusal
		}})
		w := refused.post([]byte(body))
		assert.Contains(t, w.Body.String(), "Who are you?", body)
		assert.Equal(t, 1, asked, body)
		w = allowed.post([]byte(body))
		assert.Equal(t, 500, w.Code, body)
		assert.NotContains(t, w.Body.String(), "wsse", body)
		assert.Len(t, *seen, 1, body)
	}
}

// FuzzSecurity reads any Security header. What is read keeps the promises of its
// types, and the answer is well-formed.
func FuzzSecurity(f *testing.F) {
	f.Add(textToken("ada", "secret")+timestamp("2026-01-31T12:00:00.000Z", "2026-01-31T12:05:00.000Z"), true)
	f.Add(token(`<w:Username>ada</w:Username><w:Password Type="`+profile+`PasswordDigest">`+sha1OfNone+`</w:Password><w:Nonce EncodingType="`+
		base64Type+`">MDEyMzQ1Njc4OWFiY2RlZg==</w:Nonce><u:Created>2026-01-31T12:00:00Z</u:Created>`), true)
	f.Add(`<w:BinarySecurityToken><a><b/></a></w:BinarySecurityToken><u:Timestamp><u:Created>`, false)
	f.Add(`</w:Security>`+security(textToken("", "<![CDATA[]]>&amp;")), false)
	f.Fuzz(func(t *testing.T, content string, must bool) {
		h, seen := guarded()
		header := security(content)
		if !must {
			header = strings.Replace(header, `"1"`, `"0"`, 1)
		}
		w := h.post([]byte(withHeader(soap.Namespace11, header)))
		if strings.Contains(h.log.String(), "panic") {
			t.Fatal(h.log.String())
		}
		if w.Code != 200 && w.Code != 500 || len(*seen) > 1 || h.calls > len(*seen) {
			t.Fatalf("status %d, %d times asked, %d calls", w.Code, len(*seen), h.calls)
		}
		for _, s := range *seen {
			if s != nil && s.Username != nil {
				checkToken(t, s.Username)
			}
		}
		decoder := xml.NewDecoder(w.Body)
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func checkToken(t *testing.T, token *soap.UsernameToken) {
	t.Helper()
	if len(token.Username) > 256 || len(token.Password) > 1024 || len(token.Nonce) > 128 || len(token.CreatedText) > 64 {
		t.Fatalf("beyond the limits: %+v", token)
	}
	if token.Digest != nil && (len(token.Digest) != 20 || token.Nonce == nil || token.Created.IsZero() || token.Password != "") {
		t.Fatalf("not a digest: %+v", token)
	}
	if (token.CreatedText == "") != token.Created.IsZero() || token.Nonce != nil && len(token.Nonce) == 0 {
		t.Fatalf("not consistent: %+v", token)
	}
}
