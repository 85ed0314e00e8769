package explorer

import (
	"slices"
	"strconv"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// Bounds of a page that shows values, however large the session is. What is beyond them
// has links to pages of its own.
const (
	perPage   = 100      // values below the one that the page is about
	maxNodes  = 500      // of a page
	maxBelow  = 20       // values below others
	maxLevels = 4        // of values in values
	maxInline = 400      // bytes of a value beside others
	partBytes = 16 << 10 // of a value on a page of its own
)

// node is a value on a page.
type node struct {
	Name     string // for people: of an attribute, or the number of an item
	LongName int    // length of the name in bytes if it is not all there
	Type     string
	Path     string
	Nodes    []node // of a list, a hash or a reference
	Left     int    // values in it that are not on the page
	Scalar   bool   // it has a text, shown or not
	Shown    bool
	Text     string
	Longer   int  // length in bytes of a text that is not all there
	Fixed    bool // nobody can change or remove it
	Editable bool // a form can change it
	Deep     bool // what is in it is nested too deep for a page
}

// Inner says whether the value has others in it.
func (n node) Inner() bool { return len(n.Nodes) > 0 || n.Left > 0 }

// tree makes the nodes of a page.
type tree struct {
	shown []string // paths of the values that are shown, "*" for all on the page
	nodes int
	names map[string]bool // attributes of which values are shown
}

func newTree(shown []string) *tree { return &tree{shown: shown, names: make(map[string]bool)} }

// shows says whether the value at a path is shown, and notes its attribute.
func (t *tree) shows(path, top string) bool {
	if !slices.Contains(t.shown, path) && !slices.Contains(t.shown, "*") {
		return false
	}
	t.names[top] = true
	return true
}

// list returns the values in one from a number on, no more than most, and how many
// there are in all.
func (t *tree) list(at place, path string, from, most, level int) (nodes []node, all int) {
	switch at.value.Kind() { //nolint:exhaustive // the others have nothing in them
	case perldata.KindHash:
		entries := at.value.Hash().Entries()
		all = len(entries)
		for _, e := range entries[min(from, all):min(from+most, all)] {
			top := at.top
			if at.steps == 0 {
				top = e.Name
			}
			n := t.node(place{value: e.Value, top: top, steps: at.steps + 1}, join(path, stepTo(e.Name)), level)
			n.Name = visible(cutName(e.Name))
			if len(e.Name) > maxName {
				n.LongName = len(e.Name)
			}
			n.Fixed = at.steps == 0 && e.Name == sessionstore.IDAttribute
			nodes = append(nodes, n)
		}
	case perldata.KindList:
		items := at.value.List().Items
		all = len(items)
		for i := min(from, all); i < min(from+most, all); i++ {
			n := t.node(place{value: items[i], top: at.top, steps: at.steps + 1}, join(path, stepToItem(i)), level)
			n.Name = strconv.Itoa(i)
			nodes = append(nodes, n)
		}
	case perldata.KindRef:
		if all = 1; from == 0 && most > 0 {
			n := t.node(place{value: at.value.Ref(), top: at.top, steps: at.steps + 1}, join(path, stepToReferred), level)
			n.Name = "refers to"
			nodes = append(nodes, n)
		}
	}
	return nodes, all
}

// node returns the node of a value, with the values in it as far as there is room.
func (t *tree) node(at place, path string, level int) node {
	t.nodes++
	n := node{Type: typeOf(at.value), Path: path, Editable: editable(at.value)}
	switch at.value.Kind() {
	case perldata.KindUndef:
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		if at.steps >= maxSteps {
			n.Deep = true
			return n
		}
		most := 0
		if level < maxLevels && t.nodes < maxNodes {
			most = min(maxBelow, maxNodes-t.nodes)
		}
		var all int
		n.Nodes, all = t.list(at, path, 0, most, level+1)
		n.Left = all - len(n.Nodes)
	case perldata.KindBytes, perldata.KindText, perldata.KindInt, perldata.KindFloat:
		n.Scalar = true
		if n.Shown = t.shows(path, at.top); n.Shown {
			text := contentOf(at.value)
			n.Text = visible(cutText(text, maxInline))
			if len(text) > maxInline {
				n.Longer = len(text)
			}
		}
	}
	return n
}

// part is a part of a long text.
type part struct {
	Text           string
	Number, Of     int
	Bytes          int // of the whole text
	Previous, Next int // -1 if there is none
}

// Shown is the number of the part for people, who begin with 1.
func (p part) Shown() int { return p.Number + 1 }

// partOf returns a part of a text. The parts are cut at their bytes: a character that is
// cut is shown as its bytes.
func partOf(text string, number int) part {
	of := max((len(text)+partBytes-1)/partBytes, 1)
	number = min(max(number, 0), of-1)
	p := part{
		Text:   visible(text[number*partBytes : min((number+1)*partBytes, len(text))]),
		Number: number, Of: of, Bytes: len(text), Previous: number - 1, Next: -1,
	}
	if number+1 < of {
		p.Next = number + 1
	}
	return p
}
