package perldata_test

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
)

func TestLatin1(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		latin1 := string(rapid.SliceOf(rapid.Byte()).Draw(t, "latin1"))
		text := perldata.Latin1ToUTF8(latin1)
		assert.True(t, utf8.ValidString(text))
		assert.True(t, perldata.IsLatin1(text))
		assert.Equal(t, latin1, string(perldata.AppendLatin1(nil, text)))
	})
	for _, text := range []string{"Ā", "€", "\xff", "\xc3", "a\xc2"} {
		assert.False(t, perldata.IsLatin1(text), "%q", text)
	}
}

func TestAppendFloat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    float64
		text string
	}{
		{0, "0"},
		{-1.5, "-1.5"},
		{0.1 + 0.2, "0.3"},
		{1e15, "1e+15"},
		{123456789012345, "123456789012345"},
		{math.Inf(1), "Inf"},
		{math.Inf(-1), "-Inf"},
		{math.NaN(), "NaN"},
	} {
		assert.Equal(t, c.text, string(perldata.AppendFloat(nil, c.f)))
	}
}
