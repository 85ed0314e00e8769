package explorer

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/perldata"
)

// A path leads from the attributes of a session to a value in it. Its steps are those to
// the value of a name, an item of a list, and what a reference refers to. A name is in it
// as a hash: names may be long, and their order changes when a Perl program stores the
// session.
//
//	kLCa0a2j_xo_5m0U8HTBBNw.i3.r

// maxSteps bounds a path. Values that are nested deeper are not shown.
const maxSteps = 64

const (
	nameStep = 'k'
	itemStep = 'i'
	refStep  = 'r'
)

// stepTo returns the step to the value of a name.
func stepTo(name string) string {
	sum := sha256.Sum256([]byte(name))
	return string(nameStep) + base64.RawURLEncoding.EncodeToString(sum[:16])
}

func stepToItem(i int) string { return string(itemStep) + strconv.Itoa(i) }

const stepToReferred = string(refStep)

// join adds a step to a path.
func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// parent returns a path without its last step.
func parent(path string) string {
	at := strings.LastIndexByte(path, '.')
	return path[:max(at, 0)]
}

// place is where a value is.
type place struct {
	value  perldata.Value
	parent perldata.Value // that has it
	name   string         // of the value in a hash
	index  int            // of the value in a list
	steps  int
	top    string // name of the attribute that the value is or is in; "" for all attributes
	title  string // for people
}

// find returns the place at the end of a path, and whether there is one.
func find(attributes *perldata.Hash, path string) (place, bool) {
	at := place{value: perldata.HashOf(attributes), title: "all attributes"}
	if path == "" {
		return at, true
	}
	steps := strings.Split(path, ".")
	if len(steps) > maxSteps {
		return place{}, false
	}
	for _, step := range steps {
		next, ok := at.follow(step)
		if !ok {
			return place{}, false
		}
		at = next
	}
	return at, true
}

// follow makes one step.
func (p place) follow(step string) (place, bool) {
	next := place{parent: p.value, steps: p.steps + 1, top: p.top}
	switch p.value.Kind() { //nolint:exhaustive // the others have nothing in them
	case perldata.KindHash:
		for name, v := range p.value.Hash().All() {
			if stepTo(name) == step {
				next.value, next.name, next.title = v, name, visible(cutName(name))
				if p.steps == 0 {
					next.top = name
				} else {
					next.title = p.title + " › " + next.title
				}
				return next, true
			}
		}
	case perldata.KindList:
		i, err := strconv.Atoi(strings.TrimPrefix(step, string(itemStep)))
		if items := p.value.List().Items; err == nil && step == stepToItem(i) && i >= 0 && i < len(items) {
			next.value, next.index, next.title = items[i], i, p.title+" › item "+strconv.Itoa(i)
			return next, true
		}
	case perldata.KindRef:
		if step == stepToReferred {
			next.value, next.title = p.value.Ref(), p.title+" › referred value"
			return next, true
		}
	}
	return place{}, false
}

// set puts another value into the place.
func (p place) set(v perldata.Value) {
	switch p.parent.Kind() { //nolint:exhaustive // the others have nothing in them
	case perldata.KindHash:
		p.parent.Hash().Set(p.name, v)
	case perldata.KindList:
		p.parent.List().Items[p.index] = v
	case perldata.KindRef:
		p.parent.Scalar().Value = v
	}
}

// remove removes the value. That of a reference becomes undef.
func (p place) remove() {
	switch p.parent.Kind() { //nolint:exhaustive // the others have nothing in them
	case perldata.KindHash:
		p.parent.Hash().Delete(p.name)
	case perldata.KindList:
		l := p.parent.List()
		l.Items = append(l.Items[:p.index:p.index], l.Items[p.index+1:]...)
	case perldata.KindRef:
		p.parent.Scalar().Value = perldata.Value{}
	}
}
