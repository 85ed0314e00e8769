package storable_test

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// arrayImage is an image of an array that claims n elements.
func arrayImage(n int, elements string) []byte {
	image := binary.BigEndian.AppendUint32([]byte("\x05\x0b\x02"), uint32(n))
	return append(image, elements...)
}

func TestThawKeepsToItsLimits(t *testing.T) {
	t.Parallel()
	const alias = "\x00\x00\x00\x00\x01" // takes no number
	for name, c := range map[string]struct {
		limits storable.Limits
		within []byte
		beyond []byte
		want   storable.LimitError
	}{
		"size": {
			limits: storable.Limits{ImageBytes: 10},
			within: arrayImage(3, "\x05\x05\x05"),
			beyond: arrayImage(4, "\x05\x05\x05\x05"),
			want:   storable.LimitError{What: "bytes", Limit: 10, Offset: 10},
		},
		"default size": {
			within: arrayImage(1, "\x01\x00\x7f\xff\xf4"+strings.Repeat("x", 8<<20-12)),
			beyond: arrayImage(1, "\x01\x00\x7f\xff\xf5"+strings.Repeat("x", 8<<20-11)),
			want:   storable.LimitError{What: "bytes", Limit: 8 << 20, Offset: 8 << 20},
		},
		"elements": {
			limits: storable.Limits{Objects: 4},
			within: arrayImage(4, "\x05\x05\x05"+alias),
			beyond: arrayImage(5, "\x05\x05\x05\x05\x05"),
			want:   storable.LimitError{What: "elements", Limit: 4, Offset: 3},
		},
		"elements of all arrays": {
			limits: storable.Limits{Objects: 5},
			within: arrayImage(2, "\x04\x02\x00\x00\x00\x02"+alias+alias+"\x04\x02\x00\x00\x00\x01"+alias),
			beyond: arrayImage(2, "\x04\x02\x00\x00\x00\x02"+alias+alias+"\x04\x02\x00\x00\x00\x02"+alias+alias),
			want:   storable.LimitError{What: "elements", Limit: 5, Offset: 25},
		},
		"default elements": {
			within: arrayImage(499_999, strings.Repeat("\x05", 499_999)),
			beyond: arrayImage(500_001, strings.Repeat("\x05", 500_001)),
			want:   storable.LimitError{What: "elements", Limit: 500_000, Offset: 3},
		},
		"objects": {
			limits: storable.Limits{Objects: 4},
			within: []byte("\x05\x0b\x04\x04\x04\x05"),
			beyond: []byte("\x05\x0b\x04\x04\x04\x04\x05"),
			want:   storable.LimitError{What: "objects", Limit: 4, Offset: 7},
		},
		"containers": {
			limits: storable.Limits{Objects: 2},
			within: []byte("\x05\x0b\x04\x02\x00\x00\x00\x00"),
			beyond: []byte("\x05\x0b\x04\x04\x02\x00\x00\x00\x00"),
			want:   storable.LimitError{What: "objects", Limit: 2, Offset: 5},
		},
		"depth": {
			limits: storable.Limits{Depth: 3},
			within: []byte("\x05\x0b\x04\x04\x05"),
			beyond: []byte("\x05\x0b\x04\x04\x04\x05"),
			want:   storable.LimitError{What: "nested references", Limit: 3, Offset: 5},
		},
		"default depth": {
			within: []byte("\x05\x0b" + strings.Repeat("\x04", 1099) + "\x05"),
			beyond: []byte("\x05\x0b" + strings.Repeat("\x04", 1100) + "\x05"),
			want:   storable.LimitError{What: "nested references", Limit: 1100, Offset: 1102},
		},
		"class": {
			limits: storable.Limits{ClassBytes: 3},
			within: []byte("\x05\x0b\x11\x03Foo\x05"),
			beyond: []byte("\x05\x0b\x11\x04Food\x05"),
			want:   storable.LimitError{What: "bytes in a class name", Limit: 3, Offset: 4},
		},
		"default class": {
			within: []byte("\x05\x0b\x11\x80\x00\x00\x80\x00" + strings.Repeat("C", 32<<10) + "\x05"),
			beyond: []byte("\x05\x0b\x11\x80\x00\x00\x80\x01" + strings.Repeat("C", 32<<10+1) + "\x05"),
			want:   storable.LimitError{What: "bytes in a class name", Limit: 32 << 10, Offset: 8},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec := storable.Codec{Limits: c.limits}
			requireSameVerdict(t, codec, c.within)
			requireSameVerdict(t, codec, c.beyond)
			_, err := codec.Thaw(c.within)
			require.NoError(t, err)
			_, err = codec.Thaw(c.beyond)
			var limit *storable.LimitError
			require.ErrorAs(t, err, &limit)
			assert.Equal(t, c.want, *limit)
		})
	}
}

