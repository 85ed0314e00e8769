package storable_test

import (
	"encoding/hex"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// frozen returns the hexadecimal image of a list of the values, without its
// header, tag and length.
func frozen(t require.TestingT, values ...perldata.Value) string {
	image, err := storable.Codec{}.AppendFreeze(nil, perldata.ListOf(values...))
	require.NoError(t, err)
	return hex.EncodeToString(image[7:])
}

func TestFormOfNewScalars(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value perldata.Value
		want  string
	}{
		"undef":                  {perldata.Value{}, "05"},
		"bytes":                  {perldata.BytesOf("\xff\x00"), "0a02ff00"},
		"no bytes":               {perldata.BytesOf(""), "0a00"},
		"ASCII text":             {perldata.TextOf("abc"), "0a03616263"},
		"no text":                {perldata.TextOf(""), "0a00"},
		"text":                   {perldata.TextOf("é"), "1702c3a9"},
		"text that is not UTF-8": {perldata.TextOf("\xc3\x28"), "0a02c328"},
		"byte":                   {perldata.IntOf(-128), "0800"},
		"netint":                 {perldata.IntOf(-129), "09ffffff7f"},
		"greatest netint":        {perldata.IntOf(math.MaxInt32), "097fffffff"},
		"large":                  {perldata.IntOf(math.MaxInt32 + 1), "0a0a32313437343833363438"},
		"small":                  {perldata.IntOf(math.MinInt32 - 1), "0a0b2d32313437343833363439"},
		"integral float":         {perldata.FloatOf(3), "0883"},
		"negative zero":          {perldata.FloatOf(math.Copysign(0, -1)), "0880"},
		"float":                  {perldata.FloatOf(0.1), "0a03302e31"},
		"NaN":                    {perldata.FloatOf(math.NaN()), "0a034e614e"},
		"reference to undef":     {perldata.RefTo(&perldata.Scalar{}), "0405"},
		"empty list of nil":      {perldata.ListFrom(nil), "040200000000"},
		"empty hash of nil":      {perldata.HashOf(nil), "040300000000"},
		"undefined ref of nil":   {perldata.RefTo(nil), "0405"},
		"overloading without class": {
			perldata.ListOf().WithForm(perldata.FormOverload), "040200000000",
		},
		"weak overloading without class": {
			perldata.ListOf().WithForm(perldata.FormWeakOverload), "1b0200000000",
		},
	} {
		assert.Equal(t, c.want, frozen(t, c.value), name)
	}
}

// The read-only undef is kept as an element that does not exist, where it does no
// harm. As the value of a key it would end the Perl program that assigns to it.
func TestImmortalUndef(t *testing.T) {
	t.Parallel()
	missing := perldata.Value{}.WithForm(perldata.FormImmortal)
	h := perldata.NewHash(1)
	h.Set("a", missing)
	assert.Equal(t, "0e"+"0403000000010500000001"+"61", frozen(t, missing, perldata.HashOf(h)))

	v, err := storable.Codec{}.Thaw(unhex(t, "050b03000000030e00000001610f00000001621f0000000163"))
	require.NoError(t, err)
	image, err := storable.Codec{}.AppendFreeze(nil, v)
	require.NoError(t, err)
	assert.Equal(t, "050b0300000003050000000161"+"0a01310000000162"+"050000000163", hex.EncodeToString(image))
}

// Two places that held the same immortal are not aliases of each other.
func TestImmortalsAreNotShared(t *testing.T) {
	t.Parallel()
	v, err := storable.Codec{}.Thaw(unhex(t, "050b0200000003"+"0f"+"0000000001"+"040000000001"))
	require.NoError(t, err)
	assert.Equal(t, "0a0131"+"0a0131"+"040a0131", frozen(t, v.List().Items...))
}

func TestFormOfNewKeys(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":         "0300000001" + "05" + "00000000",
		"ascii":    "0300000001" + "05" + "000000056173636969",
		"\u00e9":   "190000000001" + "05" + "02" + "00000001e9",
		"\u0100":   "190000000001" + "05" + "01" + "00000002c480",
		"a\u20ac":  "190000000001" + "05" + "01" + "0000000461e282ac",
		"\u007f":   "0300000001" + "05" + "000000017f",
		"\u0080":   "190000000001" + "05" + "02" + "0000000180",
		"\u00ff":   "190000000001" + "05" + "02" + "00000001ff",
		"\u00e9\n": "190000000001" + "05" + "02" + "00000002e90a",
	} {
		h := perldata.NewHash(1)
		h.Set(name, perldata.Value{})
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err)
		assert.Equal(t, "050b"+want, hex.EncodeToString(image), name)
	}
	for _, name := range []string{"\xff", "a\xc3", "\xed\xa0\x80"} {
		h := perldata.NewHash(1)
		h.Set(name, perldata.Value{})
		_, err := storable.Codec{}.Append(nil, h)
		var unrepresentable *perldata.UnrepresentableError
		require.ErrorAs(t, err, &unrepresentable, name)
	}
}

