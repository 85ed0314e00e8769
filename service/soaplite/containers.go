package soaplite

import (
	"strconv"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// remember keeps the value of an element while its content is read, which may refer
// to the element.
func (r *Reader) remember(at int32, v perldata.Value) {
	if l := r.nodes[at].link; l > 0 && r.links[l-1].state == open {
		r.links[l-1].state, r.values[r.links[l-1].value] = known, v
	}
}

// slab is how many hashes, and how many entries, are allocated together: a message may
// have many small structs.
const slab = 64

// newHash returns an empty hash.
func (r *Reader) newHash() *perldata.Hash {
	if len(r.hashes) == 0 {
		r.hashes = make([]perldata.Hash, min(slab, 1+len(r.nodes)/2))
	}
	h := &r.hashes[0]
	r.hashes = r.hashes[1:]
	return h
}

// newEntries returns room for n entries.
func (r *Reader) newEntries(n int) []perldata.Entry {
	if n > slab/4 {
		return make([]perldata.Entry, 0, n)
	}
	if n > len(r.entries) {
		r.entries = make([]perldata.Entry, max(n, min(slab, len(r.nodes))))
	}
	room := r.entries[:0:n]
	r.entries = r.entries[n:]
	return room
}

// structure sets place to a hash of the children by their names. Children with the
// same name become a list (SOAP::Lite since 0.65).
func (r *Reader) structure(at int32, place *perldata.Value) error {
	h := r.newHash()
	*place = perldata.HashOf(h)
	r.remember(at, *place)
	entries := r.newEntries(r.findNames(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		var held *perldata.Value
		if n := &r.nodes[i]; n.named > 0 { // the first child with the name
			entry := len(entries)
			entries = append(entries, perldata.Entry{Name: r.keep(r.scan.Bytes(n.name)), Form: perldata.KeyWasUTF8})
			held = &entries[entry].Value
			if n.named > 1 {
				l := &perldata.List{Items: make([]perldata.Value, 1, n.named)}
				*held, held = perldata.ListFrom(l), &l.Items[0]
			}
			n.named = int32(entry)
		} else {
			l := entries[r.nodes[-n.named].named].Value.List()
			l.Items = append(l.Items, perldata.Value{})
			held = &l.Items[len(l.Items)-1]
		}
		if err := r.value(i, held); err != nil {
			return err
		}
	}
	h.Fill(entries)
	return nil
}

// findNames finds the children of an element that have the same name, and returns how
// many names they have. It sets named of the first child with a name to the number of
// children with the name, and named of each other one to the index of the first,
// negative.
func (r *Reader) findNames(at int32) (names int) {
	r.names.Reset(r.count(at))
	var name []byte
	same := func(other int) bool { return string(r.scan.Bytes(r.nodes[other].name)) == string(name) }
	first := 0
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		name = r.scan.Bytes(r.nodes[i].name)
		if first == 0 || !same(first) { // most repeated names follow each other
			var added bool
			if first, added = r.names.AddBytes(name, int(i), same); added {
				r.nodes[i].named = 1
				names++
				continue
			}
		}
		r.nodes[i].named = int32(-first)
		r.nodes[first].named++
	}
	return names
}

// maxPadded is the greatest number of items that the arrays of a message declare and do
// not have: a short message must not make a large session.
const maxPadded = 1000

// list sets place to a list of the children. If the array declares more items, the rest
// is undef.
func (r *Reader) list(at int32, place *perldata.Value) error {
	l := new(perldata.List)
	*place = perldata.ListFrom(l)
	r.remember(at, *place)
	declared, n := 0, r.count(at)
	if l := r.nodes[at].link; l > 0 {
		declared = int(r.links[l-1].declared)
	}
	if declared > 0 && n > declared {
		return soap.ClientFault("An array has more items than its declared size. Declare the size that it has.")
	}
	if missing := declared - n; missing > 0 {
		r.padded += missing
		if r.padded > maxPadded {
			return soap.ClientFault("The arrays of the message declare more than " + strconv.Itoa(maxPadded) + " items that they do not have. Send all items, or declare fewer.")
		}
		if r.padded > r.MaxEntries-len(r.nodes) {
			return soap.ClientFault("The declared sizes of the arrays exceed the limit of " + strconv.Itoa(r.MaxEntries) + " values in a message.")
		}
		n = declared
	}
	items, next := make([]perldata.Value, n), 0
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		if err := r.value(i, &items[next]); err != nil {
			return err
		}
		next++
	}
	l.Items = items
	return nil
}

// keyed sets place to a hash for Apache's Map, whose children each have a key and a
// value.
func (r *Reader) keyed(at int32, place *perldata.Value) error {
	h := new(perldata.Hash)
	*place = perldata.HashOf(h)
	r.remember(at, *place)
	list := make([]perldata.Value, 0, 2*r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		var item perldata.Value
		if err := r.value(i, &item); err != nil {
			return err
		}
		if item.Kind() != perldata.KindHash {
			return soap.ClientFault("An item of a Map has no elements key and value. Send both.")
		}
		key, _ := item.Hash().Get("key")
		held, _ := item.Hash().Get("value")
		list = append(list, key, held)
	}
	return fillPairs(h, list)
}

// Pairs returns a hash of a list with keys and values in turn, as Perl does: the
// last of equal keys wins, the value of a last key without one is undef, and an
// undefined key is "". A key that is not a scalar is a [soap.ClientFault].
func Pairs(list []perldata.Value) (*perldata.Hash, error) {
	h := new(perldata.Hash)
	return h, fillPairs(h, list)
}

// fillPairs is [Pairs] for an existing hash.
func fillPairs(h *perldata.Hash, list []perldata.Value) error {
	entries := make([]perldata.Entry, 0, (len(list)+1)/2)
	var names perldata.NameSet
	names.Reset(cap(entries))
	var name string
	same := func(other int) bool { return entries[other].Name == name }
	for i := 0; i < len(list); i += 2 {
		entry, err := entryOf(list[i])
		if err != nil {
			return err
		}
		if i+1 < len(list) {
			entry.Value = list[i+1]
		}
		name = entry.Name
		if first, added := names.Add(name, len(entries), same); added {
			entries = append(entries, entry)
		} else {
			entries[first] = entry
		}
	}
	h.Fill(entries)
	return nil
}

// entryOf returns an entry without a value. A key of characters had the UTF-8 flag in
// Perl, a key of bytes had not.
func entryOf(key perldata.Value) (perldata.Entry, error) {
	switch key.Kind() {
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		return perldata.Entry{}, soap.ClientFault("The name of a value is a struct, a Map or an array. Send names and values in turn; a name is a string.")
	case perldata.KindText:
		return perldata.Entry{Name: key.Str(), Form: perldata.KeyWasUTF8}, nil
	default:
		return perldata.Entry{Name: perldata.Latin1ToUTF8(Text(key)), Form: perldata.KeyBytes}, nil
	}
}
