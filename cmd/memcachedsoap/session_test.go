package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

func TestSessionLife(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))

	assert.Regexp(t, `\Aid       ab12\nversion  [0-9a-f]+\nexpires  in (20h0m|19h59m)\n\z`,
		done(t, s.url, "session", "set", "ab12", "uid=dwho", "note=a=b", "empty=", "--ttl", "72000"))
	assert.Regexp(t, `\Aid       ab12\nversion  [0-9a-f]+\nexpires  in (20h0m|19h59m)\n\nuid    dwho\nnote   a=b\nempty  ""\n\z`,
		done(t, s.url, "session", "get", "ab12"))

	var touched sessionDocument
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "touch", "ab12", "--ttl", "3600", "--json")), &touched))
	assert.Equal(t, plainString("ab12"), touched.ID)
	assert.NotEmpty(t, touched.Version)
	require.NotNil(t, touched.ExpiresIn)
	assert.InDelta(t, 3600, *touched.ExpiresIn, 600)

	assert.Regexp(t, `(?m)^expires  never$`, done(t, s.url, "session", "touch", "ab12"), "the default of this service")
	assert.Contains(t, done(t, s.url, "session", "get", "ab12", "--json"), `"expiresIn": null,`)

	assert.Regexp(t, `\Aid       ab12\n(?s:.*)\n\nother  1\n\z`, func() string {
		done(t, s.url, "session", "set", "ab12", "other=1")
		return done(t, s.url, "session", "get", "ab12")
	}(), "set replaces the whole session")

	assert.Equal(t, "deleted\n", done(t, s.url, "session", "delete", "ab12"))
	o := invoke(t, s.url, "session", "delete", "ab12")
	assert.Equal(t, outcome{err: "memcachedsoap: no session found\n", code: exitNoSession}, o)
	assert.Equal(t, exitNoSession, invoke(t, s.url, "session", "get", "ab12").code)

	done(t, s.url, "session", "set", "cd34", "a=b")
	assert.JSONEq(t, `{"deleted": true}`, done(t, s.url, "session", "delete", "cd34", "--json"))
}

// TestNewSession: without an id the service creates one, which scripts read.
func TestNewSession(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	var made sessionDocument
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "set", "uid=dwho", "--json")), &made))
	assert.Regexp(t, `\A[0-9a-f]{32}\z`, made.ID)
	assert.Contains(t, done(t, s.url, "session", "get", string(made.ID)), "\nuid  dwho\n")
}

const attributesInJSON = `{
  "uid": "dwho",
  "empty": "",
  "undef": null,
  "bytes": {"$binary": "AP8="},
  "text": "<é> & \"😀\" \\ \n\r\t\u007f",
  "groups": ["admin", null, "", [], {}, ["nested", {"$binary": "AA=="}]],
  "prefs": {"theme": "dark", "": "no name", "more": {"$$binary": "a name"}, "two": {"$binary": "x", "b": "y"}},
  "like": "(undef)"
}`

// TestAttributesRoundTrip: set --from accepts what get --json prints.
func TestAttributesRoundTrip(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	o := invokeWith(t, attributesInJSON, "session", "set", "a1", "--from", "-", "--url", s.url)
	require.Zero(t, o.code, o.err)
	var got struct {
		Attributes json.RawMessage `json:"attributes"`
	}
	require.NoError(t, json.Unmarshal([]byte(done(t, s.url, "session", "get", "a1", "--json")), &got))
	assert.JSONEq(t, attributesInJSON, string(got.Attributes))
	assert.Regexp(t, `(?s)^{\s*"uid".*"empty".*"undef".*"bytes".*"text".*"groups".*"prefs".*"like"`, string(got.Attributes), "in their order")
}

// TestBytes: an argument that is not UTF-8 keeps its bytes.
func TestBytes(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	done(t, s.url, "session", "set", "a1", "a=\xff", "b=\x00", "c=é\r\n")
	assert.Contains(t, done(t, s.url, "session", "get", "a1"), "\na  (base64) /w==\nb  (base64) AA==\nc  \"é\\r\\n\"\n")
	done(t, s.url, "session", "set", "a=\xff", "--json")
}

