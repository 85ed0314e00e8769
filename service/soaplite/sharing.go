package soaplite

import "memcachedsoap/sessionstore/perldata"

// node is a list, a hash or a reference that is in several places of a result.
type node struct {
	value     perldata.Value
	id        int  // from 1 on
	recursive bool // it contains itself: it is written in its first place
	written   bool
}

// maxNesting is the greatest depth of a message's and of a result's values. It is
// more than the codec of sessions reads.
const maxNesting = 1200

// survey finds the objects, and the values that the result contains in several
// places, and counts all values and their bytes. It returns false if there are too
// many or they are nested too deeply. The result itself is not a place: SOAP::Lite's
// clients get a copy of it.
func (w *writer) survey(result perldata.Value) bool {
	return w.contents(result) && w.take(0, len(result.Str()))
}

// take takes values and bytes from what the answer may still have. It returns false
// if they are not left.
func (w *writer) take(values, bytes int) bool {
	w.left -= values
	w.letters -= bytes
	return w.left >= 0 && w.letters >= 0
}

// contents surveys the values inside a value.
func (w *writer) contents(v perldata.Value) bool {
	if w.depth++; w.depth > maxNesting {
		return false
	}
	switch v.Kind() { //nolint:exhaustive // other values contain nothing
	case perldata.KindHash:
		for name, inside := range v.Hash().All() {
			if !w.take(0, len(name)) || !w.visit(inside) {
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
	v = w.content(v)
	class := w.classOf(v)
	w.objects = w.objects || class != ""
	if !w.take(1, len(class)+len(v.Str())) {
		return false
	}
	state, again := w.meet(v)
	switch {
	case state == nil:
		return true
	case again:
		w.share(v, *state == surveying)
		return true
	}
	*state = surveying
	ok := w.contents(v)
	*state = surveyed
	return ok
}

// What the survey knows of a list, a hash or a reference.
const (
	surveying = iota // its content
	surveyed
)

// meet returns what the survey knows of a list, a hash or a reference, and whether it
// has met it before. For a scalar it is nil: each place has its own.
func (w *writer) meet(v perldata.Value) (state *uint32, again bool) {
	switch v.Kind() { //nolint:exhaustive // scalars
	case perldata.KindHash:
		return w.visited.Hash(v.Hash())
	case perldata.KindList:
		return w.visited.List(v.List())
	case perldata.KindRef:
		if state, again = w.scalars[v.Scalar()]; !again {
			if w.scalars == nil {
				w.scalars = map[*perldata.Scalar]*uint32{}
			}
			state = new(uint32)
			w.scalars[v.Scalar()] = state
		}
		return state, again
	}
	return nil, false
}

// share notes a second place of a value, which is inside itself if it is open.
func (w *writer) share(v perldata.Value, open bool) {
	key := identity(v)
	n := w.nodes[key]
	if n == nil {
		n = &node{value: v, id: len(w.shared) + 1}
		w.shared = append(w.shared, n)
		if w.nodes == nil {
			w.nodes = map[any]*node{}
		}
		w.nodes[key] = n
	}
	n.recursive = n.recursive || open
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
