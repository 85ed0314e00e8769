package storable

import (
	"encoding/binary"

	"memcachedsoap/sessionstore/perldata"
)

// encoder appends one image to dst.
type encoder struct {
	dst     []byte
	depth   int                         // as Perl counts it
	objects int                         // number of objects so far
	visit   perldata.Visit              // has the numbers of lists and hashes
	numbers map[*perldata.Scalar]uint32 // of scalars with an identity
	classes map[string]int              // the index of each class

	elements     int // number of elements of all containers
	longestClass int // in bytes
	repeats      bool
}

func unrepresentable(reason string) error {
	return &perldata.UnrepresentableError{Reason: reason}
}

func errTooDeep() error { return unrepresentable("it is nested deeper than Perl can store") }

func (e *encoder) freeze(root perldata.Value) error {
	switch root.Kind() {
	case perldata.KindList, perldata.KindHash:
		e.depth = 1
	case perldata.KindRef:
	default:
		return unrepresentable("it is not a reference")
	}
	return e.referent(root)
}

// referent appends the object to which a reference refers.
func (e *encoder) referent(v perldata.Value) error {
	switch v.Kind() {
	case perldata.KindList:
		return e.list(v.List())
	case perldata.KindHash:
		return e.hash(v.Hash())
	default:
		return e.identity(v.Scalar(), true)
	}
}

// start gives a list or a hash the next number, for which the visit has a place, and
// appends its class if it has one. If the visit has met it again, start appends the
// number that it has and returns false.
func (e *encoder) start(number *uint32, again bool, class string) bool {
	if again {
		e.repeat(*number)
		return false
	}
	*number = uint32(e.objects)
	e.object(class)
	return true
}

// startScalar is start for a scalar with an identity.
func (e *encoder) startScalar(s *perldata.Scalar) bool {
	if number, again := e.numbers[s]; again {
		e.repeat(number)
		return false
	}
	if e.numbers == nil {
		e.numbers = make(map[*perldata.Scalar]uint32)
	}
	e.numbers[s] = uint32(e.objects)
	e.object(s.Class)
	return true
}

// repeat appends the number of an object that the image has already.
func (e *encoder) repeat(number uint32) {
	e.repeats = true
	e.dst = append(e.dst, tagObject)
	e.dst = binary.BigEndian.AppendUint32(e.dst, number)
}

// object counts an object and appends its class if it has one.
func (e *encoder) object(class string) {
	e.objects++
	if class != "" {
		e.bless(class)
	}
}

// bless appends the name of a class when it occurs first, else its index.
func (e *encoder) bless(class string) {
	index, again := e.classes[class]
	if again {
		e.dst = append(e.dst, tagIXBless)
		e.classLength(index)
		return
	}
	if e.classes == nil {
		e.classes = make(map[string]int)
	}
	e.classes[class] = len(e.classes)
	e.longestClass = max(e.longestClass, len(class))
	e.dst = append(e.dst, tagBless)
	e.classLength(len(class))
	e.dst = append(e.dst, class...)
}

func (e *encoder) classLength(n int) {
	if n > longestShortClass {
		e.dst = append(e.dst, longClass)
		e.length(n)
	} else {
		e.dst = append(e.dst, byte(n))
	}
}

func (e *encoder) reference(v perldata.Value) error {
	if e.depth++; e.depth > perlDepth {
		return errTooDeep()
	}
	e.dst = append(e.dst, referenceTag(v))
	err := e.referent(v)
	e.depth--
	return err
}

func referenceTag(v perldata.Value) byte {
	object := v.Class() != ""
	switch form := v.Form(); {
	case form == perldata.FormOverload && object:
		return tagOverload
	case form == perldata.FormWeakOverload && object:
		return tagWeakOverload
	case form == perldata.FormWeak, form == perldata.FormWeakOverload:
		return tagWeakRef
	default:
		return tagRef
	}
}
