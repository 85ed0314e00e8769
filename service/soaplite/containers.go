package soaplite

import (
	"strconv"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// remember keeps the value of an element while its content is read, which may refer
// to the element.
func (r *Reader) remember(at int32, v perldata.Value) {
	if r.open[at] {
		r.values[at] = v
	}
}

// structure returns a hash of the children by their names. Children with the same
// name become a list (SOAP::Lite since 0.65).
func (r *Reader) structure(at int32) (perldata.Value, error) {
	h := new(perldata.Hash)
	v := perldata.HashOf(h)
	r.remember(at, v)
	entries := make([]perldata.Entry, 0, r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		held, err := r.value(i)
		if err != nil {
			return v, err
		}
		entries = append(entries, perldata.Entry{Name: r.keep(r.nodes[i].name), Form: perldata.KeyWasUTF8, Value: held})
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
	seen := make(map[string]struct{}, len(entries))
	for i := range entries {
		seen[entries[i].Name] = struct{}{}
	}
	return len(seen) < len(entries)
}

// listRepeated replaces entries with the same name by one entry with a list.
func listRepeated(entries []perldata.Entry) []perldata.Entry {
	first := make(map[string]int, len(entries))
	lists := map[string]*perldata.List{}
	kept := entries[:0]
	for _, e := range entries {
		i, again := first[e.Name]
		if !again {
			first[e.Name] = len(kept)
			kept = append(kept, e)
			continue
		}
		l := lists[e.Name]
		if l == nil {
			l = &perldata.List{Items: []perldata.Value{kept[i].Value}}
			lists[e.Name] = l
			kept[i].Value = perldata.ListFrom(l)
		}
		l.Items = append(l.Items, e.Value)
	}
	return kept
}

// list returns a list of the children. If the array declares more items, the rest
// is undef.
func (r *Reader) list(at int32) (perldata.Value, error) {
	l := new(perldata.List)
	v := perldata.ListFrom(l)
	r.remember(at, v)
	declared, n := r.linked[at].declared, r.count(at)
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
