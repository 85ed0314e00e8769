package perldata

import (
	"iter"
	"slices"
)

// Hash holds named values in the order in which they were added. Its zero value is
// empty and ready for use. A name is a string of characters in UTF-8, in every form
// of the stored key. A name keeps its form when its value is replaced.
//
// Two goroutines must not use a Hash at the same time, not even for reading: the
// first search for a name in a large hash makes an index.
type Hash struct {
	Class       string       // the Perl class if the hash is an object, else ""
	Restriction *Restriction // nil unless a Perl program has locked the keys

	entries  []Entry
	index    *NameSet // of the positions of the names; nil until find needs it
	searches uint8    // so far, without an index
	mark     mark
}

// Entry is a name with its value. It is for codecs.
type Entry struct {
	Name   string
	Form   KeyForm
	Locked bool // the value is read-only in Perl; only used in a restricted hash
	Value  Value
}

// KeyForm is the form in which a name is stored.
type KeyForm uint8

// The forms of a name.
const (
	KeyDefault KeyForm = iota // the codec chooses
	KeyBytes                  // without Perl's UTF-8 flag: the stored key is Latin-1
	KeyUTF8                   // with the UTF-8 flag
	KeyWasUTF8                // Latin-1, but Perl got the name with the UTF-8 flag
)

// Restriction says that a Perl program has locked the keys of a hash (Hash::Util).
// It is stored again, and not enforced here.
type Restriction struct {
	Reserved []Entry // names that Perl allows and that have no value yet, in any order

	index map[string]int // the position of each name; nil until release needs it
}

// NewHash makes an empty hash with room for n entries.
func NewHash(n int) *Hash { return &Hash{entries: make([]Entry, 0, n)} }

// Fill replaces all entries. It is for codecs; the caller makes sure that no name
// occurs twice. The hash owns the slice from now on: pointers to its elements are
// valid until the next change of the hash.
func (h *Hash) Fill(entries []Entry) { h.entries, h.index, h.searches = entries, nil, 0 }

// Grow makes room for n more entries.
func (h *Hash) Grow(n int) { h.entries = slices.Grow(h.entries, n) }

// Entries returns the entries in order. It is for codecs; the caller must not change
// the slice.
func (h *Hash) Entries() []Entry { return h.entries }

// Len returns the number of entries.
func (h *Hash) Len() int { return len(h.entries) }

// All yields the entries in order.
func (h *Hash) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range h.entries {
			if !yield(h.entries[i].Name, h.entries[i].Value) {
				return
			}
		}
	}
}

// The first searches in a hash, and all those in a hash of few entries, look at the
// entries one after the other: that is fast enough and needs no memory. Then find makes
// an index.
const (
	indexFrom   = 32
	fewSearches = 8
)

// find returns the position of name, or -1.
func (h *Hash) find(name string) int {
	if h.index == nil && len(h.entries) > indexFrom {
		if h.searches++; h.searches > fewSearches {
			h.makeIndex()
		}
	}
	if h.index != nil {
		return h.index.find(name, func(i int) bool { return h.entries[i].Name == name })
	}
	for i := range h.entries {
		if h.entries[i].Name == name {
			return i
		}
	}
	return -1
}

// makeIndex makes an index with room for twice as many entries.
func (h *Hash) makeIndex() {
	if h.index == nil {
		h.index = new(NameSet)
	}
	h.index.Reset(2 * len(h.entries))
	for i := range h.entries {
		h.index.put(h.entries[i].Name, i)
	}
}

// Get returns the value of name, and whether there is one.
func (h *Hash) Get(name string) (Value, bool) {
	i := h.find(name)
	if i < 0 {
		return Value{}, false
	}
	return h.entries[i].Value, true
}

// Set gives name a value. It replaces the old value or adds an entry at the end.
func (h *Hash) Set(name string, v Value) {
	if i := h.find(name); i >= 0 {
		h.entries[i].Value = v
		return
	}
	h.append(name, v)
}

// Add adds an entry at the end. It returns false and changes nothing if the hash has
// the name already.
func (h *Hash) Add(name string, v Value) bool {
	if h.find(name) >= 0 {
		return false
	}
	h.append(name, v)
	return true
}

func (h *Hash) append(name string, v Value) {
	entry := Entry{Name: name, Value: v}
	if h.Restriction != nil {
		entry.Form = h.Restriction.release(name)
	}
	h.entries = append(h.entries, entry)
	switch {
	case h.index == nil:
	case h.index.isFull(len(h.entries)):
		h.makeIndex()
	default:
		h.index.put(name, len(h.entries)-1)
	}
}

// release removes a name that gets a value from the reserved names and returns its
// form. The last reserved name takes its place.
func (r *Restriction) release(name string) KeyForm {
	if r.index == nil {
		r.makeIndex()
	}
	i, reserved := r.index[name]
	if !reserved {
		return KeyDefault
	}
	form := r.Reserved[i].Form
	last := len(r.Reserved) - 1
	r.index[r.Reserved[last].Name] = i
	r.Reserved[i] = r.Reserved[last]
	r.Reserved = r.Reserved[:last]
	delete(r.index, name)
	return form
}

// makeIndex makes the index. Of a name that is reserved twice, the first counts.
func (r *Restriction) makeIndex() {
	r.index = make(map[string]int, len(r.Reserved))
	kept := r.Reserved[:0]
	for _, e := range r.Reserved {
		if _, twice := r.index[e.Name]; !twice {
			r.index[e.Name] = len(kept)
			kept = append(kept, e)
		}
	}
	r.Reserved = kept
}

// DeleteAll removes the entries of names; those that do not exist are skipped. The
// other entries keep their order. It takes one pass, however many names there are.
func (h *Hash) DeleteAll(names []string) {
	if len(names) == 0 {
		return
	}
	remove := make(map[string]struct{}, len(names))
	for _, name := range names {
		remove[name] = struct{}{}
	}
	h.Fill(slices.DeleteFunc(h.entries, func(e Entry) bool {
		_, gone := remove[e.Name]
		return gone
	}))
}

// Delete removes the entry of name and returns whether there was one. The other
// entries keep their order. To remove many, use [Hash.DeleteAll].
func (h *Hash) Delete(name string) bool {
	i := h.find(name)
	if i < 0 {
		return false
	}
	h.Fill(slices.Delete(h.entries, i, i+1))
	return true
}
