package explorer

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Nothing in a text is hidden from the person who reads it.
func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"zoë\n\tx": "zoë\n\tx", "a\x00b": "a⟨U+0000⟩b", "\r": "⟨U+000D⟩", "a\u202eb": "a⟨U+202E⟩b", "\ufeff\u200b": "⟨U+FEFF⟩⟨U+200B⟩",
		"\xff\xc3": "⟨FF⟩⟨C3⟩", "\u0085": "⟨U+0085⟩", "": "", "😀": "😀", "\ufffd": "\ufffd",
	} {
		assert.Equal(t, want, visible(text))
	}
}

func TestTextsForPeople(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"0", "999", "1,000", "1,234,567"}, []string{grouped(0), grouped(999), grouped(1000), grouped(1234567)})
	assert.Equal(t, "never expires", timeLeft(0))
	assert.Equal(t, "59m59s", timeLeft(time.Hour-time.Second))
	assert.Equal(t, "2 days 1h0m0s", timeLeft(49*time.Hour))
	assert.Equal(t, []string{"Inf", "-Inf", "NaN", "0.1"}, []string{floatText(math.Inf(1)), floatText(math.Inf(-1)), floatText(math.NaN()), floatText(0.1)})
	long := strings.Repeat("é", maxName)
	assert.Equal(t, strings.Repeat("é", maxName/2)+"…", cutName(long), "whole characters")
}

// The parts of a long text follow each other and are all of it.
func TestParts(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("abcdefg", 10_000)
	var all strings.Builder
	for n := 0; n >= 0; {
		p := partOf(text, n)
		assert.Equal(t, 5, p.Of)
		all.WriteString(p.Text)
		n = p.Next
	}
	assert.Equal(t, text, all.String())
	assert.Equal(t, 4, partOf(text, 99).Number)
	assert.Equal(t, 0, partOf("", -1).Number)
}
