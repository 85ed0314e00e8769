package storable

import (
	"unsafe"

	"memcachedsoap/sessionstore/perldata"
)

// What the parts of an image take in memory, in bytes. Go's allocator may take an
// eighth more.
const (
	perObject = 9 * int64(unsafe.Sizeof(object{})) / 8
	perNote   = 9 * int64(unsafe.Sizeof(note(0))) / 8
	perItem   = 9 * int64(unsafe.Sizeof(perldata.Value{})) / 8
	perEntry  = 9 * int64(unsafe.Sizeof(perldata.Entry{})) / 8
	// perKey is for a key and its place in the set of names, which has up to four
	// slots for each.
	perKey = 9*int64(unsafe.Sizeof(key{}))/8 + 4*4
	// perReferent is for a list, a hash or a scalar to which a reference refers: a
	// scalar is the largest.
	perReferent = 9 * int64(unsafe.Sizeof(perldata.Scalar{})) / 8
)

// budget asks for the memory of a decoder before it is taken.
type budget struct {
	reserve func(n int64) error // nil: there are no bounds
	owed    int64               // taken and not asked for: less than a step
}

// step is how many bytes are asked for at a time: asking for each list and hash would
// take longer than decoding it.
const step = 16 << 10

// use is called before n bytes are taken.
func (b *budget) use(n int64) error {
	if b.owed += n; b.reserve == nil || b.owed < step {
		return nil
	}
	n, b.owed = b.owed, 0
	return b.reserve(n)
}
