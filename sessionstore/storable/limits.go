package storable

import "cmp"

// Limits are the limits of the images that a [Codec] reads and writes. A field that
// is 0 has its default.
type Limits struct {
	// ImageBytes is the greatest size of an image; 8 MiB by default.
	ImageBytes int
	// Objects is the greatest number of objects, as Storable counts them, and
	// also the greatest number of elements of all arrays and hashes; 500,000 by
	// default. One byte of an image can take about 100 bytes of memory.
	Objects int
	// Depth is the greatest number of nested references in an image that is
	// read; 1100 by default. Perl itself reads until its stack overflows. An
	// image that is written has at most 512 nested references, and no hash below
	// 256 of them, because Perl cannot store more (Storable >= 3.08, perl >= 5.28).
	Depth int
	// ClassBytes is the greatest length of a class name; 32 KiB by default.
	ClassBytes int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		ImageBytes: cmp.Or(l.ImageBytes, 8<<20),
		Objects:    cmp.Or(l.Objects, 500_000),
		Depth:      cmp.Or(l.Depth, 1100),
		ClassBytes: cmp.Or(l.ClassBytes, 32<<10),
	}
}

// The greatest depths that Perl can store: Storable::stack_depth and
// stack_depth_hash of Debian's builds. The depth is counted as in store_ref,
// store_array and store_hash of Storable.xs: one for a root that is an array or a
// hash, and one for every reference.
const (
	perlDepth     = 512
	perlHashDepth = 256
)
