package soap

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is not parsed because most clients send it means what it would if it were parsed.
func TestUsualContentTypes(t *testing.T) {
	t.Parallel()
	for _, usual := range []string{
		"text/xml", "text/xml; charset=utf-8", "text/xml;charset=UTF-8", "text/xml; charset=UTF-8", `text/xml; charset="utf-8"`,
	} {
		short, ok := contentType(usual)
		assert.True(t, ok, usual)
		parsed, ok := contentType(usual + "; another=parameter")
		assert.True(t, ok, usual)
		assert.Equal(t, parsed, short, usual)
	}
}