// Depth counts nested references, not references side by side.
func TestWideIsNotDeep(t *testing.T) {
	t.Parallel()
	image := arrayImage(2000, strings.Repeat("\x04\x02\x00\x00\x00\x00", 2000))
	v, err := storable.Codec{}.Thaw(image)
	require.NoError(t, err)
	again, err := storable.Codec{}.AppendFreeze(nil, v)
	require.NoError(t, err)
	assert.Equal(t, image, again)
}

// An image that could not be read is not written.
func TestFreezeKeepsToItsLimits(t *testing.T) {
	t.Parallel()
	three := perldata.ListOf(perldata.IntOf(1), perldata.IntOf(2), perldata.IntOf(3))
	one := &perldata.Scalar{}
	aliases := perldata.ListOf(one.Alias(), one.Alias(), one.Alias())
	object := perldata.ListFrom(&perldata.List{Class: "Food"})

	dst, err := storable.Codec{Limits: storable.Limits{ImageBytes: 12}}.AppendFreeze([]byte("before"), three)
	var tooLarge *backend.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	assert.Equal(t, backend.TooLargeError{Limit: 12, Actual: 13}, *tooLarge)
	assert.Equal(t, "before", string(dst))

	for name, c := range map[string]struct {
		limits storable.Limits
		value  perldata.Value
	}{
		"objects":  {storable.Limits{Objects: 3}, three}, // the array is one as well
		"elements": {storable.Limits{Objects: 2}, aliases},
		"class":    {storable.Limits{ClassBytes: 3}, object},
	} {
		_, err := storable.Codec{Limits: c.limits}.AppendFreeze(nil, c.value)
		var unrepresentable *perldata.UnrepresentableError
		require.ErrorAs(t, err, &unrepresentable, name)
	}
	for _, limits := range []storable.Limits{{Objects: 4}, {ImageBytes: 13}} {
		_, err = storable.Codec{Limits: limits}.AppendFreeze(nil, three)
		require.NoError(t, err)
	}
	_, err = storable.Codec{Limits: storable.Limits{ClassBytes: 4}}.AppendFreeze(nil, object)
	require.NoError(t, err)
}

// The size of an image bounds the memory that decoding it takes, also if it is
// invalid. Not parallel: it measures the allocations of the whole program.
func TestThawAllocatesInProportion(t *testing.T) {
	const size = 100_000
	// Nested arrays, each of which claims all bytes that follow.
	var claims []byte
	claims = append(claims, "\x05\x0b"...)
	for len(claims) < 6*1000 {
		claims = append(claims, 0x02)
		claims = binary.BigEndian.AppendUint32(claims, uint32(size-len(claims)-4))
		claims = append(claims, 0x04)
	}
	claims = append(claims, strings.Repeat("\x05", size-len(claims))...)
	for name, image := range map[string][]byte{
		"nested claims":     claims,
		"one claim":         arrayImage(1<<31-1, strings.Repeat("\x05", size)),
		"undef":             arrayImage(size, strings.Repeat("\x05", size)),
		"immortals":         arrayImage(size, strings.Repeat("\x0f", size)),
		"references":        arrayImage(size/2, strings.Repeat("\x04\x05", size/2)),
		"empty arrays":      arrayImage(size/6, strings.Repeat("\x04\x02\x00\x00\x00\x00", size/6)),
		"empty hashes":      arrayImage(size/6, strings.Repeat("\x04\x03\x00\x00\x00\x00", size/6)),
		"restricted hashes": arrayImage(size/7, strings.Repeat("\x04\x19\x01\x00\x00\x00\x00", size/7)),
		"aliases":           arrayImage(size/5, "\x05"+strings.Repeat("\x00\x00\x00\x00\x01", size/5-1)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = storable.Codec{}.Thaw(image)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes for each of the image", name, allocated/uint64(len(image)))
		assert.Less(t, allocated, uint64(300*len(image)), name)
	}
}