func TestFromFile(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	path := filepath.Join(t.TempDir(), "attributes.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"uid": "dwho", "n": 1.50, "big": 12345678901234567890, "yes": true}`), 0o600))
	done(t, s.url, "session", "set", "a1", "uid=rtyler", "new=1", "--from", path)
	assert.Regexp(t, `\n\nuid  rtyler\nn    1.5\nbig  1.2345678901234567e\+19\nyes  true\nnew  1\n\z`, done(t, s.url, "session", "get", "a1"))
}

func TestNoAttributes(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	o := invokeWith(t, "{}", "session", "set", "a1", "--from", "-", "--url", s.url)
	require.Zero(t, o.code, o.err)
	assert.Contains(t, done(t, s.url, "session", "get", "a1", "--json"), `"attributes": {}`)
	assert.True(t, strings.HasSuffix(done(t, s.url, "session", "get", "a1"), "\n\n(no attributes)\n"))
}

func TestInvalidAttributes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"none":           {"", nil, "no attributes: give NAME=VALUE"},
		"id only":        {"", []string{"a1"}, "no attributes: give NAME=VALUE"},
		"empty id":       {"", []string{"", "a=1"}, "the id is empty"},
		"two ids":        {"", []string{"a1", "b2"}, `"b2" is not of the form NAME=VALUE`},
		"no name":        {"", []string{"a1", "=b"}, `"=b" is not of the form NAME=VALUE`},
		"twice":          {"", []string{"a=1", "b=2", "a=3"}, `the attribute "a" is given twice`},
		"name in bytes":  {"", []string{"a\xff=1"}, `the name "a\xff" is not UTF-8`},
		"name in base64": {"", []string{"base64:x=1"}, `"base64:x=1" is not of the form NAME=VALUE`},
		"no base64 name": {"", []string{"base64:AQ*==1"}, "the rest is no base64"},
		"one name twice": {"", []string{"uid=1", "base64:dWlk=2"}, `the attribute "uid" is given twice`},
		"no file":        {"", []string{"--from", "/nowhere/a.json"}, "--from: open "},
		"lines in name":  {"", []string{"--from", "/nowhere/a\n\x1bb"}, "--from: open /nowhere/a b"},
		"a folder":       {"", []string{"--from", os.TempDir()}, "--from: read "},
		"empty":          {"", []string{"--from", "-"}, "the document ends too early"},
		"no object":      {"[]", []string{"--from", "-"}, "the document is not a JSON object"},
		"no value":       {`{"a":}`, []string{"--from", "-"}, "--from: "},
		"not closed":     {`{"a":"b"`, []string{"--from", "-"}, "the document ends too early"},
		"not closed 2":   {`{"a":["b"`, []string{"--from", "-"}, "the document ends too early"},
		"name twice":     {`{"x":{"a":1,"b":2,"\u0061":3}}`, []string{"--from", "-"}, "a name occurs twice in one object, at byte 26"},
		"more":           {`{} {}`, []string{"--from", "-"}, "the document continues"},
		"rubbish behind": {`{} x`, []string{"--from", "-"}, "the document continues"},
		"latin-1":        {"{\"a\":\"\xe9\"}", []string{"--from", "-"}, "the document is not UTF-8"},
		"surrogate":      {`{"a":"\ud83d"}`, []string{"--from", "-"}, "half a surrogate pair"},
		"in a name":      {`{"\ud83d":1}`, []string{"--from", "-"}, "half a surrogate pair"},
		"base64 in JSON": {`{"base64:?":1}`, []string{"--from", "-"}, "the rest is no base64"},
		"twice in JSON":  {`{"\u0001":1,"base64:AQ==":2}`, []string{"--from", "-"}, "a name occurs twice in one object"},
		"no base64":      {`{"a":{"$binary":"?"}}`, []string{"--from", "-"}, "must be base64"},
		"no string":      {`{"a":{"$binary":{}}}`, []string{"--from", "-"}, "must be a string of base64"},
		"too deep":       {`{"a":` + strings.Repeat("[", 600), []string{"--from", "-"}, "nesting is deeper than 512 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"session", "set", "--url", "http://127.0.0.1:1/"}, test.args...)
			o := invokeWith(t, test.stdin, args...)
			assert.Equal(t, exitUsage, o.code, "no service was called")
			assert.Contains(t, o.err, test.want)
		})
	}
}

// TestAnyAttributes stores random attributes as JSON through the whole service,
// and reads equal ones.
func TestAnyAttributes(t *testing.T) {
	t.Parallel()
	s := newCalledService(t, memory.New(memory.Options{}))
	set := parsed(t, "session", "set", "a1", "--from", "-", "--url", s.url)
	get := parsed(t, "session", "get", "a1", "--json", "--url", s.url)
	rapid.Check(t, func(r *rapid.T) {
		attributes := anyHash(2).Draw(r, "attributes")
		document := string(attributes.appendJSON(nil, false))
		o := set(document)
		require.Zero(r, o.code, "%s: %s", o.err, document)
		require.JSONEq(r, document, attributesIn(r, get("")))
	})
}

// anyHash generates hashes with any names and values, nested up to a depth.
func anyHash(depth int) *rapid.Generator[hash] {
	return rapid.Custom(func(t *rapid.T) hash {
		var h hash
		names := rapid.SliceOfNDistinct(rapid.OneOf(
			rapid.StringMatching(`[a-z]{1,3}|\$\$?binary|\[0\]`), rapid.String(),
		).Filter(func(name string) bool { return stringOf(name).Text != nil && name != "_session_id" }), 0, 4, rapid.ID)
		for _, name := range names.Draw(t, "names") {
			h.Entries = append(h.Entries, entry{Key: name, value: anyValue(depth).Draw(t, "value")})
		}
		return h
	})
}

func anyValue(depth int) *rapid.Generator[value] {
	kinds := []*rapid.Generator[value]{
		rapid.Just(value{Undef: true}),
		rapid.Map(rapid.String(), stringOf),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) value { return stringOf(string(b)) }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(anyHash(depth-1), func(h hash) value { return value{Hash: &h} }),
			rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[value] { return anyValue(depth - 1) }), 0, 4),
				func(items []value) value { return value{List: &list{Items: items}} }))
	}
	return rapid.OneOf(kinds...)
}

func Example() {
	counters := service.NewCounters("example")
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	defer func() { _ = store.Close() }()
	endpoint := soap.NewDispatcher(soap.Options{FaultOf: dialect.FaultOf})
	document.Register(endpoint, service.New(store, counters), document.Options{})
	server := httptest.NewServer(endpoint)
	defer server.Close()

	var out strings.Builder
	memcachedsoap := func(args ...string) int {
		return run(context.Background(), append(args, "--url", server.URL), streams{Out: &out, Err: &out})
	}
	memcachedsoap("session", "set", "ab12", "uid=dwho", "mail=dwho@example.com")
	out.Reset()
	memcachedsoap("session", "get", "ab12")
	_, attributes, _ := strings.Cut(out.String(), "\n\n")
	fmt.Print(attributes)
	fmt.Println("exit code of an absent session:", memcachedsoap("session", "get", "cd34"))
	// Output:
	// uid   dwho
	// mail  dwho@example.com
	// exit code of an absent session: 3
}
