package storable_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// vector is a value that Perl has frozen.
type vector struct {
	Name       string          `json:"name"`
	Expect     string          `json:"expect"`
	Perl       string          `json:"perl"`
	Network    string          `json:"nfreeze_hex"`
	Native     string          `json:"freeze_hex"`
	JSON       json.RawMessage `json:"json"`
	NativeJSON json.RawMessage `json:"json_native"`
	Identical  bool            `json:"refreeze_identical"`
	Dies       string          `json:"nfreeze_dies"`
}

// malformed is an image that is invalid or dangerous.
type malformed struct {
	Name   string              `json:"name"`
	Hex    string              `json:"hex"`
	Build  [][]json.RawMessage `json:"build"` // pairs of hex and how often
	Expect string              `json:"expect"`
}

func (m malformed) image(t testing.TB) []byte {
	t.Helper()
	if m.Build == nil {
		return unhex(t, m.Hex)
	}
	var b strings.Builder
	for _, part := range m.Build {
		var digits string
		var times int
		require.NoError(t, json.Unmarshal(part[0], &digits))
		require.NoError(t, json.Unmarshal(part[1], &times))
		b.WriteString(strings.Repeat(digits, times))
	}
	return unhex(t, b.String())
}

type vectors struct {
	Cases        []vector    `json:"cases"`
	EncodeErrors []vector    `json:"encode_errors"`
	Malformed    []malformed `json:"malformed"`
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	var v vectors
	loadJSON(t, "testdata/storable.json", &v)
	require.NotEmpty(t, v.Cases)
	require.NotEmpty(t, v.Malformed)
	return v
}

// loadVersions returns the images of several releases of Storable as one list.
func loadVersions(t testing.TB) []vector {
	t.Helper()
	var file struct {
		Writers []struct {
			Writer string   `json:"writer"`
			Cases  []vector `json:"cases"`
		} `json:"writers"`
	}
	loadJSON(t, "testdata/storable_versions.json", &file)
	var all []vector
	for _, w := range file.Writers {
		for _, c := range w.Cases {
			c.Name = w.Writer + " " + c.Perl
			all = append(all, c)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func loadJSON(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

func unhex(t require.TestingT, digits string) []byte {
	b, err := hex.DecodeString(digits)
	require.NoError(t, err)
	return b
}

// expected is a recorded description with the intended repairs: immortal booleans
// are the strings that Perl stores for copies of them.
func expected(t testing.TB, recorded json.RawMessage) string {
	t.Helper()
	var n any
	require.NoError(t, json.Unmarshal(recorded, &n))
	return canonical(t, withoutBooleans(n))
}

func withoutBooleans(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutBooleans(v[i])
		}
	case map[string]any:
		if v["t"] == "bool" {
			return str("str", map[bool]string{true: "1", false: ""}[v["v"] == true])
		}
		for k := range v {
			v[k] = withoutBooleans(v[k])
		}
	}
	return v
}

func TestThawReadsWhatPerlWrote(t *testing.T) {
	t.Parallel()
	for _, c := range append(loadVectors(t).Cases, loadVersions(t)...) {
		if c.Expect == "refuse" || c.Dies != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			v, err := storable.Codec{}.Thaw(unhex(t, c.Network))
			require.NoError(t, err)
			assert.Equal(t, expected(t, c.JSON), typedJSON(t, v))

			v, err = storable.Codec{}.Thaw(unhex(t, c.Native))
			require.NoError(t, err)
			native := c.NativeJSON
			if native == nil {
				native = c.JSON
			}
			assert.Equal(t, expected(t, native), typedJSON(t, v))
		})
	}
}

func TestFreezeGivesBackWhatPerlWrote(t *testing.T) {
	t.Parallel()
	// Perl stores immortal booleans again, to which its programs cannot assign.
	repaired := map[string]string{
		"bool_immortal_elems":      "050b02000000020a01310a00",
		"bool_immortal_root_true":  "050b0a0131",
		"bool_immortal_root_false": "050b0a00",
	}
	identical := 0
	for _, c := range loadVectors(t).Cases {
		if !c.Identical && c.Name != "hash_unsorted" || c.Expect != "ok" {
			continue
		}
		identical++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			want := c.Network
			if image, ok := repaired[c.Name]; ok {
				want = image
			}
			v, err := storable.Codec{}.Thaw(unhex(t, c.Network))
			require.NoError(t, err)
			got, err := storable.Codec{}.AppendFreeze(nil, v)
			require.NoError(t, err)
			assert.Equal(t, want, hex.EncodeToString(got))
		})
	}
	assert.Greater(t, identical, 60)
}

// A native image that is decoded and written in network order keeps everything that
// network order can hold, doubles to the last bit.
func TestFreezeKeepsNativeImages(t *testing.T) {
	t.Parallel()
	for _, c := range loadVectors(t).Cases {
		if c.Expect != "ok" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			fromNative, err := storable.Codec{}.Thaw(unhex(t, c.Native))
			require.NoError(t, err)
			image, err := storable.Codec{}.AppendFreeze(nil, fromNative)
			require.NoError(t, err)
			again, err := storable.Codec{}.Thaw(image)
			require.NoError(t, err)
			assert.Equal(t, stored(t, typed(fromNative)), stored(t, typed(again)))
		})
	}
}

