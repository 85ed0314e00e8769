package storable

import "hash/maphash"

// nameSet finds duplicate names in a hash. It reuses its memory for the next hash.
type nameSet struct {
	seed  maphash.Seed // secret, so that no writer of an image can choose names that collide
	slots []uint32     // 1 + the index of a key; 0 is free. Their number is a power of two
}

func newNameSet() nameSet { return nameSet{seed: maphash.MakeSeed()} }

// hasDuplicate says whether two keys have the same name. Perl accepts a name that
// is reserved twice.
func (s *nameSet) hasDuplicate(keys []key) bool {
	if len(keys) < 2 {
		return false
	}
	s.reset(2 * len(keys))
	mask := uint64(len(s.slots) - 1)
	for i := range keys {
		k := &keys[i]
		slot := maphash.String(s.seed, k.name) & mask
		for ; s.slots[slot] != 0; slot = (slot + 1) & mask {
			if other := &keys[s.slots[slot]-1]; other.name == k.name {
				if !other.reserved || !k.reserved {
					return true
				}
				break
			}
		}
		s.slots[slot] = uint32(i + 1)
	}
	return false
}

// reset makes at least n slots, all free.
func (s *nameSet) reset(n int) {
	size := 4
	for size < n {
		size *= 2
	}
	if size > cap(s.slots) {
		s.slots = make([]uint32, size)
		return
	}
	s.slots = s.slots[:size]
	clear(s.slots)
}
