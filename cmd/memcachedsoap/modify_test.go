package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// attributesOf returns the attributes of the session a1.
func attributesOf(t *testing.T, url string) string {
	t.Helper()
	return attributesIn(t, invoke(t, url, "session", "show", "a1", "--json"))
}

// attributesIn returns the attributes that a command has printed as JSON.
func attributesIn(t require.TestingT, o outcome) string {
	require.Zero(t, o.code, o.err)
	var got struct {
		Attributes json.RawMessage `json:"attributes"`
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &got))
	return string(got.Attributes)
}

func TestModify(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	require.Zero(t, invokeWith(t, attributesInJSON, "session", "set", "a1", "--from", "-", "--ttl=5000", "--url", s.url).code)

	out := done(t, s.url, "session", "modify", "a1", "uid=0", "new=a=b", "--remove=like", "--remove", "empty")
	assert.Regexp(t, `\Aid       a1\nversion  [0-9a-f]+\nexpires  in 1h(2[0-3])m\n\z`, out, "the time that was left")
	assert.JSONEq(t, `{
		"uid": "0", "undef": null, "bytes": {"$binary": "AP8="},
		"text": "<é> & \"😀\" \\ \n\r\t\u007f",
		"groups": ["admin", null, "", [], {}, ["nested", {"$binary": "AA=="}]],
		"prefs": {"theme": "dark", "": "no name", "more": {"$$binary": "a name"}, "two": {"$binary": "x", "b": "y"}},
		"new": "a=b"
	}`, attributesOf(t, s.url), "the others as they were")
	done(t, s.url, "session", "modify", "a1", "uid=", "new=\xff")
	assert.Regexp(t, `(?m)^uid +""$`, done(t, s.url, "session", "show", "a1"), "an empty value is one")
	assert.Regexp(t, `(?m)^new +\(base64\) /w==$`, done(t, s.url, "session", "show", "a1"))

	out = done(t, s.url, "session", "delete", "a1", "text", "groups", "prefs", "bytes", "undef")
	assert.Regexp(t, `(?m)^expires  in 1h(2[0-3])m$`, out)
	assert.JSONEq(t, `{"uid": "", "new": {"$binary": "/w=="}}`, attributesOf(t, s.url))
	done(t, s.url, "session", "delete", "a1", "uid", "new")
	assert.JSONEq(t, `{}`, attributesOf(t, s.url), "the session stays without attributes")
	assert.Equal(t, "deleted\n", done(t, s.url, "session", "delete", "a1"))
}

// A name that XML cannot carry is printed in base64, and taken as it is or as it was
// printed.
func TestNamesThatXMLCannotCarry(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho", "\x01=one", "base64:YQI==v=w", "base64:YmFzZTY0Og===x", "base64:YgNj=3")
	assert.JSONEq(t, `{"uid": "dwho", "base64:AQ==": "one", "base64:YQI=": "v=w", "base64:YmFzZTY0Og==": "x", "base64:YgNj": "3"}`, attributesOf(t, s.url))
	assert.Regexp(t, `(?m)^base64:AQ== +one$`, done(t, s.url, "session", "show", "a1"))

	done(t, s.url, "session", "modify", "a1", "base64:AQ===two", "--remove=a\x02", "--remove=base64:YmFzZTY0Og==")
	done(t, s.url, "session", "update", "a1", "base64:dWlk=rtyler", "--remove=base64:AQ==")
	done(t, s.url, "session", "delete", "a1", "b\x03c")
	assert.JSONEq(t, `{"uid": "rtyler"}`, attributesOf(t, s.url))

	o := invokeWith(t, `{"\u0001": {"\u0002": "x"}, "base64:YQI=": null}`, "session", "set", "a1", "--from", "-", "--url", s.url)
	require.Zero(t, o.code, o.err)
	const stored = `{"base64:AQ==": {"base64:Ag==": "x"}, "base64:YQI=": null}`
	assert.JSONEq(t, stored, attributesOf(t, s.url))
	o = invokeWith(t, attributesOf(t, s.url), "session", "set", "a1", "--from", "-", "--url", s.url)
	require.Zero(t, o.code, o.err)
	assert.JSONEq(t, stored, attributesOf(t, s.url), "what was printed can be stored")

	o = invokeWith(t, "", "session", "modify", "a1", "--remove=\x01", "base64:AQ===x", "--url", s.url)
	assert.Equal(t, exitUsage, o.code)
	assert.Contains(t, o.err, `the attribute "base64:AQ==" is both set and removed`)
	o = invokeWith(t, "", "session", "update", "a1", "--remove=base64:?", "--url", s.url)
	assert.Equal(t, exitUsage, o.code)
}

// An attribute that contains itself is named, and update takes it out.
func TestUnreadableAttributeIsRepaired(t *testing.T) {
	t.Parallel()
	items := memory.New(memory.Options{})
	s := newCalledService(t, items)
	loop := perldata.NewHash(1)
	loop.Set("self", perldata.HashOf(loop))
	session := perldata.NewHash(2)
	session.Set("uid", perldata.BytesOf("dwho"))
	session.Set("\x01", perldata.HashOf(loop))
	image, err := storable.Codec{}.Append(nil, session)
	require.NoError(t, err)
	require.NoError(t, items.Add(t.Context(), "a1", backend.Item{Image: image, Flags: 1}))
	o := invokeWith(t, "", "session", "get", "a1", "--url", s.url)
	assert.Equal(t, exitFailed, o.code)
	assert.Contains(t, o.err, "the attribute base64:AQ== contains itself; remove it with updateSession")
	done(t, s.url, "session", "update", "a1", "--remove=base64:AQ==")
	assert.JSONEq(t, `{"uid": "dwho"}`, attributesOf(t, s.url))
}

