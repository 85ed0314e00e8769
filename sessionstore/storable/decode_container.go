package storable

import (
	"slices"

	"memcachedsoap/sessionstore/perldata"
)

// The fewest bytes that an element takes: an array's is a tag; a hash's has a
// tag and the length of the key, and maybe flags.
const (
	leastItem         = 1
	leastEntry        = 5
	leastFlaggedEntry = 6
)

// count takes the number of elements of a container. The elements of all open
// containers together must fit into what is left of the image, so that the
// memory set aside for them is bounded by its size.
func (d *decoder) count(least int) (int, error) {
	n, err := d.length()
	if err != nil {
		return 0, err
	}
	if n > (d.remaining()-d.owed)/least {
		d.offset -= 4
		return 0, d.corrupt("more elements than there are bytes for")
	}
	if n > d.limits.Objects-d.elements {
		d.offset -= 4
		return 0, d.beyond("elements", d.limits.Objects)
	}
	d.elements += n
	d.owed += n * least
	d.objects = slices.Grow(d.objects, n) // most elements are objects
	return n, nil
}

func (d *decoder) array(list *perldata.List, blessed bool) error {
	if _, err := d.add(object{thing: list, blessed: blessed}); err != nil {
		return err
	}
	n, err := d.count(leastItem)
	if err != nil {
		return err
	}
	if list != nil {
		list.Items = make([]perldata.Value, n)
	}
	for i := range n {
		d.owed -= leastItem
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
	if _, err = d.add(object{thing: hash, blessed: blessed}); err != nil {
		return err
	}
	least, restricted := leastEntry, false
	if flagged {
		least = leastFlaggedEntry
		if restricted, err = d.hashFlags(); err != nil {
			return err
		}
	}
	n, err := d.count(least)
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
	if d.names.repeat(d.keys[first:]) {
		return d.corrupt("a hash with the same key twice")
	}
	clear(d.keys[first:]) // lest they keep the image in memory
	d.keys = d.keys[:first]
	return nil
}

// hashFlags takes the flags of a hash: there is one that says whether the
// keys are restricted.
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
		case restricted: // else it is a leftover that means nothing
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

// entry decodes a value and its key, which it adds to d.keys. If the key is
// only reserved, the place is free for another value.
func (d *decoder) entry(place *perldata.Value, flagged, restricted bool) (k key, err error) {
	d.owed -= leastEntry
	if flagged {
		d.owed -= leastFlaggedEntry - leastEntry
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
