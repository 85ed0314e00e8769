package storable

import "memcachedsoap/sessionstore/perldata"

// object is what a tag OBJECT can refer to. Storable numbers objects from 0 in
// the order in which they start.
type object struct {
	// thing is a *sessionstore.List, *sessionstore.Hash or
	// *sessionstore.Scalar, or an immortal. It is nil for a scalar that nobody
	// has referred to yet, or ever while an image is only checked; a list or
	// hash is then a nil pointer of its type.
	thing   any
	place   *perldata.Value // where a scalar is decoded to
	blessed bool            // into a class
}

// immortal is the tag of a scalar of which Perl has only one and that cannot
// be written to. Places that hold it have nothing in common.
type immortal byte

// value returns what we keep of it. Booleans become the strings that nfreeze
// stores for copies of them. SV_UNDEF in an array is an element that does not
// exist, SVUNDEF_ELEM is one that does.
func (i immortal) value() perldata.Value {
	switch i {
	case tagSVYes:
		return perldata.BytesOf("1")
	case tagSVNo:
		return perldata.BytesOf("")
	case tagSVUndef:
		return perldata.Value{}.WithForm(perldata.FormImmortal)
	default:
		return perldata.Value{}
	}
}

// add gives the next number to an object and returns it.
func (d *decoder) add(o object) (int, error) {
	if len(d.objects) >= d.limits.Objects {
		return 0, d.beyond("objects", d.limits.Objects)
	}
	d.objects = append(d.objects, o)
	return len(d.objects) - 1, nil
}

// identify returns the identity of a scalar, which it has from now on.
func (d *decoder) identify(number int) *perldata.Scalar {
	o := &d.objects[number]
	if o.thing == nil {
		o.thing = new(perldata.Scalar)
	}
	d.settle(number) // it may be in the middle of being decoded
	identity, _ := o.thing.(*perldata.Scalar)
	return identity
}

// settle makes a scalar with an identity and its place hold the same. It is
// called whenever one of them has changed.
func (d *decoder) settle(number int) {
	o := d.objects[number]
	if o.thing == nil {
		return
	}
	if identity, ok := o.thing.(*perldata.Scalar); ok && o.place != &identity.Value {
		identity.Adopt(o.place)
	}
}

// again takes the number of an earlier object.
func (d *decoder) again() (int, error) {
	number, err := d.bigEndian()
	if err != nil {
		return 0, err
	}
	if uint64(number) >= uint64(len(d.objects)) {
		d.offset -= 4
		return 0, d.corrupt("a reference to an object that was not there before")
	}
	return int(number), nil
}

// scalarAgain makes place an alias of an earlier scalar, and says whether that
// is the immortal undef.
func (d *decoder) scalarAgain(place *perldata.Value) (missing bool, err error) {
	number, err := d.again()
	if err != nil {
		return false, err
	}
	switch thing := d.objects[number].thing.(type) {
	case *perldata.List, *perldata.Hash:
		d.offset -= 4
		return false, d.corrupt("a container where only a reference to it can be")
	case immortal:
		put(place, thing.value())
		return thing == tagSVUndef, nil
	}
	if place != nil {
		*place = d.identify(number).Alias()
	}
	return false, nil
}

// referenceAgain makes place a reference to an earlier object, and says
// whether that is blessed into a class.
func (d *decoder) referenceAgain(place *perldata.Value, form perldata.Form) (blessed bool, err error) {
	number, err := d.again()
	if err != nil {
		return false, err
	}
	o := d.objects[number]
	if place == nil {
		return o.blessed, nil
	}
	switch thing := o.thing.(type) {
	case *perldata.List:
		*place = perldata.ListFrom(thing)
	case *perldata.Hash:
		*place = perldata.HashOf(thing)
	case immortal:
		*place = perldata.RefTo(&perldata.Scalar{Value: thing.value()})
	default:
		*place = perldata.RefTo(d.identify(number))
	}
	*place = place.WithForm(form)
	return o.blessed, nil
}
