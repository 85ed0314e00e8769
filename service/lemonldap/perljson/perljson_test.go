package perljson_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore/perldata"
)

// parsed reads a text and writes it again.
func parsed(t *testing.T, text string) (v perldata.Value, again string) {
	t.Helper()
	v, err := perljson.Parse([]byte(text), perljson.Limits{})
	require.NoError(t, err, "%q", text)
	out, err := perljson.Append(nil, v, perljson.Limits{})
	require.NoError(t, err)
	return v, string(out)
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `true`, `false`, `""`, `"a"`, `0`, `-1`, `2147483647`, `2147483648`, `-2147483649`, `9223372036854775808`,
		`12345678901234567890`, `1.50`, `1e400`, `-0`, `-0.0`, `1E-7`, `[]`, `{}`, `[[]]`, `[1,"2",{"k":null}]`,
		"\"J\xf6rg\"", `"Jörg"`, "\"J\xf6rg J\xc3\xb6rg\"", `"\u20ac"`, `"Zo\u00eb"`, `"\ud83d\ude00"`, `"\u0000\u001f\n\r\t\"\\"`, "\"\x7f\"",
		"{\"cl\xe9\":1}", `{"clé":1}`, `{"cl\u00e9":1,"\u20ac":2}`, `{"a":{"b":[true,false,null,"",0,"0"]}}`,
	} {
		_, again := parsed(t, text)
		assert.Equal(t, text, again)
	}
	for text, want := range map[string]string{
		"[ 1 , 2 ]\n":                `[1,2]`,
		`"\/\u0041\b\f"`:             `"/A\u0008\u000c"`,
		`"\u00C3\u20AC"`:             `"\u00c3\u20ac"`,
		"\"\xe9\\u20ac\"":            `"\u00e9\u20ac"`,
		"\"\\u20ac\xe9\"":            `"\u20ac\u00e9"`,
		`{"a":1,"b":2,"a":3}`:        `{"a":3,"b":2}`,
		"{\"\\u00e9\":1}":            `{"\u00e9":1}`,
		"{\"\\u00e9\":1,\"\xe9\":2}": "{\"\xe9\":2}",
	} {
		_, again := parsed(t, text)
		assert.Equal(t, want, again, "%q", text)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	v, _ := parsed(t, "\"J\xf6rg\"")
	assert.Equal(t, perldata.BytesOf("J\xf6rg"), v)
	v, _ = parsed(t, `"J\u00f6rg"`)
	assert.Equal(t, perldata.TextOf("Jörg"), v)
	v, _ = parsed(t, `-2147483648`)
	assert.Equal(t, perldata.IntOf(math.MinInt32), v)
	v, _ = parsed(t, `"5"`)
	assert.Equal(t, perldata.BytesOf("5"), v)
	v, _ = parsed(t, "{\"\xe9\":1}")
	_, ok := v.Hash().Get("é")
	assert.True(t, ok, "a byte of a name is a character")
	v, _ = parsed(t, `true`)
	assert.Equal(t, "JSON::PP::Boolean", v.Class())
}

// Values that Perl programs store, and that JSON has no form of its own for.
func TestValuesOfPerl(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]perldata.Value{
		`"Inf"`:            perldata.FloatOf(math.Inf(1)),
		`"NaN"`:            perldata.FloatOf(math.NaN()),
		`0.3`:              perldata.FloatOf(0.1 + 0.2),
		`1e+15`:            perldata.FloatOf(1e15),
		`"x"`:              perldata.RefTo(&perldata.Scalar{Value: perldata.BytesOf("x")}),
		`true`:             perldata.RefTo(&perldata.Scalar{Value: perldata.BytesOf("1"), Class: "Types::Serialiser::Boolean"}),
		`false`:            perldata.RefTo(&perldata.Scalar{Value: perldata.BytesOf("0"), Class: "JSON::XS::Boolean"}),
		`"\ufffd"`:         perldata.TextOf("\xff"),
		`9007199254740993`: perldata.IntOf(9007199254740993),
	} {
		out, err := perljson.Append(nil, v, perljson.Limits{})
		require.NoError(t, err)
		assert.Equal(t, want, string(out))
	}
}

func TestRefusedTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `{`, `}`, `[`, `]`, `"`, `"a`, `"\`, `"\u12`, `"\u12g4"`, `"\x"`, "\"\x01\"", "\"\n\"", "\"\\n\n\"", `tru`, `truex`, `nul`,
		`True`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `1e+`, `0x1`, `NaN`, `Infinity`, `'a'`, `{a:1}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `[1,]`,
		`[,1]`, `[1 2]`, `{"a":1 "b":2}`, `1 2`, `{}{}`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, `"\ud800`, "\xef\xbb\xbf{}", `/**/1`,
		strings.Repeat("1", 256),
	} {
		_, err := perljson.Parse([]byte(text), perljson.Limits{})
		var refused *perljson.Error
		require.ErrorAs(t, err, &refused, "%q", text)
		assert.LessOrEqual(t, refused.Offset, len(text))
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	_, err := perljson.Parse(deep(512), perljson.Limits{})
	require.NoError(t, err)
	_, err = perljson.Parse(deep(513), perljson.Limits{})
	require.ErrorContains(t, err, "nested")
	_, err = perljson.Parse([]byte(strings.Repeat(`[{"a":`, 50_000)), perljson.Limits{})
	require.ErrorContains(t, err, "nested")
	_, err = perljson.Parse([]byte(`[1,2,3]`), perljson.Limits{Values: 3})
	require.ErrorContains(t, err, "too many")

	circle := new(perldata.List)
	circle.Items = []perldata.Value{perldata.ListFrom(circle)}
	out, err := perljson.Append([]byte("x"), perldata.ListFrom(circle), perljson.Limits{})
	require.ErrorContains(t, err, "nested")
	assert.Equal(t, "x", string(out))
	wide := perldata.ListOf(perldata.IntOf(1))
	for range 30 { // 2^30 values in 30 lists
		wide = perldata.ListOf(wide, wide)
	}
	_, err = perljson.Append(nil, wide, perljson.Limits{})
	require.ErrorContains(t, err, "too many")
}

// For texts in UTF-8, the package reads what encoding/json reads; and what it writes, it
// reads again as the same value.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"i":5,"f":1.50,"b":true,"big":12345678901234567890,"n":null,"l":[],"h":{},"u":"\u20ac","nested":{"a":[1,"2",{"k":null}]}}`,
		"{\"cn\":\"Zo\\u00eb\",\"cn2\":\"Zo\xc3\xab \xeb\"}", `{"a":1,"a":2}`, `"\ud83d\ude00"`, `[1e5,-0]`, `{"é":1,"\u00e9":2}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := perljson.Parse(text, perljson.Limits{})
		var want any
		wantErr := json.Unmarshal(text, &want)
		if refused, ok := errors.AsType[*perljson.Error](err); ok {
			allowed := wantErr != nil || strings.Contains(refused.Reason, "surrogate") || strings.Contains(refused.Reason, "nested") ||
				strings.Contains(refused.Reason, "255") || strings.Contains(refused.Reason, "too many")
			// A lone surrogate in front of another fault, or a number that float64 does not hold.
			require.True(t, allowed, "%q: %v", text, err)
			return
		}
		require.NoError(t, err)
		var overflow *json.UnmarshalTypeError
		require.True(t, wantErr == nil || errors.As(wantErr, &overflow) || strings.Contains(wantErr.Error(), "depth"), "%q: %v", text, wantErr)

		out, err := perljson.Append(nil, v, perljson.Limits{})
		require.NoError(t, err)
		again, err := perljson.Parse(out, perljson.Limits{})
		require.NoError(t, err, "%q", out)
		assert.Equal(t, v, again, "%q", out)
		if !utf8.Valid(text) || wantErr != nil {
			return
		}
		if hasNonASCIINames(v) { // a name in UTF-8 and its escape are two names in bytes
			return
		}
		assert.Equal(t, want, plain(v), "%q", text)
		var got any
		if utf8.Valid(out) {
			require.NoError(t, json.Unmarshal(out, &got), "%q", out)
		}
	})
}

// plain returns a value as encoding/json has it. Bytes count as UTF-8.
func plain(v perldata.Value) any {
	if b, ok := perljson.IsBoolean(v); ok {
		return b
	}
	switch v.Kind() {
	case perldata.KindUndef:
		return nil
	case perldata.KindInt:
		return float64(v.Int())
	case perldata.KindBytes:
		if v.Form() == perldata.FormNumber {
			var f float64
			_ = json.Unmarshal([]byte(v.Str()), &f)
			return f
		}
		return v.Str()
	case perldata.KindText:
		return v.Str()
	case perldata.KindList:
		items := make([]any, 0, len(v.List().Items))
		for _, item := range v.List().Items {
			items = append(items, plain(item))
		}
		return items
	default:
		m := map[string]any{}
		for name, value := range v.Hash().All() {
			m[name] = plain(value)
		}
		return m
	}
}

// hasNonASCIINames reports whether there is a name, or a string with both raw bytes and
// escapes above 0x7f, for which the bytes do not count as UTF-8.
func hasNonASCIINames(v perldata.Value) bool {
	switch v.Kind() {
	case perldata.KindText:
		return true
	case perldata.KindList:
		return slices.ContainsFunc(v.List().Items, hasNonASCIINames)
	case perldata.KindHash:
		for name, value := range v.Hash().All() {
			if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) || hasNonASCIINames(value) {
				return true
			}
		}
	}
	return false
}