func TestThawRejectsWhatOnlyPerlCanStore(t *testing.T) {
	t.Parallel()
	want := map[string]storable.UnsupportedError{
		"hook_simple":    {Tag: 0x13, What: "HOOK", Offset: 8},
		"tied_hash":      {Tag: 0x0c, What: "TIED_HASH", Offset: 2},
		"tied_hash_elem": {Tag: 0x0c, What: "TIED_HASH", Offset: 15},
		"tied_array":     {Tag: 0x0b, What: "TIED_ARRAY", Offset: 2},
	}
	found := 0
	for _, c := range loadVectors(t).Cases {
		if c.Expect != "refuse" {
			continue
		}
		found++
		_, err := storable.Codec{}.Thaw(unhex(t, c.Network))
		var unsupported *storable.UnsupportedError
		require.ErrorAs(t, err, &unsupported, c.Name)
		assert.Equal(t, want[c.Name], *unsupported, c.Name)
	}
	assert.Len(t, want, found)
}

func TestThawOfMalformedImages(t *testing.T) {
	t.Parallel()
	// The vectors allow either result for these; true means readable.
	ours := map[string]bool{
		"svundef_elem_root":  true,
		"two_images":         false,
		"dup_keys":           false,
		"utf8_invalid_value": true, // kept as it is
		"utf8_invalid_key":   true,
		"utf8_overlong":      true,
	}
	for _, m := range loadVectors(t).Malformed {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			image := m.image(t)
			v, err := storable.Codec{}.Thaw(image)
			readable, chosen := ours[m.Name]
			if !chosen {
				readable = m.Expect == "ok"
			}
			if !readable {
				require.Error(t, err)
				assert.Regexp(t, "^storable: ", err.Error())
				return
			}
			require.NoError(t, err)
			if m.Name == "svundef_elem_root" {
				return // becomes an ordinary undef
			}
			again, err := storable.Codec{}.AppendFreeze(nil, v)
			require.NoError(t, err)
			assert.Equal(t, hex.EncodeToString(image), hex.EncodeToString(again))
		})
	}
}

func TestFreezeRejectsWhatPerlCannotStore(t *testing.T) {
	t.Parallel()
	nested := func(levels int, wrap func(perldata.Value) perldata.Value) perldata.Value {
		v := perldata.IntOf(1)
		for range levels {
			v = wrap(v)
		}
		return v
	}
	list := func(v perldata.Value) perldata.Value { return perldata.ListOf(v) }
	hash := func(v perldata.Value) perldata.Value {
		h := perldata.NewHash(1)
		h.Set("a", v)
		return perldata.HashOf(h)
	}
	ref := func(v perldata.Value) perldata.Value {
		return perldata.RefTo(&perldata.Scalar{Value: v})
	}
	// The greatest depths that nfreeze of Storable 3.26 saves, as measured.
	for name, c := range map[string]struct {
		deepest perldata.Value
		wrap    func(perldata.Value) perldata.Value
	}{
		"hashes": {nested(256, hash), hash},
		"arrays": {nested(512, list), list},
		"refs":   {nested(513, ref), ref},
		"hash below arrays": {nested(255, list), func(perldata.Value) perldata.Value {
			v := hash(perldata.IntOf(1))
			for range 256 {
				v = list(v)
			}
			return v
		}},
	} {
		_, err := storable.Codec{}.AppendFreeze(nil, c.deepest)
		require.NoError(t, err, name)
		dst, err := storable.Codec{}.AppendFreeze([]byte("before"), c.wrap(c.deepest))
		var unrepresentable *perldata.UnrepresentableError
		require.ErrorAs(t, err, &unrepresentable, name)
		assert.Equal(t, "before", string(dst))
	}
}

// Sessions that a SOAP::Lite service with Apache::Session::Memorycached has stored
// in memcached, byte for byte.
func loadSessions(t testing.TB) map[string][]byte {
	t.Helper()
	var file []malformed
	loadJSON(t, "testdata/sessions.json", &file)
	sessions := map[string][]byte{}
	for _, m := range file {
		sessions[m.Name] = m.image(t)
	}
	require.Contains(t, sessions, "24pairs")
	return sessions
}

func TestSessionsOfPerlServicesAreUnchanged(t *testing.T) {
	t.Parallel()
	for name, image := range loadSessions(t) {
		h, err := storable.Codec{}.Decode(image)
		require.NoError(t, err, name)
		again, err := storable.Codec{}.Append([]byte("before"), h)
		require.NoError(t, err, name)
		want := string(image)
		if name == "foreign-hostorder" { // only this one was native
			want = "\x05\x0b\x03\x00\x00\x00\x01\x0a\x0ahost order\x00\x00\x00\x01h"
		}
		assert.Equal(t, "before"+want, string(again), name)
	}
}
