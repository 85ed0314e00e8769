package storable

import "memcachedsoap/sessionstore"

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
	return n, nil
}

func (d *decoder) array(list *sessionstore.List) error {
	if err := d.add(list); err != nil {
		return err
	}
	n, err := d.count(leastItem)
	if err != nil {
		return err
	}
	list.Items = make([]sessionstore.Value, n)
	for i := range list.Items {
		d.owed -= leastItem
		if err := d.element(&list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) hash(hash *sessionstore.Hash, flagged bool) error {
	if err := d.add(hash); err != nil {
		return err
	}
	least := leastEntry
	if flagged {
		least = leastFlaggedEntry
		if err := d.hashFlags(hash); err != nil {
			return err
		}
	}
	n, err := d.count(least)
	if err != nil {
		return err
	}
	entries := make([]sessionstore.Entry, n)
	filled := 0
	for range n {
		d.owed -= least
		entry := &entries[filled]
		reserved, err := d.entry(entry, flagged)
		if err != nil {
			return err
		}
		switch {
		case !reserved:
			filled++
		case hash.Restriction != nil: // else it is a leftover that means nothing
			hash.Restriction.Reserved = append(hash.Restriction.Reserved, *entry)
		}
	}
	if !hash.Fill(entries[:filled]) || reservesUsed(hash) {
		return d.corrupt("a hash with the same key twice")
	}
	return nil
}

func (d *decoder) hashFlags(hash *sessionstore.Hash) error {
	flags, err := d.byte()
	if err != nil {
		return err
	}
	if flags&^hashRestricted != 0 {
		d.offset--
		return d.corrupt("an unknown flag of a hash")
	}
	if flags&hashRestricted != 0 {
		hash.Restriction = new(sessionstore.Restriction)
	}
	return nil
}

// entry decodes a value and its key, and says whether the key is only
// reserved: the place of the value is then free for another.
func (d *decoder) entry(e *sessionstore.Entry, flagged bool) (reserved bool, err error) {
	if err := d.element(&e.Value); err != nil {
		return false, err
	}
	var flags byte
	if flagged {
		if flags, err = d.keyFlags(); err != nil {
			return false, err
		}
	}
	key, err := d.long()
	if err != nil {
		return false, err
	}
	e.Name, e.Form = nameOf(key, flags)
	e.Locked = flags&keyLocked != 0
	if flags&keyPlaceholder == 0 {
		return false, nil
	}
	if e.Value != immortal(tagSVUndef).value() {
		return false, d.corrupt("a reserved key with a value")
	}
	return true, nil
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

// reservesUsed says whether a reserved key also has a value.
func reservesUsed(hash *sessionstore.Hash) bool {
	if hash.Restriction == nil {
		return false
	}
	for _, reserved := range hash.Restriction.Reserved {
		if _, used := hash.Get(reserved.Name); used {
			return true
		}
	}
	return false
}
