package perldata

import "sync/atomic"

// Visit recognises lists and hashes that it has met before. It notes the number of
// each in the list or hash itself, which costs neither memory nor the time of a map.
// Therefore a list or hash takes part in one visit at a time.
type Visit struct{ run uint32 }

// mark is what a visit has noted.
type mark struct{ run, number uint32 }

//nolint:gochecknoglobals // two visits must have different numbers
var visits atomic.Uint32

// NewVisit begins a visit.
func NewVisit() Visit {
	for {
		if run := visits.Add(1); run != 0 { // 0 is that of a list or hash without a mark
			return Visit{run: run}
		}
	}
}

// List returns where the visit keeps its number of a list, and whether it has met the
// list before.
func (v Visit) List(l *List) (number *uint32, again bool) { return l.mark.meet(v.run) }

// Hash returns where the visit keeps its number of a hash, and whether it has met the
// hash before.
func (v Visit) Hash(h *Hash) (number *uint32, again bool) { return h.mark.meet(v.run) }

func (m *mark) meet(run uint32) (number *uint32, again bool) {
	if m.run == run {
		return &m.number, true
	}
	*m = mark{run: run}
	return &m.number, false
}
