package soaplite

import (
	"unicode/utf8"

	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
)

// remember makes the value of an element known to what is inside of it, which
// may refer to it.
func (r *Reader) remember(at int32, v sessionstore.Value) {
	if r.open[at] {
		r.values[at] = v
	}
}

// structure makes a hash of children by their names. Children of one name
// become a list (SOAP::Lite since 0.65).
func (r *Reader) structure(at int32) (sessionstore.Value, error) {
	h := new(sessionstore.Hash)
	v := sessionstore.HashOf(h)
	r.remember(at, v)
	entries := make([]sessionstore.Entry, 0, r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		held, err := r.value(i)
		if err != nil {
			return v, err
		}
		entries = append(entries, sessionstore.Entry{Name: r.keep(r.nodes[i].name), Form: sessionstore.KeyWasUTF8, Value: held})
	}
	if repeatsName(entries) {
		entries = listRepeated(entries)
	}
	h.Fill(entries)
	return v, nil
}

// repeatsName says whether two entries have the same name.
func repeatsName(entries []sessionstore.Entry) bool {
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
func listRepeated(entries []sessionstore.Entry) []sessionstore.Entry {
	first := make(map[string]int, len(entries))
	lists := map[string]*sessionstore.List{}
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
			l = &sessionstore.List{Items: []sessionstore.Value{kept[i].Value}}
			lists[e.Name] = l
			kept[i].Value = sessionstore.ListFrom(l)
		}
		l.Items = append(l.Items, e.Value)
	}
	return kept
}

// list makes a list of children. One that is shorter than it claims to be is
// filled with undef.
func (r *Reader) list(at int32) (sessionstore.Value, error) {
	l := new(sessionstore.List)
	v := sessionstore.ListFrom(l)
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
	items := make([]sessionstore.Value, 0, n)
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
func (r *Reader) keyed(at int32) (sessionstore.Value, error) {
	h := new(sessionstore.Hash)
	v := sessionstore.HashOf(h)
	r.remember(at, v)
	list := make([]sessionstore.Value, 0, 2*r.count(at))
	for i := at + 1; i < r.nodes[at].end; i = r.nodes[i].end {
		item, err := r.value(i)
		if err != nil {
			return v, err
		}
		if item.Kind() != sessionstore.KindHash {
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
func Pairs(list []sessionstore.Value) (*sessionstore.Hash, error) {
	h := new(sessionstore.Hash)
	return h, fillPairs(h, list)
}

func fillPairs(h *sessionstore.Hash, list []sessionstore.Value) error {
	entries := make([]sessionstore.Entry, 0, (len(list)+1)/2)
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
func lastOfEach(entries []sessionstore.Entry) []sessionstore.Entry {
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
func entryOf(key sessionstore.Value) (sessionstore.Entry, error) {
	switch key.Kind() {
	case sessionstore.KindList, sessionstore.KindHash, sessionstore.KindRef:
		return sessionstore.Entry{}, soap.ClientFault("The name of a value is a struct, a Map or an array. Send a list of names and values in turn.")
	case sessionstore.KindText:
		return sessionstore.Entry{Name: key.Str(), Form: sessionstore.KeyWasUTF8}, nil
	default:
		return sessionstore.Entry{Name: fromLatin1(Text(key)), Form: sessionstore.KeyBytes}, nil
	}
}

// fromLatin1 returns the characters that Perl takes bytes for.
func fromLatin1(bytes string) string {
	for i := range len(bytes) {
		if bytes[i] >= utf8.RuneSelf {
			return string(runes([]byte(bytes)))
		}
	}
	return bytes
}
