package storable

import (
	"slices"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
)

func (e *encoder) list(l *perldata.List) error {
	if number, again := e.visit.List(l); !e.start(number, again, l.Class) {
		return nil
	}
	e.dst = append(e.dst, tagArray)
	e.length(len(l.Items))
	e.elements += len(l.Items)
	for i := range l.Items {
		if err := e.scalar(&l.Items[i], true); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) hash(h *perldata.Hash) error {
	if number, again := e.visit.Hash(h); !e.start(number, again, h.Class) {
		return nil
	}
	if e.depth > perlHashDepth {
		return errTooDeep()
	}
	entries, restricted := h.Entries(), h.Restriction != nil
	var reserved []perldata.Entry
	if restricted {
		reserved = h.Restriction.Reserved
	}
	flagged, err := needsFlags(entries)
	if err != nil {
		return err
	}
	if flagged = flagged || restricted; flagged {
		e.dst = append(e.dst, tagFlagHash, flagIf(restricted, hashRestricted))
	} else {
		e.dst = append(e.dst, tagHash)
	}
	e.length(len(entries) + len(reserved))
	e.elements += len(entries) + len(reserved)
	e.grow(entries)
	for i := range entries {
		if err := e.entry(&entries[i], flagged, flagIf(restricted && entries[i].Locked, keyLocked)); err != nil {
			return err
		}
	}
	for i := range reserved {
		e.objects++
		e.dst = append(e.dst, tagSVUndef)
		e.key(&reserved[i], true, keyPlaceholder|flagIf(reserved[i].Locked, keyLocked))
	}
	return nil
}

// entry appends an entry of a hash: its value, then its key.
func (e *encoder) entry(entry *perldata.Entry, flagged bool, more byte) error {
	if err := e.scalar(&entry.Value, false); err != nil {
		return err
	}
	e.key(entry, flagged, more)
	return nil
}

// grow makes room for the names and strings of many entries at once.
func (e *encoder) grow(entries []perldata.Entry) {
	if len(entries) < manyEntries {
		return
	}
	n := 0
	for i := range entries {
		n += len(entries[i].Name) + len(entries[i].Value.Str()) + aroundEntry
	}
	e.dst = slices.Grow(e.dst, n)
}

const (
	manyEntries = 64
	// aroundEntry is the greatest number of bytes of an entry besides its name and a
	// string.
	aroundEntry = minFlaggedEntry + 5
)

// needsFlags says whether a key cannot be stored without flags.
func needsFlags(entries []perldata.Entry) (bool, error) {
	needs := false
	for i := range entries {
		flags, _, ok := keyOf(entries[i].Name, entries[i].Form)
		if !ok {
			return false, unrepresentable("a name in it is not valid UTF-8")
		}
		needs = needs || flags != 0
	}
	return needs, nil
}

func flagIf(set bool, flag byte) byte {
	if set {
		return flag
	}
	return 0
}

func (e *encoder) key(entry *perldata.Entry, flagged bool, more byte) {
	flags, latin1, _ := keyOf(entry.Name, entry.Form)
	if flagged {
		e.dst = append(e.dst, flags|more)
	}
	if !latin1 {
		e.length(len(entry.Name))
		e.dst = append(e.dst, entry.Name...)
		return
	}
	e.length(utf8.RuneCountInString(entry.Name))
	e.dst = perldata.AppendLatin1(e.dst, entry.Name)
}
