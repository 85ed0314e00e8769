package storable_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// values are what the tests set.
func values() []perldata.Value {
	inner := perldata.NewHash(2)
	inner.Set("é", perldata.TextOf("ü"))
	inner.Set("\U0001F600", perldata.Value{})
	shared := perldata.ListOf(perldata.IntOf(1))
	return []perldata.Value{
		perldata.BytesOf("short"), perldata.BytesOf(string(make([]byte, 300))), perldata.TextOf("é"), perldata.IntOf(-1000),
		perldata.FloatOf(0.1),
		{},
		perldata.ListOf(perldata.IntOf(1), perldata.HashOf(inner)), perldata.ListOf(shared, shared),
	}
}

// change removes names from a session, and then sets others.
func change(h *perldata.Hash, set, remove []string, v perldata.Value) {
	h.DeleteAll(remove)
	for _, name := range set {
		h.Set(name, v)
	}
}

// requireSamePart requires that a session that was decoded in part is written with the
// bytes of the whole one, after the same change. It says whether both was possible.
func requireSamePart(t testing.TB, codec storable.Codec, image []byte, set, remove []string, v perldata.Value) (decoded, spliced bool) {
	t.Helper()
	names := slices.Concat(set, remove)
	p, ok := codec.DecodePart(bytes.Clone(image), names, nil)
	if !ok {
		return false, false
	}
	whole, err := codec.Decode(bytes.Clone(image))
	require.NoError(t, err)
	want := new(perldata.Hash)
	for _, e := range whole.Entries() {
		if slices.Contains(names, e.Name) {
			want.Fill(append(want.Entries(), e))
		}
	}
	require.Equal(t, typedJSON(t, perldata.HashOf(want)), typedJSON(t, perldata.HashOf(p.Attributes())))
	change(p.Attributes(), set, remove, v)
	got, ok := p.Append([]byte("before"))
	if !ok {
		require.Equal(t, "before", string(got))
		return true, false
	}
	change(whole, set, remove, v)
	written, err := codec.Append([]byte("before"), whole)
	require.NoError(t, err)
	require.Equal(t, written, got)
	return true, true
}

// allNames returns the names of a session.
func allNames(t testing.TB, image []byte) (names []string) {
	t.Helper()
	h, err := storable.Codec{}.Decode(bytes.Clone(image))
	if err != nil {
		return nil
	}
	for name := range h.All() {
		names = append(names, name)
	}
	return names
}

func TestPartsAreWrittenAsTheWhole(t *testing.T) {
	t.Parallel()
	images := [][]byte{loadSessions(t)["24pairs"]}
	for _, h := range []*perldata.Hash{login(), new(perldata.Hash)} {
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err)
		images = append(images, image)
	}
	spliced := 0
	for _, image := range images {
		names := append(allNames(t, image), "new", "nëw", "\U0001F600")
		for i, name := range names {
			for _, v := range values() {
				for _, remove := range [][]string{nil, {names[(i+1)%len(names)]}} {
					decoded, ok := requireSamePart(t, storable.Codec{}, image, []string{name, "new"}, remove, v)
					require.True(t, decoded)
					if ok {
						spliced++
					}
				}
			}
		}
	}
	assert.Greater(t, spliced, 500)
	all := loadVectors(t)
	for _, c := range append(append(all.Cases, all.EncodeErrors...), loadVersions(t)...) {
		for _, image := range [][]byte{unhex(t, c.Network), unhex(t, c.Native)} {
			names := allNames(t, image)
			requireSamePart(t, storable.Codec{}, image, []string{"new"}, names[:min(1, len(names))], perldata.IntOf(1))
		}
	}
}

