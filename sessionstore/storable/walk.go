package storable

import (
	"slices"

	"memcachedsoap/sessionstore/perldata"
)

// maxLevels is how many lists and hashes may be inside each other below that of the
// session in an image that is walked. The content of each level is passed over once
// more, because the key of an entry is behind its value.
const maxLevels = 8

// Walk shows the entries of a session to a visitor as it reads them. The strings share
// the memory of the image. It calls reserve before it takes n bytes of memory, or gives
// back -n of them.
//
// If it returns true, the visitor was shown what [Codec.DecodeWithin] returns. If it
// returns false, the visitor may have been shown a part, and only DecodeWithin knows the
// session, or why it is none: Walk leaves all to it that few sessions have, such as
// classes, references to scalars or to something twice, and lists in lists in lists.
func (c Codec) Walk(image []byte, v perldata.Visitor, reserve func(n int64) error) bool {
	d, err := c.open(image, reserve)
	if err != nil {
		return false
	}
	defer d.release()
	w := walk{decoder: d, visitor: v}
	defer w.giveBack()
	return w.session()
}

// walk is a decoder that makes no values. Its methods return false for what the walk
// leaves to the decoder.
type walk struct {
	*decoder

	visitor perldata.Visitor
	objects int   // so far
	level   int   // of lists and hashes below the session
	taken   int64 // bytes of memory
	first   int   // offset of the first entry of the session
	foreign bool  // a Codec would write something in another way
}

// session walks the whole image.
func (w *walk) session() bool {
	if w.header() != nil {
		return false
	}
	tag, err := w.byte()
	return err == nil && (tag == tagHash || tag == tagFlagHash) && w.hash(tag == tagFlagHash) && w.remaining() == 0
}

// silent is shown what a visitor does not want to see.
type silent struct{}

func (silent) Entry(string, perldata.KeyForm) bool { return false }
func (silent) Scalar(perldata.Value)               {}
func (silent) Begin(perldata.Kind)                 {}
func (silent) End(perldata.Kind)                   {}

func (w *walk) giveBack() {
	if w.reserve != nil && w.taken > 0 {
		_ = w.reserve(-w.taken)
	}
}

// object counts an object.
func (w *walk) object() bool {
	w.objects++
	return w.objects <= w.limits.Objects
}

// hash walks a hash behind its tag.
func (w *walk) hash(flagged bool) bool {
	least := minEntry
	if flagged {
		least = minFlaggedEntry
		if flags, err := w.byte(); err != nil || flags != 0 {
			return false
		}
	}
	n, err := w.elementsOf(least)
	if err != nil || !w.object() || !w.roomForKeys(n) {
		return false
	}
	if w.level == 0 {
		w.first = w.offset
	}
	first := len(w.keys)
	for range n {
		w.pending -= least
		if !w.entryOf(flagged) {
			return false
		}
	}
	w.foreign = w.foreign || flagged && w.level > 0 && !needFlags(w.keys[first:])
	if w.hasDuplicate(w.keys[first:]) {
		return false
	}
	clear(w.keys[first:])
	w.keys = w.keys[:first]
	return true
}

func (w *walk) roomForKeys(n int) bool {
	if need := int64(n) * perKey; need >= step && w.reserve != nil {
		if w.reserve(need) != nil {
			return false
		}
		w.taken += need
	}
	w.keys = slices.Grow(w.keys, n)
	return true
}

// entryOf walks an entry of a hash: its value, then its key. A value that contains others
// is passed over to find the key.
func (w *walk) entryOf(flagged bool) bool {
	tag, err := w.byte()
	if err != nil || !w.object() {
		return false
	}
	if tag != tagRef {
		v, ok := w.value(tag)
		name, form, known := w.key(flagged)
		if !ok || !known {
			return false
		}
		if w.visitor.Entry(name, form) {
			w.visitor.Scalar(v)
		}
		return true
	}
	start := w.offset
	if !w.passContainer(0) {
		return false
	}
	name, form, known := w.key(flagged)
	if !known {
		return false
	}
	end, visitor := w.offset, w.visitor
	if !visitor.Entry(name, form) {
		w.visitor = silent{}
	}
	w.offset = start
	ok := w.container()
	w.offset, w.visitor = end, visitor
	return ok
}

