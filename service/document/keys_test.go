package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// putSession stores the session ab12 as a Perl program would.
func (e *endpoint) putSession(t *testing.T, attributes *perldata.Hash) {
	t.Helper()
	image, err := storable.Codec{}.Append(nil, attributes)
	require.NoError(t, err)
	e.put(t, "ab12", string(image))
}

func hashOf(pairs ...any) *perldata.Hash {
	h := new(perldata.Hash)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i].(string), pairs[i+1].(perldata.Value)) //nolint:forcetypeassert // a test
	}
	return h
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for key, text := range map[string]string{
		"": "", "uid": "uid", "é😀": "é😀", "base64": "base64", "Base64:x": "Base64:x", "(base64:x": "(base64:x", "a\tb\n": "a\tb\n",
		"\x01": "base64:AQ==", "a\x00": "base64:YQA=", "\uFFFF": "base64:77+/", "\xed\xa0\x80": "base64:7aCA", "\xff": "base64:/w==",
		"base64:": "base64:YmFzZTY0Og==", "base64:x": "base64:YmFzZTY0Ong=", "base64:AQ==": "base64:YmFzZTY0OkFRPT0=",
	} {
		assert.Equal(t, text, document.EncodeKey(key))
		decoded, ok := document.DecodeKey(text)
		assert.True(t, ok)
		assert.Equal(t, key, decoded)
	}
	for _, bad := range []string{"base64:x", "base64:A", "base64:AQ", "base64:AQ=", "base64:AQ==\n", "base64: AQ==", "base64:AR==", "base64:AQ==x", "base64:_w==", "base64:é"} {
		_, ok := document.DecodeKey(bad)
		assert.False(t, ok, bad)
	}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.String(), rapid.StringMatching(`(base64:)*[\x00-\xff]*`)).Draw(t, "key")
		text := document.EncodeKey(key)
		assert.True(t, xmlwrite.IsValid(text))
		decoded, ok := document.DecodeKey(text)
		assert.True(t, ok)
		assert.Equal(t, key, decoded)
	})
}

// A session with a key that XML cannot carry is read, changed and stored again.
func TestKeysThatXMLCannotCarry(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	inner := hashOf("\x02", perldata.BytesOf("in"), "base64:", perldata.Value{})
	stored := hashOf("uid", perldata.BytesOf("dwho"), "\x01", perldata.BytesOf("one"), "base64:AQ==", perldata.BytesOf("marked"), "hash", perldata.HashOf(inner))
	e.putSession(t, stored)
	answer := e.call(t, getSession("ab12"))
	assert.Equal(t, entry("uid", `<value>dwho</value>`)+
		entry("base64:AQ==", `<value>one</value>`)+
		entry("base64:YmFzZTY0OkFRPT0=", `<value>marked</value>`)+
		entry("hash", `<hash>`+entry("base64:Ag==", `<value>in</value>`)+entry("base64:YmFzZTY0Og==", `<undef>true</undef>`)+`</hash>`),
		attributesOf(t, answer))

	// Storing what was read changes nothing.
	before := attributesOf(t, answer)
	e.call(t, setSession("ab12", before))
	assert.Equal(t, before, attributesOf(t, e.call(t, getSession("ab12"))))
	e.call(t, updateSession("ab12", `<set>`+before+`</set>`))
	session, err := e.store.Get(t.Context(), "ab12")
	require.NoError(t, err)
	for _, key := range []string{"uid", "\x01", "base64:AQ==", "hash"} {
		_, ok := session.Attributes.Get(key)
		assert.True(t, ok, "%q", key)
	}

	e.call(t, updateSession("ab12", `<set>`+entry("base64:AQ==", `<value>two</value>`)+entry("base64:dWlk", `<value>rtyler</value>`)+`</set><remove><key>hash</key></remove>`))
	assert.Equal(t, entry("uid", `<value>rtyler</value>`)+entry("base64:AQ==", `<value>two</value>`)+entry("base64:YmFzZTY0OkFRPT0=", `<value>marked</value>`),
		attributesOf(t, e.call(t, getSession("ab12"))))
	e.call(t, updateSession("ab12", `<remove><key>base64:AQ==</key><key>base64:YmFzZTY0OkFRPT0=</key></remove>`))
	assert.Equal(t, entry("uid", `<value>rtyler</value>`), attributesOf(t, e.call(t, getSession("ab12"))))

	for _, payload := range []string{
		setSession("ab12", entry("base64:x", "")),
		updateSession("ab12", `<remove><key>base64:AQ</key></remove>`),
		setSession("ab12", entry("k", `<hash>`+entry("base64:&#10;", "")+`</hash>`)),
	} {
		assert.Contains(t, e.fault(t, payload).Reason, "A key begins with base64: and the rest is no base64.")
	}
	for _, payload := range []string{
		setSession("ab12", entry("uid", "")+entry("base64:dWlk", "")),
		updateSession("ab12", `<remove><key>uid</key><key>base64:dWlk</key></remove>`),
		updateSession("ab12", `<remove><key>base64:X3Nlc3Npb25faWQ=</key></remove>`),
		setSession("ab12", entry("base64:X3Nlc3Npb25faWQ=", "<value>c0ffee</value>")),
	} {
		assert.Equal(t, "soap:Client", e.fault(t, payload).Code, "an encoded key is the same key")
	}
}

