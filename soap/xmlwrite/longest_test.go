package xmlwrite_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"memcachedsoap/soap/xmlwrite"
)

func TestNoTextBecomesLonger(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[&<>\r\"a-z]*")).Draw(t, "text")
		text = strings.Repeat(text, rapid.IntRange(1, 300).Draw(t, "times"))
		longest := xmlwrite.Longest(text)
		written, _ := xmlwrite.AppendText(nil, text)
		assert.LessOrEqual(t, len(written), longest)
		assert.LessOrEqual(t, base64.StdEncoding.EncodedLen(len(text)), longest)
		assert.LessOrEqual(t, longest, 5*len(text)+4)
	})
	assert.Less(t, xmlwrite.Longest(strings.Repeat("a", 1<<20)), 1<<20*8/5, "a long text is not estimated by its worst case")
}
