package storable

import "memcachedsoap/sessionstore"

// decoder decodes one image.
type decoder struct {
	reader
	limits   Limits
	depth    int      // of references that are being decoded
	elements int      // that all containers so far have claimed
	owed     int      // the fewest bytes that the claimed but not yet decoded elements take
	objects  []object // by number
	classes  []string // by index

	few [48]object // room for objects: enough for most sessions
}

func (d *decoder) thaw() (sessionstore.Value, error) {
	var root sessionstore.Value
	if err := d.header(); err != nil {
		return root, err
	}
	if err := d.reference(&root, sessionstore.FormDefault); err != nil {
		return sessionstore.Value{}, err
	}
	if d.remaining() > 0 {
		return sessionstore.Value{}, d.corrupt("bytes follow the image")
	}
	return root, nil
}

// reference decodes an object and makes place a reference to it. The place
// refers to it before its content is decoded, for that may lead back here.
func (d *decoder) reference(place *sessionstore.Value, form sessionstore.Form) error {
	if d.depth++; d.depth > d.limits.Depth {
		return d.beyond("nested references", d.limits.Depth)
	}
	err := d.referent(place, form)
	d.depth--
	if err == nil && overloads(form) && place.Class() == "" {
		return d.corrupt("a reference with overloading to what is no object")
	}
	return err
}

func (d *decoder) referent(place *sessionstore.Value, form sessionstore.Form) error {
	tag, class, err := d.tag()
	if err != nil {
		return err
	}
	switch tag {
	case tagObject:
		return d.referenceAgain(place, form)
	case tagArray:
		list := &sessionstore.List{Class: class}
		*place = sessionstore.ListFrom(list).WithForm(form)
		return d.array(list)
	case tagHash, tagFlagHash:
		hash := &sessionstore.Hash{Class: class}
		*place = sessionstore.HashOf(hash).WithForm(form)
		return d.hash(hash, tag == tagFlagHash)
	}
	target := &sessionstore.Scalar{Class: class}
	*place = sessionstore.RefTo(target).WithForm(form)
	return d.scalar(tag, &target.Value, target)
}

// tag takes the tag of an object, and first the class into which the object
// is blessed, if it is.
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
		return 0, "", d.corrupt("a class for what cannot be blessed here")
	}
	return tag, class, nil
}

// class takes a class name, or its index among those before.
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
			return "", d.corrupt("a class that was not named before")
		}
		return d.classes[n], nil
	}
	if n == 0 {
		return "", d.corrupt("a class without a name")
	}
	if n > d.limits.ClassBytes {
		return "", d.beyond("bytes in a class name", d.limits.ClassBytes)
	}
	class, err := d.take(n)
	d.classes = append(d.classes, class)
	return class, err
}

// element decodes an element of an array or the value of a key, which must be
// a scalar.
func (d *decoder) element(place *sessionstore.Value) error {
	tag, class, err := d.tag()
	if err != nil {
		return err
	}
	switch tag {
	case tagObject:
		return d.scalarAgain(place)
	case tagArray, tagHash, tagFlagHash:
		d.offset--
		return d.corrupt("a container where only a reference to it can be")
	}
	if class == "" {
		return d.scalar(tag, place, nil)
	}
	return d.scalar(tag, place, &sessionstore.Scalar{Class: class})
}

func (d *decoder) beyond(what string, limit int) error {
	return &LimitError{What: what, Limit: limit, Offset: d.offset}
}

func overloads(form sessionstore.Form) bool {
	return form == sessionstore.FormOverload || form == sessionstore.FormWeakOverload
}