// key takes a key and keeps it to find it again.
func (w *walk) key(flagged bool) (name string, form perldata.KeyForm, ok bool) {
	var flags byte
	var err error
	if flagged {
		if flags, err = w.keyFlags(); err != nil {
			return "", 0, false
		}
	}
	stored, err := w.long()
	if err != nil {
		return "", 0, false
	}
	k := keyFrom(stored, flags)
	w.keys = append(w.keys, k)
	w.foreign = w.foreign || k.locked
	return k.name, k.form, !k.reserved
}

// value takes a scalar that contains nothing.
func (w *walk) value(tag byte) (perldata.Value, bool) {
	switch tag {
	case tagSVUndef, tagSVUndefElem, tagSVYes, tagSVNo:
		w.foreign = true
		return immortal(tag).value(), true
	case tagScalar: // nearly all
		s, err := w.short()
		return perldata.BytesOf(s), err == nil
	}
	v, err := w.plain(tag)
	w.foreign = w.foreign || !isOwn(tag, v)
	return v, err == nil
}

// isOwn says whether a Codec writes a value with this tag, if the image is in network
// order.
func isOwn(tag byte, v perldata.Value) bool {
	switch tag {
	case tagLScalar:
		return len(v.Str()) > longestShort || v.Form() == perldata.FormNumber
	case tagLUTF8Str:
		return len(v.Str()) > longestShort
	case tagNetint:
		return v.Int() < -128 || v.Int() > 127
	case tagUTF8Str, tagByte, tagUndef:
		return true
	}
	return false
}

// needFlags says whether a hash with these keys is written with flags.
func needFlags(keys []key) bool {
	return slices.ContainsFunc(keys, func(k key) bool {
		return k.form == perldata.KeyUTF8 || k.form == perldata.KeyWasUTF8
	})
}

// container walks the list or hash of a reference.
func (w *walk) container() bool {
	w.level++
	defer func() { w.level-- }()
	tag, err := w.byte()
	if err != nil || w.level > maxLevels || w.level >= w.limits.Depth {
		return false
	}
	kind, ok := perldata.KindHash, false
	switch tag {
	case tagHash, tagFlagHash:
		w.visitor.Begin(kind)
		ok = w.hash(tag == tagFlagHash)
	case tagArray:
		kind = perldata.KindList
		w.visitor.Begin(kind)
		ok = w.list()
	}
	w.visitor.End(kind)
	return ok
}

// list walks a list behind its tag.
func (w *walk) list() bool {
	n, err := w.elementsOf(minItem)
	if err != nil || !w.object() {
		return false
	}
	for range n {
		w.pending -= minItem
		tag, err := w.byte()
		if err != nil || !w.object() {
			return false
		}
		if tag == tagRef {
			if !w.container() {
				return false
			}
			continue
		}
		v, ok := w.value(tag)
		if !ok {
			return false
		}
		w.visitor.Scalar(v)
	}
	return true
}

// passContainer passes over the list or hash of a reference, which is not the level-th
// one inside another. It finds the end of what is right, and checks nothing else.
func (w *walk) passContainer(level int) bool {
	if level++; level > maxLevels {
		return false
	}
	tag, err := w.byte()
	if err != nil {
		return false
	}
	switch tag {
	case tagArray, tagHash:
	case tagFlagHash:
		if _, err := w.byte(); err != nil {
			return false
		}
	default:
		return false
	}
	n, err := w.length()
	if err != nil {
		return false
	}
	for range n {
		if !w.passScalar(level) || tag != tagArray && !w.passKey(tag == tagFlagHash) {
			return false
		}
	}
	return true
}

func (w *walk) passScalar(level int) bool {
	tag, err := w.byte()
	if err != nil {
		return false
	}
	switch tag {
	case tagRef:
		return w.passContainer(level)
	case tagSVUndef, tagSVUndefElem, tagSVYes, tagSVNo:
		return true
	}
	return w.skip(tag) == nil
}

func (w *walk) passKey(flagged bool) bool {
	if flagged {
		if _, err := w.byte(); err != nil {
			return false
		}
	}
	_, err := w.long()
	return err == nil
}
