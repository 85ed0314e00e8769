package sessionstore

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDeflateIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		image := rapid.SliceOf(rapid.Byte()).Draw(t, "image")
		compressed := deflate(image)
		header := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff} // memGzip's
		require.True(t, bytes.HasPrefix(compressed, header), "% x", compressed[:10])
		got, err := inflate(append(compressed, "what follows is ignored"...))
		require.NoError(t, err)
		require.True(t, bytes.Equal(image, got))
		_, err = inflate(compressed[:rapid.IntRange(0, len(compressed)-1).Draw(t, "cut")])
		require.Error(t, err)
	})
}

func TestInflateIsBounded(t *testing.T) {
	t.Parallel()
	image, err := inflate(deflate(make([]byte, maxInflated)))
	require.NoError(t, err)
	require.Len(t, image, maxInflated)
	_, err = inflate(deflate(make([]byte, maxInflated+1)))
	require.ErrorIs(t, err, errInflated)
}

// Kept only strictly below 0.8 of the size.
func TestWorthwhile(t *testing.T) {
	t.Parallel()
	assert.True(t, worthwhile(799, 1000))
	assert.False(t, worthwhile(800, 1000))
	assert.False(t, worthwhile(0, 0))
}

func TestPack(t *testing.T) {
	t.Parallel()
	plain := bytes.Repeat([]byte("abc"), 100)
	random := make([]byte, 300)
	for i := range random {
		random[i] = byte(rand.N(256)) //nolint:gosec // noise is no secret
	}
	for name, tt := range map[string]struct {
		threshold int
		image     []byte
		flags     uint32 // of the present item
		want      uint32
	}{
		"off":                         {0, plain, 1, 1},
		"below the threshold":         {301, plain, 1, 1},
		"at the threshold":            {300, plain, 1, 3},
		"not worth it":                {300, random, 1, 1},
		"found compressed":            {0, plain, 3, 3},
		"found compressed, but large": {0, random, 3, 1},
		"a plain string":              {0, plain, 0, 0},
		"a plain string, compressed":  {0, plain, 2, 2},
		"a plain string, above":       {300, plain, 0, 2},
	} {
		s := NewStore(nil, nil, Options{CompressThreshold: tt.threshold})
		item := s.pack(tt.image, tt.flags, 7)
		assert.Equal(t, tt.want, item.Flags, name)
		assert.EqualValues(t, 7, item.ExpiresIn)
		image := item.Image
		if item.Flags&gzipFlag != 0 {
			var err error
			image, err = inflate(image)
			require.NoError(t, err)
		}
		assert.Equal(t, tt.image, image, name)
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte{})
	f.Add(deflate([]byte("hello")))
	f.Add(append(deflate([]byte("hello")), deflate([]byte("world"))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		image, err := inflate(data)
		if err != nil {
			require.Nil(t, image)
			return
		}
		require.LessOrEqual(t, len(image), maxInflated)
		r, err := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, r.Close())
	})
}

func BenchmarkPack(b *testing.B) {
	s := NewStore(nil, nil, Options{CompressThreshold: 100})
	image := bytes.Repeat([]byte("uid dwho mail dwho@badwolf.org "), 50)
	b.ReportAllocs()
	for b.Loop() {
		s.pack(image, storableFlag, 0)
	}
}
