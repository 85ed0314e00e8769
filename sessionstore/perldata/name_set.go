package perldata

import "hash/maphash"

// NameSet finds equal names among numbered ones. It holds only their numbers, so that
// a set of many names takes little memory and the garbage collector does not look at
// it. It reuses its memory for the next set. Its zero value is ready for
// [NameSet.Reset].
type NameSet struct {
	seed  maphash.Seed // secret, so that no client can choose names that collide
	slots []uint32     // numbers plus 1; 0 is free. They are a power of two
	few   [64]uint32   // the slots of a set of few names: saves an allocation
	many  []uint32     // those of the largest set so far
	made  bool         // the seed
}

// Reset empties the set and makes room for n names.
func (s *NameSet) Reset(n int) {
	if !s.made {
		s.seed, s.made = maphash.MakeSeed(), true
	}
	size := 4
	for size < 2*n {
		size *= 2
	}
	switch {
	case size <= len(s.few):
		s.slots = s.few[:size]
	case size <= len(s.many):
		s.slots = s.many[:size]
	default:
		s.many = make([]uint32, size)
		s.slots = s.many
		return
	}
	clear(s.slots)
}

// Add adds a name, for which Reset has made room. If the set has an equal name, Add
// returns the number of that one and false. same reports whether the name with a
// number is equal.
func (s *NameSet) Add(name string, number int, same func(other int) bool) (first int, added bool) {
	return s.add(maphash.String(s.seed, name), number, same)
}

// AddBytes is Add for a name in bytes.
func (s *NameSet) AddBytes(name []byte, number int, same func(other int) bool) (first int, added bool) {
	return s.add(maphash.Bytes(s.seed, name), number, same)
}

// put adds a name that the set does not have.
func (s *NameSet) put(name string, number int) {
	mask := uint64(len(s.slots) - 1)
	at := maphash.String(s.seed, name) & mask
	for s.slots[at] != 0 {
		at = (at + 1) & mask
	}
	s.slots[at] = uint32(number + 1)
}

// find returns the number of a name, or -1. same is as for Add.
func (s *NameSet) find(name string, same func(other int) bool) int {
	mask := uint64(len(s.slots) - 1)
	for at := maphash.String(s.seed, name) & mask; s.slots[at] != 0; at = (at + 1) & mask {
		if number := int(s.slots[at] - 1); same(number) {
			return number
		}
	}
	return -1
}

// isFull says whether n names are more than there is room for.
func (s *NameSet) isFull(n int) bool { return 2*n > len(s.slots) }

func (s *NameSet) add(hash uint64, number int, same func(other int) bool) (first int, added bool) {
	mask := uint64(len(s.slots) - 1)
	at := hash & mask
	for ; s.slots[at] != 0; at = (at + 1) & mask {
		if other := int(s.slots[at] - 1); same(other) {
			return other, false
		}
	}
	s.slots[at] = uint32(number + 1)
	return number, true
}
