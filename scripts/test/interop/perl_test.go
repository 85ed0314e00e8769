package interop_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// item returns the item of a key, with the unique number that memcached changes with
// every write.
func item(t *testing.T, cache *memcachedtest.Server, key string) string {
	t.Helper()
	answer, err := cache.Command(t.Context(), "gets "+key)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(answer), "VALUE "), "%q", answer)
	return string(answer)
}

// The service shows values that only Perl can store, as far as the contract allows.
func TestSessionsThatOnlyPerlWrites(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	client := newClient(t)
	run(t, "perl", "perl/memcached-peculiar.pl", cache.Addr)

	assert.Equal(t, map[string]any{
		"integer":  "42",
		"negative": "-1",
		"large":    "9007199254740993",
		"float":    "0.25",
		"true":     "1",
		"false":    "",
		"undef":    nil,
		"text":     "Zoë 漢字",
		"latin1":   binary("Wm/r"),
		"utf8":     "Zoë",
		"first":    []any{"shared"},
		"second":   []any{"shared"},
		"scalar":   "referred to",
		"long":     strings.Repeat("x", 300),
		"nested":   []any{[]any{[]any{map[string]any{"a": []any{map[string]any{}}}}}},
		"ключ":     "Cyrillic key",
		"object":   map[string]any{"of": "an object"},
	}, attributes(t, call(t, client, s.endpoint, getSession("5e01"), 200)))
	assert.Equal(t, map[string]any{"user": []any{"dwho"}, "name": "an object"},
		attributes(t, call(t, client, s.endpoint, getSession("5e02"), 200)))

	for id, what := range map[string]string{
		"bad1": "code", "bad2": "a tied hash", "bad3": "a cycle", "bad4": "a string", "bad5": "a list",
	} {
		t.Run(what, func(t *testing.T) {
			before := item(t, cache, id)
			const fault = `<detail><UnreadableSessionFault xmlns="urn:memcached-soap:session:v1"><id>`
			assert.Contains(t, call(t, client, s.endpoint, getSession(id), 500), fault+id+`</id>`)
			if id != "bad3" { // readable but without a representation: a cycle has no end
				assert.Contains(t, call(t, client, s.endpoint, setSession(id), 500), fault+id+`</id>`)
			}
			assert.Equal(t, before, item(t, cache, id), "the item is unchanged")
			assert.Contains(t, call(t, client, s.endpoint, deleteSession(id), 200), `<deleteSessionResult>true<`)
		})
	}
	s.stop(t)
}

// SOAP::Lite with the WSDL sends no attributes. The service then changes nothing.
func TestSOAPLiteWithTheWSDLCannotEmptyASession(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := start(t, "--servers="+cache.Addr)
	run(t, "perl", "perl/set.pl", s.endpoint, "ab12")
	before := item(t, cache, "ab12")
	run(t, "perl", "perl/service.pl", s.wsdl, "ab12")
	assert.Equal(t, before, item(t, cache, "ab12"))
	s.stop(t)
}
