package sessionstore

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxInflated bounds an image after decompression, in bytes: a small item can
// inflate to a huge one.
const maxInflated = 8 << 20

var errInflated = errors.New("sessionstore: a compressed session is too large")

// worthwhile says whether compression saves enough for the result to be kept: 20
// percent (Cache::Memcached 1.30, COMPRESS_SAVINGS).
func worthwhile(compressed, plain int) bool { return compressed*10 < plain*8 }

//nolint:gochecknoglobals // pools are shared by nature
var (
	deflaters = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
	inflaters = sync.Pool{New: func() any { return new(gzip.Reader) }}
)

// deflate compresses as Compress::Zlib::memGzip does: one gzip member without
// name and time, at the default level.
func deflate(image []byte) []byte {
	var compressed bytes.Buffer
	w, _ := deflaters.Get().(*gzip.Writer)
	defer deflaters.Put(w)
	w.Reset(&compressed)
	// Writing to a Buffer does not fail.
	_, _ = w.Write(image)
	_ = w.Close()
	return compressed.Bytes()
}

// inflate reads what Compress::Zlib::memGunzip reads: the first gzip member. It
// ignores what follows. A member that is truncated or damaged is an error.
func inflate(compressed []byte) ([]byte, error) {
	r, _ := inflaters.Get().(*gzip.Reader)
	defer inflaters.Put(r)
	if err := r.Reset(bytes.NewReader(compressed)); err != nil {
		return nil, fmt.Errorf("sessionstore: decompressing: %w", err)
	}
	r.Multistream(false)
	image, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("sessionstore: decompressing: %w", err)
	case len(image) > maxInflated:
		return nil, errInflated
	}
	return image, nil
}
