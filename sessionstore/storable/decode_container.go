package storable

import (
	"slices"

	"memcachedsoap/sessionstore/perldata"
)

// The least number of bytes of an element. An element of an array has a tag. An
// entry of a hash has a tag and the length of the key, and flags in a flagged hash.
const (
	minItem         = 1
	minEntry        = 5
	minFlaggedEntry = 6
)

// elementsOf takes the number of elements of a container. The elements of all open
// containers together must fit into the rest of the image, so that the size of the
// image bounds the memory that is allocated for them.
func (d *decoder) elementsOf(minBytes int) (int, error) {
	n, err := d.length()
	if err != nil {
		return 0, err
	}
	if n > (d.remaining()-d.pending)/minBytes {
		d.offset -= 4
		return 0, d.corrupt("more elements than the image has bytes for")
	}
	if n > d.limits.Objects-d.elements {
		d.offset -= 4
		return 0, d.limitError("elements", d.limits.Objects)
	}
	d.elements += n
	d.pending += n * minBytes
	return n, nil
}

// count takes the number of elements of a container, and the memory for them.
func (d *decoder) count(minBytes int) (int, error) {
	n, err := d.elementsOf(minBytes)
	if err != nil {
		return 0, err
	}
	memory := perNote
	if minBytes != minItem {
		memory += perKey
	}
	switch {
	case !d.makes:
	case minBytes == minItem:
		memory += perObject + perItem
	default:
		memory += perObject + perEntry
	}
	if err := d.use(int64(n) * memory); err != nil {
		return 0, err
	}
	d.notes = slices.Grow(d.notes, n) // most elements are objects
	if d.makes {
		d.objects = slices.Grow(d.objects, n)
	}
	return n, nil
}

func (d *decoder) array(list *perldata.List, blessed bool) error {
	if _, err := d.add(object{node: list}, noteList.blessed(blessed)); err != nil {
		return err
	}
	n, err := d.count(minItem)
	if err != nil {
		return err
	}
	if list != nil {
		list.Items = make([]perldata.Value, n)
	}
	for i := range n {
		d.pending -= minItem
		var place *perldata.Value
		if list != nil {
			place = &list.Items[i]
		}
		if _, err := d.element(place); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) hash(hash *perldata.Hash, blessed, flagged bool) (err error) {
	if _, err = d.add(object{node: hash}, noteHash.blessed(blessed)); err != nil {
		return err
	}
	minBytes, restricted := minEntry, false
	if flagged {
		minBytes = minFlaggedEntry
		if restricted, err = d.hashFlags(); err != nil {
			return err
		}
	}
	n, err := d.count(minBytes)
	if err != nil {
		return err
	}
	first := len(d.keys)
	d.keys = slices.Grow(d.keys, n)
	if hash != nil {
		err = d.entries(hash, n, flagged, restricted)
	} else {
		err = d.checkEntries(n, flagged, restricted)
	}
	if err != nil {
		return err
	}
	if d.hasDuplicate(d.keys[first:]) {
		return d.corrupt("a duplicate key in a hash")
	}
	clear(d.keys[first:]) // they would keep the image in memory
	d.keys = d.keys[:first]
	return nil
}

// hashFlags takes the flags of a hash. The only known flag says that the keys are
// restricted.
func (d *decoder) hashFlags() (restricted bool, err error) {
	flags, err := d.byte()
	if err != nil {
		return false, err
	}
	if flags&^hashRestricted != 0 {
		d.offset--
		return false, d.corrupt("an unknown flag of a hash")
	}
	return flags&hashRestricted != 0, nil
}

// entries decodes n entries of a hash.
func (d *decoder) entries(hash *perldata.Hash, n int, flagged, restricted bool) error {
	if restricted {
		hash.Restriction = new(perldata.Restriction)
	}
	entries := make([]perldata.Entry, n)
	filled := 0
	for range n {
		entry := &entries[filled]
		k, err := d.entry(&entry.Value, flagged, restricted)
		if err != nil {
			return err
		}
		entry.Name, entry.Form, entry.Locked = k.name, k.form, k.locked
		switch {
		case !k.reserved:
			filled++
		case restricted: // without a restriction a reserved key means nothing
			hash.Restriction.Reserved = append(hash.Restriction.Reserved, *entry)
		}
	}
	hash.Fill(entries[:filled])
	return nil
}

func (d *decoder) checkEntries(n int, flagged, restricted bool) error {
	for range n {
		if _, err := d.entry(nil, flagged, restricted); err != nil {
			return err
		}
	}
	return nil
}

// entry decodes a value and its key, and adds the key to d.keys. If the key is
// only reserved, the place is free for another value.
func (d *decoder) entry(place *perldata.Value, flagged, restricted bool) (k key, err error) {
	d.pending -= minEntry
	if flagged {
		d.pending -= minFlaggedEntry - minEntry
	}
	missing, err := d.element(place)
	if err != nil {
		return key{}, err
	}
	var flags byte
	if flagged {
		if flags, err = d.keyFlags(); err != nil {
			return key{}, err
		}
	}
	stored, err := d.long()
	if err != nil {
		return key{}, err
	}
	k = keyFrom(stored, flags)
	if k.reserved && !missing {
		return key{}, d.corrupt("a reserved key with a value")
	}
	if restricted || !k.reserved {
		d.keys = append(d.keys, k)
	}
	return k, nil
}

func (d *decoder) keyFlags() (byte, error) {
	flags, err := d.byte()
	if err != nil {
		return 0, err
	}
	switch {
	case flags&keyIsScalar != 0:
		return 0, &UnsupportedError{Tag: tagFlagHash, What: "a FLAG_HASH key that is an object", Offset: d.offset - 1}
	case flags&^(keyUTF8|keyWasUTF8|keyLocked|keyPlaceholder) != 0, flags&keyUTF8 != 0 && flags&keyWasUTF8 != 0:
		d.offset--
		return 0, d.corrupt("an unknown combination of flags of a key")
	}
	return flags, nil
}
