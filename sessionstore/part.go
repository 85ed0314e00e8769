package sessionstore

import (
	"bytes"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// opened is a session that is to be changed: decoded, or the part of it that matters.
type opened struct {
	attributes *perldata.Hash
	image      []byte
	part       perldata.Part // nil if all is decoded
}

// maxPart is how many attributes are decoded alone: each name is compared with all.
const maxPart = 24

// openPart opens the session in an item. If names are not nil, only the attributes with
// these names and those that the Store itself looks at or sets need to be decoded.
func (s *Store) openPart(id ID, item backend.Item, names []string, m *memory) (o opened, err error) {
	image, err := s.imageWithin(id, item, m)
	if err != nil {
		return opened{}, err
	}
	return s.openImage(id, image, names, m)
}

// openImage is openPart for the image of the item.
func (s *Store) openImage(id ID, image []byte, names []string, m *memory) (o opened, err error) {
	o.image = image
	if names != nil {
		if bytes.Contains(o.image, hintSuffix) {
			names = withHints(names)
		}
		names = slices.Concat(names, s.ownNames())
		if len(names) <= maxPart {
			if part, ok := s.codec.DecodePart(o.image, names, m.take); ok {
				o.part, o.attributes = part, part.Attributes()
				return o, nil
			}
		}
	}
	o.attributes, err = s.decode(id, o.image, m)
	return o, err
}

//nolint:gochecknoglobals // nothing writes it
var hintSuffix = []byte(perldata.HintSuffix)

// withHints returns names, and those of what may be noted of the booleans in their values.
func withHints(names []string) []string {
	all := slices.Clip(names)
	for _, name := range names {
		all = append(all, name+perldata.HintSuffix)
	}
	return all
}

// ownNames returns the names of the attributes that the Store looks at or sets.
func (s *Store) ownNames() []string {
	return append(s.index.Names(), IDAttribute, EndAttribute)
}

// encodePart writes the image of a changed session into a buffer. It returns false if the
// whole session must be decoded for that.
func (s *Store) encodePart(to *imageBuffer, id ID, o opened) (bool, error) {
	if o.part == nil {
		return true, s.encode(to, id, o.attributes)
	}
	o.attributes.Set(IDAttribute, perldata.BytesOf(id.Digits()))
	image, ok := o.part.Append(to.bytes[:0])
	to.bytes = image
	return ok, nil
}

// namesOf returns the names of the attributes that a change is about; nil if it needs the
// whole session. So does an attribute that is removed and set again, also by the Store: it
// moves to the end.
func (s *Store) namesOf(c Change) []string {
	set := c.Set
	if set == nil {
		set = new(perldata.Hash)
	}
	if len(c.Remove)+set.Len() > maxPart {
		return nil
	}
	own, names := s.ownNames(), append([]string{}, c.Remove...)
	for _, name := range c.Remove {
		if _, again := set.Get(name); again || slices.Contains(own, name) {
			return nil
		}
	}
	for name := range set.All() {
		names = append(names, name)
	}
	return names
}
