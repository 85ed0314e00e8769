package storable

import "memcachedsoap/sessionstore/perldata"

// decoder decodes one image, or only checks it. A place is the variable to which
// a value is decoded. While an image is checked, places and containers are nil, no
// value is made and there are no objects.
type decoder struct {
	reader
	budget
	limits   Limits
	root     perldata.Value
	depth    int      // number of references that are being decoded
	elements int      // number of elements of all containers so far
	pending  int      // least number of bytes of the elements that are not decoded yet
	makes    bool     // values; else the image is only checked
	notes    []note   // of the objects, by number
	objects  []object // by number
	classes  []string // by index
	keys     []key    // the keys of the hashes that are being decoded, the innermost last
	names    perldata.NameSet
}

// thaw decodes the image into place.
func (d *decoder) thaw(place *perldata.Value) error {
	d.makes = place != nil
	if err := d.header(); err != nil {
		return err
	}
	if err := d.reference(place, perldata.FormDefault); err != nil {
		return err
	}
	if d.remaining() > 0 {
		return d.corrupt("extra bytes after the image")
	}
	return nil
}

// kind returns the kind of a reference to the first object of the image.
func (d *decoder) kind() perldata.Kind {
	switch d.notes[0].what() { //nolint:exhaustive // the others are scalars
	case noteHash:
		return perldata.KindHash
	case noteList:
		return perldata.KindList
	}
	return perldata.KindRef
}

// reference decodes an object and makes place a reference to it. The place refers
// to the object before the content of the object is decoded, because the content
// may refer to the same object.
func (d *decoder) reference(place *perldata.Value, form perldata.Form) error {
	if d.depth++; d.depth > d.limits.Depth {
		return d.limitError("nested references", d.limits.Depth)
	}
	blessed, err := d.referent(place, form)
	d.depth--
	if err == nil && overloads(form) && !blessed {
		return d.corrupt("a reference with overloading to a value without a class")
	}
	return err
}

// referent does the work of reference without its checks. It says whether the
// object is blessed into a class.
func (d *decoder) referent(place *perldata.Value, form perldata.Form) (blessed bool, err error) {
	tag, class, err := d.tag()
	if err != nil {
		return false, err
	}
	blessed = class != ""
	if err := d.use(perReferent); err != nil {
		return false, err
	}
	switch tag {
	case tagObject:
		return d.repeatedReference(place, form)
	case tagArray:
		var list *perldata.List
		if place != nil {
			list = &perldata.List{Class: class}
			*place = perldata.ListFrom(list).WithForm(form)
		}
		return blessed, d.array(list, blessed)
	case tagHash, tagFlagHash:
		var hash *perldata.Hash
		if place != nil {
			hash = &perldata.Hash{Class: class}
			*place = perldata.HashOf(hash).WithForm(form)
		}
		return blessed, d.hash(hash, blessed, tag == tagFlagHash)
	}
	if place == nil {
		return blessed, d.scalar(tag, object{}, blessed)
	}
	target := &perldata.Scalar{Class: class}
	*place = perldata.RefTo(target).WithForm(form)
	return blessed, d.scalar(tag, object{node: target, place: &target.Value}, blessed)
}

// tag takes the tag of an object. If the object is blessed, it takes the class
// first.
func (d *decoder) tag() (tag byte, class string, err error) {
	if tag, err = d.byte(); err != nil || tag != tagBless && tag != tagIXBless {
		return tag, "", err
	}
	if class, err = d.class(tag); err != nil {
		return 0, "", err
	}
	if tag, err = d.byte(); err != nil {
		return 0, "", err
	}
	switch tag {
	case tagBless, tagIXBless, tagObject, tagSVUndef, tagSVUndefElem, tagSVYes, tagSVNo:
		d.offset--
		return 0, "", d.corrupt("a class for an object that cannot be blessed here")
	}
	return tag, class, nil
}

// class takes a class name, or the index of an earlier class name.
func (d *decoder) class(tag byte) (string, error) {
	b, err := d.byte()
	n := int(b)
	if err == nil && b&longClass != 0 {
		n, err = d.length()
	}
	if err != nil {
		return "", err
	}
	if tag == tagIXBless {
		if n >= len(d.classes) {
			return "", d.corrupt("an index of a class that does not exist")
		}
		return d.classes[n], nil
	}
	if n == 0 {
		return "", d.corrupt("a class without a name")
	}
	if n > d.limits.ClassBytes {
		return "", d.limitError("bytes in a class name", d.limits.ClassBytes)
	}
	class, err := d.take(n)
	d.classes = append(d.classes, class)
	return class, err
}

// element decodes an element of an array or the value of a key, which must be a
// scalar. It says whether the scalar is the immortal undef.
func (d *decoder) element(place *perldata.Value) (missing bool, err error) {
	tag, class, err := d.tag()
	if err != nil {
		return false, err
	}
	switch tag {
	case tagObject:
		return d.repeatedScalar(place)
	case tagArray, tagHash, tagFlagHash:
		d.offset--
		return false, d.corrupt("an array or a hash in the place of a scalar")
	}
	o := object{place: place}
	if class != "" && place != nil {
		o.node = &perldata.Scalar{Class: class}
	}
	return tag == tagSVUndef, d.scalar(tag, o, class != "")
}

func (d *decoder) limitError(what string, limit int) error {
	return &LimitError{What: what, Limit: limit, Offset: d.offset}
}

func overloads(form perldata.Form) bool {
	return form == perldata.FormOverload || form == perldata.FormWeakOverload
}
