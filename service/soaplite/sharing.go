package soaplite

import "memcachedsoap/sessionstore/perldata"

// node is a list, a hash or a reference that was met in a result.
type node struct {
	value     perldata.Value
	id        int  // counts from 1 once it is known in a second place
	open      bool // while what it holds is surveyed
	recursive bool // it holds itself: it is written in the first place that it has
	written   bool
}

// maxNesting bounds how deep a result may be nested: more than the codec of
// sessions reads.
const maxNesting = 1200

// survey finds what the result holds in several places, and counts values. It
// returns false if there are too many, or too deep ones. The result itself
// does not count as a place: SOAP::Lite's clients are given a copy of it.
func (w *writer) survey(result perldata.Value) bool {
	return w.contents(result) && w.left >= 0
}

// contents surveys what a value holds.
func (w *writer) contents(v perldata.Value) bool {
	if w.depth++; w.depth > maxNesting {
		return false
	}
	switch v.Kind() { //nolint:exhaustive // other values hold nothing
	case perldata.KindHash:
		for _, held := range v.Hash().All() {
			if !w.visit(held) {
				return false
			}
		}
	case perldata.KindList:
		for _, held := range v.List().Items {
			if !w.visit(held) {
				return false
			}
		}
	case perldata.KindRef:
		if !w.visit(v.Ref()) {
			return false
		}
	}
	w.depth--
	return true
}

// visit surveys a value in its place.
func (w *writer) visit(v perldata.Value) bool {
	if w.left--; w.left < 0 {
		return false
	}
	key := identity(v)
	if key == nil {
		return true
	}
	if n := w.nodes[key]; n != nil {
		n.recursive = n.recursive || n.open
		if n.id == 0 {
			w.ids++
			n.id = w.ids
			w.shared = append(w.shared, n)
		}
		return true
	}
	if w.nodes == nil {
		w.nodes = map[any]*node{}
	}
	n := &node{value: v, open: true}
	w.nodes[key] = n
	ok := w.contents(v)
	n.open = false
	return ok
}

// identity returns what two values have in common that are one thing in two
// places; nil for a scalar, of which each place has its own.
func identity(v perldata.Value) any {
	switch v.Kind() { //nolint:exhaustive // scalars
	case perldata.KindHash:
		return v.Hash()
	case perldata.KindList:
		return v.List()
	case perldata.KindRef:
		return v.Scalar()
	}
	return nil
}
