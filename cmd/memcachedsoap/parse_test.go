package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestJSONRoundTrip: attributes written as JSON and parsed again are equal, also
// hashes that look like bytes.
func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		attributes := anyHash(3).Draw(t, "attributes")
		back, err := parseAttributes(attributes.appendJSON(nil, false))
		require.NoError(t, err)
		require.Equal(t, attributes.appendJSON(nil, false), back.appendJSON(nil, false))
		require.Equal(t, kindsOf(value{Hash: &attributes}), kindsOf(value{Hash: &back}))
	})
}

// kindsOf writes a value so that two results are equal only if the values are.
func kindsOf(v value) string {
	var parts []string
	switch {
	case v.Hash != nil:
		for _, e := range v.Hash.Entries {
			parts = append(parts, strconv.Quote(e.Key)+kindsOf(e.value))
		}
		return "{" + strings.Join(parts, "") + "}"
	case v.List != nil:
		for _, item := range v.List.Items {
			parts = append(parts, kindsOf(item))
		}
		return "[" + strings.Join(parts, "") + "]"
	case v.Binary != nil:
		return "b" + strconv.Quote(string(*v.Binary))
	case v.Text != nil:
		return "t" + strconv.Quote(*v.Text)
	default:
		return "u"
	}
}

// TestReplacementCharacter: U+FFFD in the document itself is not mistaken for half
// a surrogate pair.
func TestReplacementCharacter(t *testing.T) {
	t.Parallel()
	for _, document := range []string{`{"a":"` + "\uFFFD" + `"}`, `{"a":"\uFFFD"}`, `{"a":"\ufFfd"}`} {
		h, err := parseAttributes([]byte(document))
		require.NoError(t, err, document)
		assert.Equal(t, "\uFFFD", *h.Entries[0].Text)
	}
}

// FuzzParseAttributes: what is accepted is JSON, is printed as JSON, and is equal
// when it is parsed again.
func FuzzParseAttributes(f *testing.F) {
	for _, seed := range []string{attributesInJSON, `{}`, `{"a":{"$$$binary":[1e5,-0,true]}}`, `{"a":"\ud83d\ude00"}`, `{"a":"b",}`, `{"a" "b"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		h, err := parseAttributes(document)
		if err != nil {
			return
		}
		require.True(t, json.Valid(document))
		printed := h.appendJSON(nil, false)
		require.True(t, json.Valid(printed), string(printed))
		again, err := parseAttributes(printed)
		require.NoError(t, err, string(printed))
		require.Equal(t, kindsOf(value{Hash: &h}), kindsOf(value{Hash: &again}))
	})
}

func BenchmarkParseAttributes(b *testing.B) {
	document := []byte(attributesInJSON)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseAttributes(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	h, err := parseAttributes([]byte(attributesInJSON))
	require.NoError(b, err)
	out := h.appendJSON(nil, false)
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		out = h.appendJSON(out[:0], false)
	}
}
