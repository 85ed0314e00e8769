package xmlscan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func nested(depth int) string {
	return strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth)
}

func attributes(format string, count int) string {
	var b strings.Builder
	for i := range count {
		b.WriteString(strings.ReplaceAll(format, "$", string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limits Limits
		below  string // within the limit
		above  string
		want   LimitError
	}{
		"depth": {
			Limits{Depth: 3}, nested(3), nested(4), LimitError{"levels of elements", 3},
		},
		"depth of an empty element": {
			Limits{Depth: 1}, "<a/>", "<a><b/></a>", LimitError{"levels of elements", 1},
		},
		"attributes": {
			Limits{Attributes: 2}, `<a b="" c=""><d e=""/></a>`, `<a b="" c="" d=""/>`, LimitError{"attributes in a tag", 2},
		},
		"declarations are attributes here": {
			Limits{Attributes: 2}, `<a b="" xmlns="u"/>`, `<a b="" xmlns="u" xmlns:p="u"/>`, LimitError{"attributes in a tag", 2},
		},
		"namespaces in a tag": {
			Limits{Namespaces: 2}, `<a xmlns="u" xmlns:p="u"/>`, `<a xmlns="u" xmlns:p="u" xmlns:q="u"/>`, LimitError{"namespaces in scope", 2},
		},
		"namespaces in all": {
			Limits{Namespaces: 2},
			`<a xmlns="u"><b xmlns="v"/><b xmlns="v"/><b xmlns="v"/></a>`,
			`<a xmlns="u"><b xmlns="v"><c xmlns="w"/></b></a>`,
			LimitError{"namespaces in scope", 2},
		},
		"namespaces declared again": {
			Limits{Namespaces: 1},
			`<a xmlns="u"><a xmlns="u"><a xmlns="u"/></a></a>`,
			`<a xmlns="u"><a xmlns=""><a xmlns="u"/></a></a>`,
			LimitError{"namespaces in scope", 1},
		},
		"elements": {
			Limits{Elements: 4}, "<a><b/><c/><d/></a>", "<a><b/><c/><d/><e/></a>", LimitError{"elements", 4},
		},
		"default depth": {
			Limits{}, nested(DefaultDepth), nested(DefaultDepth + 1), LimitError{"levels of elements", DefaultDepth},
		},
		"default attributes": {
			Limits{},
			"<a" + attributes(" $=''", DefaultAttributes) + "/>", "<a" + attributes(" $=''", DefaultAttributes+1) + "/>",
			LimitError{"attributes in a tag", DefaultAttributes},
		},
		"default namespaces": {
			Limits{Attributes: 1000},
			"<a" + attributes(" xmlns:$='$'", DefaultNamespaces) + "/>", "<a" + attributes(" xmlns:$='$'", DefaultNamespaces+1) + "/>",
			LimitError{"namespaces in scope", DefaultNamespaces},
		},
		"default elements": {
			Limits{},
			"<a>" + strings.Repeat("<a/>", DefaultElements-1) + "</a>", "<a>" + strings.Repeat("<a/>", DefaultElements) + "</a>",
			LimitError{"elements", DefaultElements},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s Scanner
			_, err := tokens(&s, []byte(tt.below), tt.limits)
			require.NoError(t, err)
			_, err = tokens(&s, []byte(tt.above), tt.limits)
			var limit *LimitError
			require.ErrorAs(t, err, &limit)
			assert.Equal(t, tt.want, *limit)
			_, again := s.Next()
			assert.Same(t, err, again)
		})
	}
	assert.EqualError(t, &LimitError{"elements", 4}, "xmlscan: more than 4 elements")
}
