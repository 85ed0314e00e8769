package storable

import (
	"slices"

	"memcachedsoap/sessionstore/perldata"
)

// DecodePart decodes the entries of a session that have one of the names, and takes the
// image over. It returns false if it cannot, for the reasons of [Codec.Walk]. With
// hundreds of names, Decode is faster.
func (c Codec) DecodePart(image []byte, names []string, reserve func(n int64) error) (perldata.Part, bool) { //nolint:ireturn // the contract
	d, err := c.open(image, reserve)
	if err != nil {
		return nil, false
	}
	defer d.release()
	b := partBuilder{part: part{limits: d.limits, image: d.image}, names: names}
	b.walk = walk{decoder: d, visitor: &b}
	b.reserve = reserve
	defer b.walk.giveBack()
	if !b.walk.session() || b.refused {
		return nil, false
	}
	p := b.part
	p.attributes.Fill(b.decoded)
	p.objects, p.elements, p.canonical = b.walk.objects, d.elements, !d.native && !b.walk.foreign
	return &p, true
}

// part is a session of which some entries are decoded. Its image is spliced if a Codec
// would write the other entries as they are in it.
type part struct {
	limits     Limits
	image      string
	attributes perldata.Hash
	places     []place // of the decoded entries, in order
	// Of the image: whether a Codec would write it with these bytes, and what is in it.
	canonical         bool
	objects, elements int
	entries           int
	others            int // entries that are not decoded and need flags
}

// place is where an entry is in an image.
type place struct {
	name       string
	start, end int
}

// Where the parts of the image of a session are.
const (
	atTag   = 2
	atCount = 3 // one more in a flagged hash
)

// Attributes returns the decoded entries.
func (p *part) Attributes() *perldata.Hash { return &p.attributes }

// Append appends the image of the session to dst. It returns false if a part of it would
// be written in another way than it is stored, or refers to another part.
func (p *part) Append(dst []byte) (image []byte, ok bool) {
	entries := p.attributes.Entries()
	flagged, err := needsFlags(entries)
	flagged = flagged || p.others > 0
	if err != nil || !p.canonical || flagged != (p.image[atTag] == tagFlagHash) {
		return dst, false
	}
	e := encoder{dst: append(dst, headerNetwork, minorVersion), depth: 1, visit: perldata.NewVisit()}
	start := atCount
	if flagged {
		start++
	}
	e.dst = append(e.dst, p.image[atTag:start]...)
	count := p.entries - len(p.places) + len(entries)
	e.length(count)
	start += 4
	for _, place := range p.places {
		e.dst = append(e.dst, p.image[start:place.start]...)
		start = place.end
		if len(entries) > 0 && entries[0].Name == place.name {
			if e.entry(&entries[0], flagged, 0) != nil {
				return dst, false
			}
			entries = entries[1:]
		}
	}
	e.dst = append(e.dst, p.image[start:]...)
	for i := range entries {
		if e.entry(&entries[i], flagged, 0) != nil {
			return dst, false
		}
	}
	switch {
	case e.repeats, e.numbers != nil, e.classes != nil: // their numbers depend on all objects
		return dst, false
	case len(e.dst)-len(dst) > p.limits.ImageBytes, p.objects+e.objects > p.limits.Objects, p.elements-p.entries+count+e.elements > p.limits.Objects:
		return dst, false
	}
	return e.dst, true
}

// partBuilder decodes the entries with the names.
type partBuilder struct {
	part
	budget

	walk    walk
	names   []string
	last    int // end of the entry before
	decoded []perldata.Entry
	open    []builder // the lists and hashes around the value
	refused bool      // the memory for a value
}

// builder makes a list or a hash.
type builder struct {
	items   []perldata.Value
	entries []perldata.Entry
}

// Entry begins an entry. Of those of the session it wants to see some.
func (b *partBuilder) Entry(name string, form perldata.KeyForm) bool {
	entry := perldata.Entry{Name: name, Form: form}
	if n := len(b.open); n > 0 {
		b.open[n-1].entries = append(b.open[n-1].entries, entry)
		return true
	}
	start := b.last
	if b.entries == 0 {
		start = b.walk.first
	}
	b.entries++
	b.last = b.walk.offset
	if slices.Contains(b.names, name) {
		b.places = append(b.places, place{name: name, start: start, end: b.last})
		b.decoded = append(b.decoded, entry)
		return true
	}
	if form == perldata.KeyUTF8 || form == perldata.KeyWasUTF8 {
		b.others++
	}
	return false
}

// Scalar puts a value where it belongs: into the entry that was begun last, or the list.
func (b *partBuilder) Scalar(v perldata.Value) {
	b.refused = b.refused || b.use(perItem+perEntry) != nil
	if b.refused {
		return
	}
	entries := b.decoded
	if n := len(b.open); n > 0 {
		if entries = b.open[n-1].entries; len(entries) == 0 {
			b.open[n-1].items = append(b.open[n-1].items, v)
			return
		}
	}
	entries[len(entries)-1].Value = v
}

// Begin begins a list or a hash.
func (b *partBuilder) Begin(perldata.Kind) { b.open = append(b.open, builder{}) }

// End ends it.
func (b *partBuilder) End(kind perldata.Kind) {
	n := len(b.open) - 1
	done := b.open[n]
	b.open = b.open[:n]
	if kind == perldata.KindList {
		b.Scalar(perldata.ListOf(done.items...))
		return
	}
	h := new(perldata.Hash)
	h.Fill(done.entries)
	b.Scalar(perldata.HashOf(h))
}
