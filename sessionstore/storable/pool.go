package storable

import (
	"sync"
	"unsafe"
)

// A decoder takes more memory than a small session, and is used again.
//
//nolint:gochecknoglobals // a pool is shared by nature
var decoders = sync.Pool{New: func() any { return &decoder{names: newNameSet()} }}

// maxPooled is the greatest number of objects, and of keys, for which a
// decoder with room for them is kept: a rare giant must not stay in memory for
// ever. It comes to less than 100 kB.
const maxPooled = 1024

// open returns a decoder of the image, to be given back with release. The
// image must not change as long as the decoder or a string from it is used.
func (c Codec) open(image []byte) (*decoder, error) {
	limits := c.Limits.withDefaults()
	if len(image) > limits.ImageBytes {
		return nil, &LimitError{What: "bytes", Limit: limits.ImageBytes, Offset: limits.ImageBytes}
	}
	d, _ := decoders.Get().(*decoder)
	d.limits = limits
	// All strings of a session are parts of its image. To copy that first
	// would be a fifth of what decoding allocates (BenchmarkDecode).
	d.image = unsafe.String(unsafe.SliceData(image), len(image)) //nolint:gosec // nobody changes it, see Codec.Decode
	return d, nil
}

// release gives the decoder back without anything of the image.
func (d *decoder) release() {
	if max(cap(d.objects), cap(d.keys), cap(d.classes)) > maxPooled {
		return
	}
	clear(d.objects)
	clear(d.classes)
	clear(d.keys)
	*d = decoder{objects: d.objects[:0], classes: d.classes[:0], keys: d.keys[:0], names: d.names}
	decoders.Put(d)
}
