package soaplite

import (
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// remember makes the value of an element known to what is inside of it, which
// may refer to it.
func (r *Reader) remember(at int32, v perldata.Value) {
	if r.open[at] {
		r.values[at] = v
	}
}

// structure makes a hash of children by their names. Children of one name
// become a list (SOAP::Lite since 0.65).
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

// repeatsName says whether two entries have the same name.
func repeatsName(entries []perldata.Entry) bool {
	const few = 32 // up to here a walk is faster than a map and needs no memory
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

// listRepeated makes one entry, with a list, of those with the same name.
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

// list makes a list of children. One that is shorter than it claims to be is
// filled with undef.
func (r *Reader) list(at int32) (perldata.Value, error) {
	l := new(perldata.List)
	v := perldata.ListFrom(l)
	r.remember(at, v)
	claimed, n := r.linked[at].claimed, r.count(at)
	if claimed > 0 && n > claimed {
		return v, soap.ClientFault("An array has more items than it claims to have.")
	}
	if missing := claimed - n; missing > 0 {
		if r.padded += missing; r.padded > r.MaxEntries-len(r.nodes) {
			return v, soap.ClientFault("An array claims to have more items than this service takes.")
		}
		n = claimed
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

// keyed makes a hash of Apache's Map: children with a key and a value each.
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
			return v, soap.ClientFault("An item of a Map has no key and value.")
		}
		key, _ := item.Hash().Get("key")
		held, _ := item.Hash().Get("value")
		list = append(list, key, held)
	}
	return v, fillPairs(h, list)
}

// Pairs makes a hash of keys and values in turn, as Perl does of a list: of
// equal keys the last counts, a last key without a value has undef, and an
// undefined key is "". A key that is no scalar is a [soap.ClientFault].
func Pairs(list []perldata.Value) (*perldata.Hash, error) {
	h := new(perldata.Hash)
	return h, fillPairs(h, list)
}

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

// lastOfEach keeps the last entry of each name.
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

// entryOf makes an entry without a value. A key of characters has had the
// UTF-8 flag, one of bytes has not.
func entryOf(key perldata.Value) (perldata.Entry, error) {
	switch key.Kind() {
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		return perldata.Entry{}, soap.ClientFault("The name of a value is a struct, a Map or an array. Send a list of names and values in turn.")
	case perldata.KindText:
		return perldata.Entry{Name: key.Str(), Form: perldata.KeyWasUTF8}, nil
	default:
		return perldata.Entry{Name: perldata.Latin1ToUTF8(Text(key)), Form: perldata.KeyBytes}, nil
	}
}