// A key that Perl allows and Unicode does not is shown, removed and kept.
func TestKeysBeyondUnicode(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	h := new(perldata.Hash)
	h.Fill([]perldata.Entry{{Name: "\xed\xa0\x80", Form: perldata.KeyUTF8, Value: perldata.IntOf(1)}})
	e.putSession(t, h)
	assert.Equal(t, entry("base64:7aCA", `<value>1</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
	e.call(t, updateSession("ab12", `<set>`+entry("base64:7aCA", `<value>2</value>`)+entry("uid", `<value>x</value>`)+`</set>`))
	assert.Equal(t, entry("base64:7aCA", `<value>2</value>`)+entry("uid", `<value>x</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
	e.call(t, updateSession("ab12", `<remove><key>base64:7aCA</key></remove>`))
	assert.Equal(t, entry("uid", `<value>x</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
}

// An attribute that cannot be sent is named, and can be removed.
func TestUnreadableAttributesAreNamedAndRemoved(t *testing.T) {
	inside := func(content func(self perldata.Value) perldata.Value) perldata.Value {
		h := new(perldata.Hash)
		h.Set("me", content(perldata.HashOf(h)))
		return perldata.HashOf(h)
	}
	self := inside(func(self perldata.Value) perldata.Value { return self })
	wide := make([]perldata.Value, 500)
	scalar := new(perldata.Scalar)
	scalar.Value = perldata.RefTo(scalar)
	doubled := perldata.ListOf()
	for range 40 {
		doubled = perldata.ListOf(doubled, doubled)
	}
	long := strings.Repeat("x", 5000)
	for name, c := range map[string]struct {
		key    string
		value  perldata.Value
		reason string
	}{
		"hash":        {"self", self, "the attribute self contains itself; remove it with updateSession"},
		"list":        {"a b", inside(func(self perldata.Value) perldata.Value { return perldata.ListOf(perldata.IntOf(1), self) }), "the attribute a b contains itself"},
		"reference":   {"r", perldata.RefTo(scalar), "the attribute r contains itself"},
		"many":        {"wide", inside(func(self perldata.Value) perldata.Value { return perldata.ListOf(append(slices.Clone(wide), self)...) }), "the attribute wide contains itself"},
		"deep inside": {"in", perldata.ListOf(perldata.HashOf(hashOf("x", self))), "the attribute in contains itself"},
		"odd key":     {"\x01", self, "the attribute base64:AQ== contains itself"},
		"long key":    {long, self, "the attribute " + long[:4096] + "… contains itself"},
		"doubled":     {"twice", doubled, "it has more entries than one answer may have, counted up to the attribute twice; remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, document.Options{MaxEntries: 10_000}, soap.Limits{})
			e.putSession(t, hashOf("uid", perldata.BytesOf("dwho"), c.key, c.value, "z", perldata.Value{}))
			for _, payload := range []string{getSession("ab12"), element("getSessions", `<ids><id>ab12</id></ids>`)} {
				f := e.fault(t, payload)
				assert.Equal(t, "soap:Server", f.Code)
				assert.Contains(t, f.Detail.Inner, "UnreadableSessionFault")
				assert.Contains(t, f.Detail.Inner, `<reason>`+c.reason)
			}
			e.call(t, updateSession("ab12", `<remove><key>`+document.EncodeKey(c.key)+`</key></remove>`))
			assert.Equal(t, entry("uid", `<value>dwho</value>`)+entry("z", `<undef>true</undef>`), attributesOf(t, e.call(t, getSession("ab12"))))
		})
	}

	// A Perl before 5.28 stores deeper lists than others can store.
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.put(t, "ab12", "\x05\x0b\x03\x00\x00\x00\x01"+strings.Repeat("\x04\x02\x00\x00\x00\x01", 530)+"\x05\x00\x00\x00\x04deep")
	assert.Contains(t, e.fault(t, getSession("ab12")).Reason, "the attribute deep is nested more than 512 levels deep; remove it with updateSession")
	e.call(t, updateSession("ab12", `<remove><key>deep</key></remove>`))
	assert.Empty(t, attributesOf(t, e.call(t, getSession("ab12"))))

	// A session can contain itself, too.
	e = newEndpoint(t, document.Options{}, soap.Limits{})
	root := hashOf("uid", perldata.BytesOf("dwho"))
	root.Set("session", perldata.HashOf(root))
	e.putSession(t, root)
	assert.Contains(t, e.fault(t, getSession("ab12")).Reason, "the attribute session contains itself")
	e.call(t, updateSession("ab12", `<remove><key>session</key></remove>`))
	assert.Equal(t, entry("uid", `<value>dwho</value>`), attributesOf(t, e.call(t, getSession("ab12"))))
}
