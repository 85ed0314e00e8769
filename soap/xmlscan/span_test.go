package xmlscan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/soap/xmlscan"
)

func TestSpansAreTheNamesAndTexts(t *testing.T) {
	t.Parallel()
	var s xmlscan.Scanner
	s.Reset([]byte(`<p:a xmlns:p="u"> <!-- --> &lt;x<bc d=""/></p:a>`), xmlscan.Limits{})
	var names, texts []xmlscan.Span
	for {
		kind, err := s.Next()
		require.NoError(t, err)
		switch kind {
		case xmlscan.Start:
			names = append(names, s.LocalSpan())
			assert.Equal(t, len(names) < 3, s.HasAttributes())
		case xmlscan.Text:
			texts = append(texts, s.TextSpan())
		case xmlscan.End:
		case xmlscan.EOF:
			require.Len(t, names, 2)
			assert.Equal(t, "a", string(s.Bytes(names[0])))
			assert.Equal(t, "bc", string(s.Bytes(names[1])))
			require.Len(t, texts, 1)
			assert.Equal(t, "  <x", string(s.Bytes(texts[0])))
			assert.Empty(t, s.Bytes(xmlscan.Span{}))
			return
		}
	}
}

func TestTagsAreCounted(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]int{
		"": 0, "<": 0, "text": 0, "<a/>": 1, "<a></a>": 1, "<a><b/><b></b></a>": 3,
		"<?xml version='1.0'?><!-- <c/> --><a/>": 2, // what is in a comment counts: it is a greatest number
	} {
		assert.Equal(t, want, xmlscan.CountTags([]byte(document)), document)
	}
}
