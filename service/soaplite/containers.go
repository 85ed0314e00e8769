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

// structure returns a hash of the children by their names. Children with the same
// name become a list (SOAP::Lite since 0.65).
func (r *Reader) structure(at int32) (perldata.Value, error) {
	h := r.newHash()
	v := perldata.HashOf(h)
	r.remember(at, v)
	entries := r.newEntries(r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		held, err := r.value(i)
		if err != nil {
			return v, err
		}
		entries = append(entries, perldata.Entry{Name: r.keep(r.scan.Bytes(r.nodes[i].name)), Form: perldata.KeyWasUTF8, Value: held})
	}
	if repeatsName(entries) {
		entries = listRepeated(entries)
	}
	h.Fill(entries)
	return v, nil
}

// repeatsName reports whether two entries have the same name.
func repeatsName(entries []perldata.Entry) bool {
	const few = 32 // up to here comparing all is faster than a map, and needs no memory
	if len(entries) <= few {
		for i := range entries {
			for j := range i {
				if entries[i].Name == entries[j].Name {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[string]struct{}, min(len(entries), 1024)) // grows if the names differ
	for i := range entries {
		if seen[entries[i].Name] = struct{}{}; len(seen) <= i {
			return true
		}
	}
	return false
}

// listRepeated replaces entries with the same name by one entry with a list.
func listRepeated(entries []perldata.Entry) []perldata.Entry {
	names := make(map[string]*repeated)
	of := make([]*repeated, len(entries))
	for i := range entries {
		n := names[entries[i].Name]
		if n == nil {
			n = &repeated{first: -1}
			names[entries[i].Name] = n
		}
		n.count++
		of[i] = n
	}
	kept := entries[:0]
	for i, e := range entries {
		n := of[i]
		if n.first < 0 {
			n.first = len(kept)
			kept = append(kept, e)
			continue
		}
		if n.list == nil {
			n.list = &perldata.List{Items: make([]perldata.Value, 1, n.count)}
			n.list.Items[0] = kept[n.first].Value
			kept[n.first].Value = perldata.ListFrom(n.list)
		}
		n.list.Items = append(n.list.Items, e.Value)
	}
	return kept
}

// repeated is a name that entries have.
type repeated struct {
	count int // of the entries
	first int // index of the entry that is kept; -1 before it is
	list  *perldata.List
}

// list returns a list of the children. If the array declares more items, the rest
// is undef.
func (r *Reader) list(at int32) (perldata.Value, error) {
	l := new(perldata.List)
	v := perldata.ListFrom(l)
	r.remember(at, v)
	declared, n := 0, r.count(at)
	if l := r.nodes[at].link; l > 0 {
		declared = int(r.links[l-1].declared)
	}
	if declared > 0 && n > declared {
		return v, soap.ClientFault("An array has more items than its declared size. Declare the size that it has.")
	}
	if missing := declared - n; missing > 0 {
		if r.padded += missing; r.padded > r.MaxEntries-len(r.nodes) {
			return v, soap.ClientFault("The declared sizes of the arrays exceed the limit of " + strconv.Itoa(r.MaxEntries) + " values in a message.")
		}
		n = declared
	}
	items := make([]perldata.Value, 0, n)
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		item, err := r.value(i)
		if err != nil {
			return v, err
		}
		items = append(items, item)
	}
	l.Items = items[:n]
	return v, nil
}

// keyed returns a hash for Apache's Map, whose children each have a key and a value.
func (r *Reader) keyed(at int32) (perldata.Value, error) {
	h := new(perldata.Hash)
	v := perldata.HashOf(h)
	r.remember(at, v)
	list := make([]perldata.Value, 0, 2*r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		item, err := r.value(i)
		if err != nil {
			return v, err
		}
		if item.Kind() != perldata.KindHash {
			return v, soap.ClientFault("An item of a Map has no elements key and value. Send both.")
		}
		key, _ := item.Hash().Get("key")
		held, _ := item.Hash().Get("value")
		list = append(list, key, held)
	}
	return v, fillPairs(h, list)
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
	for i := 0; i < len(list); i += 2 {
		entry, err := entryOf(list[i])
		if err != nil {
			return err
		}
		if i+1 < len(list) {
			entry.Value = list[i+1]
		}
		entries = append(entries, entry)
	}
	if repeatsName(entries) {
		entries = lastOfEach(entries)
	}
	h.Fill(entries)
	return nil
}

// lastOfEach keeps only the last entry of each name.
func lastOfEach(entries []perldata.Entry) []perldata.Entry {
	first := make(map[string]int, len(entries))
	kept := entries[:0]
	for _, e := range entries {
		if i, again := first[e.Name]; again {
			kept[i] = e
			continue
		}
		first[e.Name] = len(kept)
		kept = append(kept, e)
	}
	return kept
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