// A new value under a key that was read keeps the form of the key.
func TestSetKeepsTheFormOfAKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"00" + "00000001e9",   // Latin-1
		"02" + "00000001e9",   // Latin-1, once flagged
		"01" + "00000002c3a9", // UTF-8 that Perl would store as Latin-1
		"02" + "0000000161",   // ASCII, once flagged
		"01" + "00000002fffe", // not UTF-8 at all
	} {
		// A second key makes sure that the hash has flags.
		const other = "05" + "01" + "00000003e282ac"
		h, err := storable.Codec{}.Decode(unhex(t, "050b190000000002"+"05"+key+other))
		require.NoError(t, err, key)
		for name := range h.All() {
			h.Set(name, perldata.IntOf(1))
			break
		}
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err, key)
		assert.Equal(t, "050b190000000002"+"0881"+key+other, hex.EncodeToString(image))
	}
}

// A reserved name that gets a value is no longer reserved. A locked value stays
// locked.
func TestRestrictedHash(t *testing.T) {
	t.Parallel()
	h, err := storable.Codec{}.Decode(unhex(t, "050b1901"+"00000003"+"0e"+"16"+"00000001e9"+"05"+"04"+"0000000161"+"0e"+"14"+"000000027a7a"))
	require.NoError(t, err)
	assert.Equal(t, 1, h.Len())
	h.Set("é", perldata.IntOf(1))
	h.Set("a", perldata.IntOf(2))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	assert.Equal(t, "050b1901"+"00000003"+"0882"+"04"+"0000000161"+"0881"+"02"+"00000001e9"+"0e"+"14"+"000000027a7a", hex.EncodeToString(image))
}

// A reserved name has an object number, too: later references are still right.
func TestReservedNamesAreNumbered(t *testing.T) {
	t.Parallel()
	const image = "050b0200000003" +
		"04" + "1901" + "00000001" + "0e" + "14" + "000000027a7a" + // numbers 1 to 3
		"04" + "0200000000" + // 4 and 5
		"04" + "0000000005"
	v, err := storable.Codec{}.Thaw(unhex(t, image))
	require.NoError(t, err)
	items := v.List().Items
	assert.Same(t, items[1].List(), items[2].List())
	again, err := storable.Codec{}.AppendFreeze(nil, v)
	require.NoError(t, err)
	assert.Equal(t, image, hex.EncodeToString(again))
}

// Reserved names and locked values in a hash without a restriction have no meaning,
// neither here nor in Perl.
func TestLeftoversOfARestriction(t *testing.T) {
	t.Parallel()
	const flagged = "05" + "01" + "00000003e282ac"
	h, err := storable.Codec{}.Decode(unhex(t, "050b1900"+"00000003"+"0e"+"14"+"000000027a7a"+"05"+"04"+"0000000161"+flagged))
	require.NoError(t, err)
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	assert.Equal(t, "050b1900"+"00000002"+"05"+"00"+"0000000161"+flagged, hex.EncodeToString(image))
}

// Perl writes 15 digits; the encoder writes as many as the number needs.
func TestFloats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		image := frozen(t, perldata.FloatOf(f))
		v, err := storable.Codec{}.Thaw(unhex(t, "050b0200000001"+image))
		require.NoError(t, err)
		item := v.List().Items[0]
		if item.Kind() == perldata.KindInt {
			require.Equal(t, f, float64(item.Int()))
			return
		}
		back, err := strconv.ParseFloat(item.Str(), 64)
		require.NoError(t, err)
		require.Equal(t, f, back)
		if math.Abs(f) < 1<<53 && f == math.Trunc(f) {
			require.Equal(t, strconv.FormatInt(int64(f), 10), item.Str())
			return
		}
		if perl := strconv.FormatFloat(f, 'g', 15, 64); item.Str() != perl {
			lossy, err := strconv.ParseFloat(perl, 64)
			require.True(t, err != nil || lossy != f, "15 digits would do")
		}
	})
	for f, want := range map[float64]string{1234567.5: "1234567.5", 1e20: "1e+20", 1e-5: "1e-05", 139.8: "139.8", 0.30000000000000004: "0.30000000000000004"} {
		image := frozen(t, perldata.FloatOf(f))
		assert.Equal(t, want, string(unhex(t, image)[2:]))
	}
}

func TestFreezeWantsAReference(t *testing.T) {
	t.Parallel()
	_, err := storable.Codec{}.AppendFreeze(nil, perldata.IntOf(1))
	require.EqualError(t, err, "perldata: value cannot be stored: it is not a reference")
	image, err := storable.Codec{}.Append(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, "050b0300000000", hex.EncodeToString(image))
}

func TestFreezeRejectsAnImpossiblePattern(t *testing.T) {
	t.Parallel()
	pattern := &perldata.Scalar{
		Value:     perldata.BytesOf("x").WithForm(perldata.FormRegexp),
		Modifiers: string(make([]byte, 256)),
	}
	_, err := storable.Codec{}.AppendFreeze(nil, perldata.RefTo(pattern))
	var unrepresentable *perldata.UnrepresentableError
	require.ErrorAs(t, err, &unrepresentable)
}
