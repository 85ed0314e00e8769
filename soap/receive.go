package soap

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
)

// A body takes memory as it arrives, whatever its Content-Length promises: at most
// chunkSize bytes more than have come.
const (
	chunkSize = 64 << 10
	// smallBody is the size of a body that needs no chunk.
	smallBody = 16 << 10
	// firstRoom is the first room of a body whose length is not known.
	firstRoom = 2 << 10
)

// body is the memory of a body that arrives, or that is decompressed.
type body struct {
	small  []byte             // the first bytes, at most smallBody
	chunks []*[chunkSize]byte // the bytes after it; all are full but the last
	last   int                // bytes in the last chunk
	whole  []byte             // all bytes, if there are chunks
}

// taker is asked before a body takes n bytes more, or told of fewer.
type taker interface {
	take(n int64) error
}

//nolint:gochecknoglobals // a pool is shared by nature
var (
	bodies = sync.Pool{New: func() any { return new(body) }}
	chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}
)

func newBody() *body {
	b, _ := bodies.Get().(*body)
	return b
}

// receive reads the body of the request into b.
func (x *exchange) receive(b *body) ([]byte, error) {
	limit := x.options.Limits.body()
	if x.r.ContentLength > int64(limit) {
		return nil, bodyTooLarge(limit) // before 100 Continue, which reading sends
	}
	var from io.Reader = x.r.Body
	if x.r.ContentLength < 0 { // net/http ends a body at its length
		from = http.MaxBytesReader(x.w, x.r.Body, int64(limit))
	}
	err := b.read(from, x.r.ContentLength, receiving{x})
	x.bytesIn = b.size()
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, bodyTooLarge(limit)
	}
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return nil, refused.err
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The request body is incomplete: the connection ended before its end, or it arrived too slowly.", Err: err}
	}
	return b.bytes(), nil
}

// receiving is the taker for the body of a request.
type receiving struct{ x *exchange }

func (r receiving) take(n int64) error {
	if err := r.x.options.Admission.Receive(r.x.r.Context(), n); err != nil {
		return &refusedError{err}
	}
	return nil
}

// refusedError is an error of Admission.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }

// read reads to the end. length is the promised number of bytes, or negative.
func (b *body) read(from io.Reader, length int64, by taker) error {
	room := firstRoom
	if length >= 0 {
		room = int(min(length+1, smallBody)) // one more, so that reading the end does not grow it
	}
	b.small = slices.Grow(b.small[:0], room)
	for len(b.small) < smallBody {
		if len(b.small) == cap(b.small) {
			b.small = slices.Grow(b.small, min(len(b.small), smallBody-len(b.small)))
		}
		n, err := from.Read(b.small[len(b.small):min(cap(b.small), smallBody)])
		b.small = b.small[:len(b.small)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err //nolint:wrapcheck // the caller knows what it reads
		}
	}
	if err := by.take(smallBody); err != nil {
		return err
	}
	for {
		err := b.fill(from, by)
		if errors.Is(err, io.EOF) {
			return b.join(by)
		}
		if err != nil {
			return err
		}
	}
}

// fill reads the next chunk.
func (b *body) fill(from io.Reader, by taker) error {
	if err := by.take(chunkSize); err != nil {
		return err
	}
	c, _ := chunks.Get().(*[chunkSize]byte)
	b.chunks, b.last = append(b.chunks, c), 0
	for b.last < chunkSize {
		n, err := from.Read(c[b.last:])
		b.last += n
		if err != nil {
			return err //nolint:wrapcheck // the caller knows what it reads
		}
	}
	return nil
}

// size returns the number of bytes that were read.
func (b *body) size() int {
	if b.whole != nil {
		return len(b.whole)
	}
	size := len(b.small)
	if len(b.chunks) > 0 {
		size += (len(b.chunks)-1)*chunkSize + b.last
	}
	return size
}

// bytes returns what was read to its end. It is valid until release.
func (b *body) bytes() []byte {
	if b.whole != nil {
		return b.whole
	}
	return b.small
}

// join brings all bytes together in one piece.
func (b *body) join(by taker) error {
	size := b.size()
	if err := by.take(int64(size)); err != nil {
		return err
	}
	whole := append(make([]byte, 0, size), b.small...)
	for _, c := range b.chunks {
		whole = append(whole, c[:min(chunkSize, size-len(whole))]...)
	}
	returned := smallBody + int64(len(b.chunks))*chunkSize
	b.releaseChunks()
	b.whole = whole
	return by.take(-returned)
}

func (b *body) releaseChunks() {
	for _, c := range b.chunks {
		chunks.Put(c)
	}
	clear(b.chunks)
	b.chunks = b.chunks[:0]
}

// release gives the memory back. Nothing may point into the body any more.
func (b *body) release() {
	b.releaseChunks()
	b.whole, b.last = nil, 0
	if cap(b.chunks) > maxBodyChunks {
		b.chunks = nil
	}
	bodies.Put(b)
}

// maxBodyChunks is the greatest number of chunks for which a body keeps room.
const maxBodyChunks = 64
