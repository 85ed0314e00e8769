package storable

import (
	"encoding/binary"
	"unicode/utf8"

	"memcachedsoap/sessionstore"
)

// encoder appends one image to dst.
type encoder struct {
	dst      []byte
	depth    int // as Perl counts it
	elements int
	objects  int               // numbered so far
	numbers  map[any]uint32    // of lists, hashes and scalars with an identity
	classes  map[string]uint32 // index of each
}

func unrepresentable(reason string) error {
	return &sessionstore.UnrepresentableError{Reason: reason}
}

func errTooDeep() error { return unrepresentable("it is nested deeper than Perl can save again") }

func (e *encoder) freeze(root sessionstore.Value) error {
	switch root.Kind() {
	case sessionstore.KindList, sessionstore.KindHash:
		e.depth = 1
	case sessionstore.KindRef:
	default:
		return unrepresentable("it is not a reference")
	}
	return e.referent(root)
}

// referent appends what a reference refers to.
func (e *encoder) referent(v sessionstore.Value) error {
	switch v.Kind() {
	case sessionstore.KindList:
		return e.list(v.List())
	case sessionstore.KindHash:
		return e.hash(v.Hash())
	default:
		return e.identity(v.Scalar(), true)
	}
}

// start gives a thing the next number, and appends its class if it has one.
// A thing that has a number already is appended as a reference to that, and
// start returns false.
func (e *encoder) start(thing any, class string) bool {
	if number, again := e.numbers[thing]; again {
		e.dst = append(e.dst, tagObject)
		e.dst = binary.BigEndian.AppendUint32(e.dst, number)
		return false
	}
	if e.numbers == nil {
		e.numbers = make(map[any]uint32)
	}
	e.numbers[thing] = uint32(e.objects)
	e.objects++
	if class != "" {
		e.bless(class)
	}
	return true
}

func (e *encoder) bless(class string) {
	tag, n := byte(tagIXBless), e.classes[class]
	_, again := e.classes[class]
	if !again {
		if e.classes == nil {
			e.classes = make(map[string]uint32)
		}
		e.classes[class] = uint32(len(e.classes))
		tag, n = tagBless, uint32(len(class))
	}
	e.dst = append(e.dst, tag)
	if n > longestShortClass {
		e.dst = append(e.dst, longClass)
		e.length(int(n))
	} else {
		e.dst = append(e.dst, byte(n))
	}
	if !again {
		e.dst = append(e.dst, class...)
	}
}

func (e *encoder) list(l *sessionstore.List) error {
	if !e.start(l, l.Class) {
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

func (e *encoder) hash(h *sessionstore.Hash) error {
	if !e.start(h, h.Class) {
		return nil
	}
	if e.depth > perlHashDepth {
		return errTooDeep()
	}
	entries, restricted := h.Entries(), h.Restriction != nil
	var reserved []sessionstore.Entry
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
	for i := range entries {
		entry := &entries[i]
		if err := e.scalar(&entry.Value, false); err != nil {
			return err
		}
		e.key(entry, flagged, flagIf(restricted && entry.Locked, keyLocked))
	}
	for i := range reserved {
		e.objects++
		e.dst = append(e.dst, tagSVUndef)
		e.key(&reserved[i], true, keyPlaceholder|flagIf(reserved[i].Locked, keyLocked))
	}
	return nil
}

// needsFlags says whether a key cannot be stored without flags.
func needsFlags(entries []sessionstore.Entry) (bool, error) {
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

func (e *encoder) key(entry *sessionstore.Entry, flagged bool, more byte) {
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
	e.dst = appendLatin1(e.dst, entry.Name)
}

// scalar appends an element of a list or the value of a key. Only in a list
// there are elements that do not exist.
func (e *encoder) scalar(v *sessionstore.Value, inList bool) error {
	if identity := v.Identity(); identity != nil {
		return e.identity(identity, inList)
	}
	e.objects++
	return e.content(v, inList)
}

// identity appends a scalar that may occur in several places.
func (e *encoder) identity(s *sessionstore.Scalar, immortal bool) error {
	if !e.start(s, s.Class) {
		return nil
	}
	if s.VString != "" {
		e.sized(tagVString, tagLVString, s.VString)
	}
	if s.Value.Form() == sessionstore.FormRegexp {
		e.regexp(s)
		return nil
	}
	return e.content(&s.Value, immortal)
}

// content appends a scalar without its number, class and magic.
func (e *encoder) content(v *sessionstore.Value, immortal bool) error {
	switch v.Kind() {
	case sessionstore.KindUndef:
		if immortal && v.Form() == sessionstore.FormImmortal {
			e.dst = append(e.dst, tagSVUndef)
		} else {
			e.dst = append(e.dst, tagUndef)
		}
	case sessionstore.KindBytes:
		e.sized(tagScalar, tagLScalar, v.Str())
	case sessionstore.KindText:
		e.text(v)
	case sessionstore.KindInt:
		e.integer(v.Int())
	case sessionstore.KindFloat:
		e.float(v.Float())
	case sessionstore.KindList, sessionstore.KindHash, sessionstore.KindRef:
		return e.reference(*v)
	}
	return nil
}

func (e *encoder) reference(v sessionstore.Value) error {
	if e.depth++; e.depth > perlDepth {
		return errTooDeep()
	}
	e.dst = append(e.dst, referenceTag(v))
	err := e.referent(v)
	e.depth--
	return err
}

func referenceTag(v sessionstore.Value) byte {
	object := v.Class() != ""
	switch form := v.Form(); {
	case form == sessionstore.FormOverload && object:
		return tagOverload
	case form == sessionstore.FormWeakOverload && object:
		return tagWeakOverload
	case form == sessionstore.FormWeak, form == sessionstore.FormWeakOverload:
		return tagWeakRef
	default:
		return tagRef
	}
}

// text appends a string of characters: with the UTF-8 flag if it has to be or
// was read with it, else as the bytes that it consists of.
func (e *encoder) text(v *sessionstore.Value) {
	s := v.Str()
	if v.Form() == sessionstore.FormFlagged || !isASCII(s) && utf8.ValidString(s) {
		e.sized(tagUTF8Str, tagLUTF8Str, s)
	} else {
		e.sized(tagScalar, tagLScalar, s)
	}
}

func (e *encoder) regexp(s *sessionstore.Scalar) {
	pattern := s.Value.Str()
	if len(pattern) > longestShort {
		e.dst = append(e.dst, tagRegexp, longRegexp)
		e.length(len(pattern))
	} else {
		e.dst = append(e.dst, tagRegexp, 0, byte(len(pattern)))
	}
	e.dst = append(e.dst, pattern...)
	modifiers := s.Modifiers[:min(len(s.Modifiers), longestShort)]
	e.dst = append(e.dst, byte(len(modifiers)))
	e.dst = append(e.dst, modifiers...)
}

// sized appends a string with the tag for a length of one byte if that is
// enough, else with the one for four bytes.
func (e *encoder) sized(short, long byte, s string) {
	if len(s) > longestShort {
		e.dst = append(e.dst, long)
		e.length(len(s))
	} else {
		e.dst = append(e.dst, short, byte(len(s)))
	}
	e.dst = append(e.dst, s...)
}

// length appends a length or count. An image in which it does not fit into 31
// bits is refused as a whole for its size.
func (e *encoder) length(n int) {
	e.dst = binary.BigEndian.AppendUint32(e.dst, uint32(n))
}
