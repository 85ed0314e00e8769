package perldata

import (
	"iter"
	"slices"
)

// Hash holds named values in the order in which they were added. Its zero
// value is empty and ready for use. A name is a string of characters in
// UTF-8, whatever its form in the store.
//
// A new value under a name that is there keeps the form of the name.
//
// A Hash must not be used from several goroutines at the same time, not even
// for reading: the first search for a name in a large one makes an index.
type Hash struct {
	Class       string       // Perl's class of an object made of a hash, else ""
	Restriction *Restriction // nil unless a Perl program has locked the keys

	entries []Entry
	index   map[string]int // name → position; nil until find needs it
}

// Entry is a name with its value, as a codec sees it.
type Entry struct {
	Name   string
	Form   KeyForm
	Locked bool // the value is read-only in Perl; means something in a restricted hash only
	Value  Value
}

// KeyForm is what the store knows about a name beyond its characters.
type KeyForm uint8

// The forms of a name.
const (
	KeyDefault KeyForm = iota // the codec chooses
	KeyBytes                  // without Perl's UTF-8 flag: the characters are Latin-1
	KeyUTF8                   // with the flag
	KeyWasUTF8                // Latin-1, given to Perl with the flag
)

// Restriction says that a Perl program has locked the keys of a hash
// (Hash::Util). It is kept and not enforced.
type Restriction struct {
	Reserved []Entry // names that Perl may use but that have no value yet
}

// NewHash makes an empty hash with room for n entries.
func NewHash(n int) *Hash { return &Hash{entries: make([]Entry, 0, n)} }

// Fill replaces all entries. It is for codecs, who see to it that no name
// occurs twice: the hash takes over the slice as it is, so that pointers into
// it stay valid until the next change of the hash.
func (h *Hash) Fill(entries []Entry) { h.entries, h.index = entries, nil }

// Entries returns the entries in order. It is for codecs; the slice belongs
// to the hash and must not be changed.
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

// indexFrom is the number of entries above which a hash makes an index when a
// name is looked for: up to it a walk is fast enough and needs no memory.
const indexFrom = 32

// find returns the position of name, or -1.
func (h *Hash) find(name string) int {
	if h.index == nil && len(h.entries) > indexFrom {
		h.index = indexOf(h.entries)
	}
	if h.index != nil {
		if i, ok := h.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range h.entries {
		if h.entries[i].Name == name {
			return i
		}
	}
	return -1
}

// Get returns the value of name, and whether there is one.
func (h *Hash) Get(name string) (Value, bool) {
	i := h.find(name)
	if i < 0 {
		return Value{}, false
	}
	return h.entries[i].Value, true
}

// Set gives name a value: a new entry at the end, or in the place of the old
// value.
func (h *Hash) Set(name string, v Value) {
	if i := h.find(name); i >= 0 {
		h.entries[i].Value = v
		return
	}
	h.append(name, v)
}

// Add adds an entry, or returns false and changes nothing if name is taken.
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
	if h.index != nil {
		h.index[name] = len(h.entries) - 1
	}
}

// release takes a name that gets a value off the reserved ones and returns
// its form.
func (r *Restriction) release(name string) KeyForm {
	i := slices.IndexFunc(r.Reserved, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return KeyDefault
	}
	form := r.Reserved[i].Form
	r.Reserved = slices.Delete(r.Reserved, i, i+1)
	return form
}

func indexOf(entries []Entry) map[string]int {
	index := make(map[string]int, len(entries)+len(entries)/2)
	for i := range entries {
		index[entries[i].Name] = i
	}
	return index
}

// Delete removes the entry of name and returns whether there was one. The
// order of the others stays.
func (h *Hash) Delete(name string) bool {
	i := h.find(name)
	if i < 0 {
		return false
	}
	h.entries = slices.Delete(h.entries, i, i+1)
	if h.index != nil {
		delete(h.index, name)
		for j := i; j < len(h.entries); j++ {
			h.index[h.entries[j].Name] = j
		}
	}
	return true
}