// What a Codec would write in another way is not spliced.
func TestForeignImagesAreNotSpliced(t *testing.T) {
	t.Parallel()
	const end = "0000000161"
	for name, image := range map[string]string{
		"native":                       "040b08" + "3132333435363738" + "04080808" + "0301000000" + "0a0178" + "0100000061",
		"a long tag of a short string": "050b0300000001" + "010000000178" + end,
		"a wide number":                "050b0300000001" + "0900000001" + end,
		"an immortal":                  "050b0300000001" + "0f" + end,
		"flags without need":           "050b190000000001" + "0a0178" + "00" + end,
		"flags without need inside":    "050b0300000001" + "04190000000001" + "0a0178" + "00" + end + end,
		"a locked key":                 "050b190000000002" + "0a0178" + "04" + end + "0a0178" + "01" + "0000000162",
	} {
		_, spliced := requireSamePart(t, storable.Codec{}, unhex(t, image), []string{"new"}, nil, perldata.IntOf(1))
		assert.False(t, spliced, name)
	}
	_, spliced := requireSamePart(t, storable.Codec{}, unhex(t, "050b0300000001"+"0a0178"+end), []string{"new"}, nil, perldata.IntOf(1))
	assert.True(t, spliced)
}

// A part has the limits of the whole.
func TestPartsHaveTheLimitsOfTheWhole(t *testing.T) {
	t.Parallel()
	image, err := storable.Codec{}.Append(nil, login())
	require.NoError(t, err)
	for n := range 80 {
		for _, limits := range []storable.Limits{{Objects: n}, {ImageBytes: len(image) - 5 + n}} {
			requireSamePart(t, storable.Codec{Limits: limits}, image, []string{"uid", "a new name"}, nil, perldata.BytesOf("a new value"))
		}
	}
	held := int64(0)
	_, ok := storable.Codec{}.DecodePart(image, []string{"hGroups"}, func(n int64) error {
		held += n
		return nil
	})
	assert.True(t, ok)
	large := perldata.NewHash(1)
	large.Set("list", perldata.ListOf(make([]perldata.Value, 10_000)...))
	image, err = storable.Codec{}.Append(nil, large)
	require.NoError(t, err)
	_, ok = storable.Codec{}.DecodePart(image, []string{"list"}, func(int64) error { return errNoMemory })
	assert.False(t, ok)
}

// FuzzPart changes any session: the bytes are those of the whole one after the change.
func FuzzPart(f *testing.F) {
	addImages(f, uint8(0), uint8(0), "new", false)
	f.Fuzz(func(t *testing.T, image []byte, first, value uint8, added string, remove bool) {
		names := allNames(t, image)
		if len(names) == 0 || len(image) > 10_000 {
			return
		}
		all := values()
		v := all[int(value)%len(all)]
		set, removed := []string{names[int(first)%len(names)], added}, []string(nil)
		if remove {
			if name := names[int(first/2)%len(names)]; !slices.Contains(set, name) {
				removed = []string{name}
			}
		}
		requireSamePart(t, storable.Codec{}, image, set, removed, v)
	})
}

func BenchmarkPart(b *testing.B) {
	large := perldata.NewHash(2400)
	for i := range 2400 {
		large.Set("attribute"+strconv.Itoa(i), perldata.BytesOf("a value of some length, "+strconv.Itoa(i)))
	}
	for name, h := range map[string]*perldata.Hash{"24 entries": login(), "2400 entries": large} {
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(b, err)
		b.Run(name+"/part", func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				p, ok := storable.Codec{}.DecodePart(image, []string{"uid", "_session_id"}, nil)
				require.True(b, ok)
				p.Attributes().Set("uid", perldata.IntOf(1))
				if dst, ok = p.Append(dst[:0]); !ok {
					b.Fatal("not spliced")
				}
			}
		})
		b.Run(name+"/whole", func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				whole, err := storable.Codec{}.Decode(image)
				require.NoError(b, err)
				whole.Set("uid", perldata.IntOf(1))
				dst, err = storable.Codec{}.Append(dst[:0], whole)
				require.NoError(b, err)
			}
		})
	}
}
