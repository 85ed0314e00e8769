package storable

import "memcachedsoap/sessionstore/perldata"

// object is an object to which the tag OBJECT can refer. Storable numbers objects
// from 0 in the order of their beginnings.
type object struct {
	// node is a *perldata.List, *perldata.Hash or *perldata.Scalar, or an
	// immortal. It is nil for a scalar to which nothing refers so far.
	node  any
	place *perldata.Value // of a scalar
}

// note is what checking an image must know of an object: what it is, and whether it is
// blessed into a class. It takes a byte, because an image may have an object in each
// byte.
type note byte

const (
	noteScalar note = iota
	noteList
	noteHash
	noteImmortal
	noteMissing // the immortal undef
)

// noteBlessed is set beside what the object is.
const noteBlessed note = 1 << 7

func (n note) what() note { return n &^ noteBlessed }

func (n note) blessed(blessed bool) note {
	if blessed {
		n |= noteBlessed
	}
	return n
}

// immortal is the tag of a read-only scalar that exists once in Perl. Two places
// that hold it are not aliases of each other.
type immortal byte

// value returns the value of an immortal. A boolean becomes the string that nfreeze
// stores for a copy of it. SV_UNDEF in an array is an element that does not exist;
// SVUNDEF_ELEM is an element that exists.
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
func (d *decoder) add(o object, n note) (int, error) {
	if len(d.notes) >= d.limits.Objects {
		return 0, d.limitError("objects", d.limits.Objects)
	}
	d.notes = append(d.notes, n)
	if d.makes {
		d.objects = append(d.objects, o)
	}
	return len(d.notes) - 1, nil
}

// immortal notes that an object is an immortal.
func (d *decoder) immortal(number int, i immortal) {
	d.notes[number] = noteImmortal
	if i == tagSVUndef {
		d.notes[number] = noteMissing
	}
	if d.makes {
		d.objects[number].node = i
	}
}

// place returns the place of a scalar, or nil.
func (d *decoder) place(number int) *perldata.Value {
	if !d.makes {
		return nil
	}
	return d.objects[number].place
}

// identify returns the identity of a scalar. If the scalar has none, it gets one.
func (d *decoder) identify(number int) *perldata.Scalar {
	o := &d.objects[number]
	if o.node == nil {
		o.node = new(perldata.Scalar)
	}
	d.syncScalar(number) // a part of it may be decoded already
	identity, _ := o.node.(*perldata.Scalar)
	return identity
}

// syncScalar copies the value of a place to the identity of its scalar, if it has
// one. It is called after each change of the place or the identity.
func (d *decoder) syncScalar(number int) {
	if !d.makes {
		return
	}
	o := d.objects[number]
	if o.node == nil {
		return
	}
	if identity, ok := o.node.(*perldata.Scalar); ok && o.place != &identity.Value {
		identity.Adopt(o.place)
	}
}

// objectNumber takes the number of an earlier object.
func (d *decoder) objectNumber() (int, error) {
	number, err := d.bigEndian()
	if err != nil {
		return 0, err
	}
	if uint64(number) >= uint64(len(d.notes)) {
		d.offset -= 4
		return 0, d.corrupt("a number of an object that does not exist")
	}
	return int(number), nil
}

// repeatedScalar makes place an alias of an earlier scalar. It says whether that
// scalar is the immortal undef.
func (d *decoder) repeatedScalar(place *perldata.Value) (missing bool, err error) {
	number, err := d.objectNumber()
	if err != nil {
		return false, err
	}
	missing = d.notes[number] == noteMissing
	if what := d.notes[number].what(); what == noteList || what == noteHash {
		d.offset -= 4
		return false, d.corrupt("an array or a hash in the place of a scalar")
	}
	if place == nil {
		return missing, nil
	}
	if node, ok := d.objects[number].node.(immortal); ok {
		*place = node.value()
	} else {
		*place = d.identify(number).Alias()
	}
	return missing, nil
}

// repeatedReference makes place a reference to an earlier object. It says whether
// that object is blessed into a class.
func (d *decoder) repeatedReference(place *perldata.Value, form perldata.Form) (blessed bool, err error) {
	number, err := d.objectNumber()
	if err != nil {
		return false, err
	}
	blessed = d.notes[number]&noteBlessed != 0
	if place == nil {
		return blessed, nil
	}
	switch node := d.objects[number].node.(type) {
	case *perldata.List:
		*place = perldata.ListFrom(node)
	case *perldata.Hash:
		*place = perldata.HashOf(node)
	case immortal:
		*place = perldata.RefTo(&perldata.Scalar{Value: node.value()})
	default:
		*place = perldata.RefTo(d.identify(number))
	}
	*place = place.WithForm(form)
	return blessed, nil
}
