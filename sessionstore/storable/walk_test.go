package storable_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// transcript writes down what a visitor is shown. It does not want to see the values of
// the names in unwanted.
type transcript struct {
	strings.Builder

	unwanted string
}

func (s *transcript) Entry(name string, form perldata.KeyForm) bool {
	show := name != s.unwanted
	_, _ = fmt.Fprintf(s, "%q %d %t\n", name, form, show)
	return show
}

func (s *transcript) Scalar(v perldata.Value) {
	_, _ = fmt.Fprintf(s, "%d %d %q %d %x %t\n", v.Kind(), v.Form(), v.Str(), v.Int(), v.Float(), v.Identity() == nil)
}

func (s *transcript) Begin(k perldata.Kind) { s.WriteString("begin " + strconv.Itoa(int(k)) + "\n") }
func (s *transcript) End(k perldata.Kind)   { s.WriteString("end " + strconv.Itoa(int(k)) + "\n") }

// show shows a decoded session to a visitor.
func show(h *perldata.Hash, v perldata.Visitor) {
	for _, e := range h.Entries() {
		if v.Entry(e.Name, e.Form) {
			showValue(e.Value, v)
		}
	}
}

func showValue(value perldata.Value, v perldata.Visitor) {
	switch value.Kind() {
	case perldata.KindHash:
		v.Begin(perldata.KindHash)
		show(value.Hash(), v)
		v.End(perldata.KindHash)
	case perldata.KindList:
		v.Begin(perldata.KindList)
		for _, item := range value.List().Items {
			showValue(item, v)
		}
		v.End(perldata.KindList)
	default:
		v.Scalar(value)
	}
}

// requireSameWalk requires that Walk shows what Decode returns, or nothing, and gives
// back the memory that it takes. It says whether Walk has shown it.
func requireSameWalk(t testing.TB, codec storable.Codec, image []byte, unwanted string) bool {
	t.Helper()
	walked := transcript{unwanted: unwanted}
	held := int64(0)
	complete := codec.Walk(image, &walked, func(n int64) error {
		held += n
		return nil
	})
	require.Zero(t, held)
	if !complete {
		return false
	}
	h, err := codec.Decode(image)
	require.NoError(t, err)
	require.Nil(t, h.Restriction)
	require.Empty(t, h.Class)
	decoded := transcript{unwanted: unwanted}
	show(h, &decoded)
	require.Equal(t, decoded.String(), walked.String())
	return true
}

func TestWalkShowsWhatDecodeReturns(t *testing.T) {
	t.Parallel()
	left := []string{"foreign-sharedref", "foreign-odd", "foreign-cycle", "multiref", "multirefarray", "blessed"}
	for name, image := range loadSessions(t) {
		assert.Equal(t, !slices.Contains(left, name), requireSameWalk(t, storable.Codec{}, image, ""), name)
	}
	image, err := storable.Codec{}.Append(nil, login())
	require.NoError(t, err)
	for _, unwanted := range []string{"", "uid", "hGroups", "rights", "cn"} {
		assert.True(t, requireSameWalk(t, storable.Codec{}, image, unwanted))
	}
	all := loadVectors(t)
	shown := 0
	for _, c := range append(append(all.Cases, all.EncodeErrors...), loadVersions(t)...) {
		for _, image := range [][]byte{unhex(t, c.Network), unhex(t, c.Native)} {
			if requireSameWalk(t, storable.Codec{}, image, "") {
				shown++
			}
		}
	}
	assert.Greater(t, shown, 30, "ordinary images are not left to Decode")
	for _, m := range all.Malformed {
		requireSameWalk(t, storable.Codec{}, m.image(t), "")
	}
	for _, restricted := range []string{"00", "01"} {
		reserved := unhex(t, "050b19"+restricted+"00000001"+"0e"+"10"+"0000000179")
		assert.False(t, requireSameWalk(t, storable.Codec{}, reserved, ""))
	}
	assert.False(t, requireSameWalk(t, storable.Codec{}, unhex(t, "050b190100000000"), ""), "restricted")
}

// At each limit Walk ends where Decode does, or before.
func TestWalkHasTheLimitsOfDecode(t *testing.T) {
	t.Parallel()
	image, err := storable.Codec{}.Append(nil, login())
	require.NoError(t, err)
	for n := 1; n < 70; n++ {
		for _, limits := range []storable.Limits{{Objects: n}, {Depth: n}, {ImageBytes: len(image) - 5 + n%10}} {
			codec := storable.Codec{Limits: limits}
			assert.Equal(t, codec.Check(image) == nil, requireSameWalk(t, codec, image, ""), limits)
		}
	}
	nested := func(levels int) []byte {
		v := perldata.IntOf(1)
		for i := range levels {
			h := perldata.NewHash(1)
			h.Set("k", v)
			if v = perldata.HashOf(h); i%2 == 0 {
				v = perldata.ListOf(v, v)
			}
		}
		h := perldata.NewHash(1)
		h.Set("k", v)
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err)
		return image
	}
	assert.True(t, requireSameWalk(t, storable.Codec{}, nested(0), ""))
	for levels := range 12 {
		requireSameWalk(t, storable.Codec{}, nested(levels), "")
	}
}

var errNoMemory = errors.New("no memory")

func TestWalkTakesNoMemoryThatIsRefused(t *testing.T) {
	t.Parallel()
	large := perldata.NewHash(5000)
	for i := range 5000 {
		large.Set(strconv.Itoa(i), perldata.IntOf(int64(i)))
	}
	image, err := storable.Codec{}.Append(nil, large)
	require.NoError(t, err)
	assert.True(t, requireSameWalk(t, storable.Codec{}, image, ""))
	taken := int64(0)
	assert.True(t, storable.Codec{}.Walk(image, new(transcript), func(n int64) error {
		taken = max(taken, n)
		return nil
	}))
	assert.Greater(t, taken, int64(5000*16))
	assert.False(t, storable.Codec{}.Walk(image, new(transcript), func(int64) error { return errNoMemory }))
}

// Walk shows what Decode returns, whatever the image is. Small limits are met often.
func FuzzWalk(f *testing.F) {
	addImages(f, uint8(0))
	f.Fuzz(func(t *testing.T, image []byte, limit uint8) {
		codec := storable.Codec{}
		if limit > 0 {
			codec.Limits = storable.Limits{Objects: int(limit), Depth: int(limit%8) + 1}
		}
		before := string(image)
		requireSameWalk(t, codec, image, "a")
		require.Equal(t, before, string(image))
	})
}

func BenchmarkWalk(b *testing.B) {
	for name, image := range benchmarked(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(image)))
			b.ReportAllocs()
			for b.Loop() {
				if !(storable.Codec{}).Walk(image, nobody{}, nil) {
					b.Fatal("left to Decode")
				}
			}
		})
	}
}

// nobody is a visitor that does nothing.
type nobody struct{}

func (nobody) Entry(string, perldata.KeyForm) bool { return true }
func (nobody) Scalar(perldata.Value)               {}
func (nobody) Begin(perldata.Kind)                 {}
func (nobody) End(perldata.Kind)                   {}
