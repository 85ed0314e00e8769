package storable

import (
	"sync"
	"unsafe"
)

// A decoder takes more memory than a small session, so decoders are reused.
//
//nolint:gochecknoglobals // a pool is shared by nature
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// maxPooled is the greatest number of objects, and of keys, for which a decoder
// with room for them is reused: the memory for a rare large session is given back.
// It is less than 300 kB.
const maxPooled = 4096

// open returns a decoder of the image; release gives it back. The image must not
// change while the decoder, or a string that it has decoded, is in use.
func (c Codec) open(image []byte, reserve func(n int64) error) (*decoder, error) {
	limits := c.Limits.withDefaults()
	if len(image) > limits.ImageBytes {
		return nil, &LimitError{What: "bytes", Limit: limits.ImageBytes, Offset: limits.ImageBytes}
	}
	d, _ := decoders.Get().(*decoder)
	d.limits, d.reserve = limits, reserve
	// All strings of a session share the memory of its image. A copy of the image
	// would be a fifth of the memory that decoding allocates (BenchmarkDecode).
	d.image = unsafe.String(unsafe.SliceData(image), len(image)) //nolint:gosec // it does not change, see Codec.Decode
	return d, nil
}

// release gives the decoder back without references to the image.
func (d *decoder) release() {
	if max(cap(d.notes), cap(d.objects), cap(d.keys), cap(d.classes)) > maxPooled {
		return
	}
	clear(d.objects)
	clear(d.classes)
	clear(d.keys)
	*d = decoder{notes: d.notes[:0], objects: d.objects[:0], classes: d.classes[:0], keys: d.keys[:0], names: d.names}
	decoders.Put(d)
}
