package storable

import "cmp"

// Limits bound what a [Codec] reads and writes. A field that is 0 stands for
// its default.
type Limits struct {
	// ImageBytes is the greatest size of an image; 8 MiB by default.
	ImageBytes int
	// Objects is the greatest number of objects, as Storable numbers them,
	// and of elements of all arrays and hashes; 500,000 by default. One byte
	// of an image can cost some 100 bytes of memory.
	Objects int
	// Depth is the greatest number of references within each other that is
	// read; 1100 by default. Perl itself reads until its stack overflows.
	// What is written is bound by what Perl can save again: 512 references,
	// and no hash below 256 (Storable >= 3.08, perl >= 5.28).
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

// How deep Perl can save: Storable::stack_depth and stack_depth_hash of
// Debian's builds. The count is that of store_ref, store_array and store_hash
// in Storable.xs: one for a root that is an array or a hash, and one for
// every reference.
const (
	perlDepth     = 512
	perlHashDepth = 256
)