// TestModifyKeepsNoExpiry: a session that never expires still does not.
func TestModifyKeepsNoExpiry(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho", "--ttl=-1")
	var changed sessionDocument
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "modify", "a1", "uid=rtyler", "--json")), &changed))
	assert.Nil(t, changed.ExpiresIn)
	item, err := s.backend.Get(t.Context(), "a1")
	require.NoError(t, err)
	assert.Zero(t, item.ExpiresIn)
}

func TestModifyRejects(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "uid=dwho")
	before, err := s.backend.Get(t.Context(), "a1")
	require.NoError(t, err)
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no session":          {[]string{"modify", "b2", "uid=x"}, exitNoSession, "no such session"},
		"delete, no session":  {[]string{"delete", "b2", "uid"}, exitNoSession, "no such session"},
		"no id":               {[]string{"modify", "../x", "uid=x"}, exitUsage, "Invalid session ID"},
		"an empty id":         {[]string{"modify", "", "uid=x"}, exitUsage, "Invalid session ID: it is empty"},
		"delete, an empty id": {[]string{"delete", "", "uid"}, exitUsage, "Invalid session ID: it is empty"},
		"nothing to do":       {[]string{"modify", "a1"}, exitUsage, "give attributes as NAME=VALUE or --remove=NAME"},
		"no name":             {[]string{"modify", "a1", "=x"}, exitUsage, "is not of the form NAME=VALUE"},
		"twice":               {[]string{"modify", "a1", "x=1", "x=2"}, exitUsage, "given twice"},
		"set and removed":     {[]string{"modify", "a1", "uid=1", "--remove", "uid"}, exitUsage, "both set and removed"},
		"not there":           {[]string{"modify", "a1", "uid=1", "--remove", "mail"}, exitFailed, "no attribute mail; nothing is changed"},
		"removed twice":       {[]string{"modify", "a1", "--remove", "uid", "--remove", "uid"}, exitFailed, "no attribute uid"},
		"delete, not there":   {[]string{"delete", "a1", "uid", "mail"}, exitFailed, "no attribute mail; nothing is changed"},
		"another id":          {[]string{"modify", "a1", "_session_id=b2"}, exitUsage, "_session_id"},
	} {
		t.Run(name, func(t *testing.T) {
			o := invoke(t, s.url, append([]string{"session"}, test.args...)...)
			assert.Equal(t, test.code, o.code, o.err)
			assert.Contains(t, o.err, test.want)
			after, err := s.backend.Get(t.Context(), "a1")
			require.NoError(t, err)
			assert.Equal(t, before.CAS, after.CAS, "nothing was written")
		})
	}
	_, err = s.backend.Get(t.Context(), "b2")
	assert.ErrorIs(t, err, backend.ErrNotFound)
}

// TestModifyKeepsOtherAttributes: the attributes that are not named do not change.
func TestModifyKeepsOtherAttributes(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	set := parsed(t, "session", "set", "a1", "--from", "-", "--url", s.url)
	modify := parsed(t, "session", "modify", "a1", "changed=1", "--url", s.url)
	remove := parsed(t, "session", "delete", "a1", "changed", "--url", s.url)
	show := parsed(t, "session", "show", "a1", "--json", "--url", s.url)
	rapid.Check(t, func(r *rapid.T) {
		attributes := anyHash(2).Draw(r, "attributes")
		attributes.Entries = slices.DeleteFunc(attributes.Entries, func(e entry) bool { return e.Key == "changed" })
		o := set(string(attributes.appendJSON(nil, false)))
		require.Zero(r, o.code, o.err)
		require.Zero(r, modify("").code)
		with := hash{append(attributes.Entries, entry{Key: "changed", value: stringOf("1")})}
		require.JSONEq(r, string(with.appendJSON(nil, false)), attributesIn(r, show("")))
		_, err := s.backend.Touch(t.Context(), "a1", time.Hour)
		require.NoError(r, err)
		require.Zero(r, remove("").code)
		require.JSONEq(r, string(attributes.appendJSON(nil, false)), attributesIn(r, show("")))
	})
}

func TestInfo(t *testing.T) {
	t.Parallel()
	service := startResponder(t, 200, inEnvelope(statsResponse()))
	const head = "SERVER      10.0.0.1:11211  10.0.0.2:11211  10.0.0.3:11211\n" +
		"tier        principal       principal       principal\n" +
		"state       up              DOWN            up\n"
	assert.Equal(t, head+"uptime      345678          -               -\ncurr_items  9               -               10\n"+
		`note        -               -               "\u0085"`+"\n", done(t, service, "session", "info"))
	assert.Equal(t, head+"curr_items  9               -               10\n", done(t, service, "session", "info", "curr_"))
	assert.JSONEq(t, `{"servers": [
		{"address": "10.0.0.1:11211", "tier": "principal", "alive": true, "stats": {"uptime": "345678"}},
		{"address": "10.0.0.2:11211", "tier": "principal", "alive": false, "stats": {}},
		{"address": "10.0.0.3:11211", "tier": "principal", "alive": true, "stats": {}}
	]}`, done(t, service, "session", "info", "uptime", "--json"))
	o := invoke(t, service, "session", "info", "items")
	assert.Equal(t, outcome{err: "memcachedsoap: no server has a statistic whose name begins with items\n", code: exitFailed}, o)
}
