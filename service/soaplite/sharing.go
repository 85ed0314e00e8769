package soaplite

import "memcachedsoap/sessionstore/perldata"

// node is a list, a hash or a reference in a result.
type node struct {
	value     perldata.Value
	id        int  // from 1 on, if it is in a second place
	open      bool // its content is being surveyed
	recursive bool // it contains itself: it is written in its first place
	written   bool
}

// maxNesting is the greatest depth of a message's and of a result's values. It is
// more than the codec of sessions reads.
const maxNesting = 1200

// survey finds the values that the result contains in several places, and counts
// all values. It returns false if there are too many or they are nested too deeply.
// The result itself is not a place: SOAP::Lite's clients get a copy of it.
func (w *writer) survey(result perldata.Value) bool {
	return w.contents(result) && w.left >= 0
}

// contents surveys the values inside a value.
func (w *writer) contents(v perldata.Value) bool {
	if w.depth++; w.depth > maxNesting {
		return false
	}
	switch v.Kind() { //nolint:exhaustive // other values contain nothing
	case perldata.KindHash:
		for _, inside := range v.Hash().All() {
			if !w.visit(inside) {
				return false
			}
		}
	case perldata.KindList:
		for _, inside := range v.List().Items {
			if !w.visit(inside) {
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

// visit surveys a value in one of its places.
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

// identity returns a pointer that is the same for one value in two places. It is
// nil for a scalar: each place has its own.
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
