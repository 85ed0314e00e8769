package sessionstore

import (
	"bytes"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Stored is a session that was read and not decoded. It may have an answer that was made
// of the same item before, see [Stored.Keep].
type Stored struct {
	Ref

	store  *Store
	item   backend.Item
	image  []byte // nil until somebody needs it
	memory memory
	known  *kept // beside the item; nil if nothing is
}

// kept is what a near cache in this process keeps beside an entry. Nobody changes it.
type kept struct {
	version string
	answer  []byte // nil if nobody has kept one
	form    string // of the answer
}

// keptSize is the size of a kept without its answer, in bytes.
const keptSize = 128

// open looks at what is known of the item, and reads its image if that is not enough.
// Beside an encrypted item nothing is kept.
func (s *Stored) open(id ID) error {
	s.Ref = Ref{ID: id, ExpiresIn: reported(s.item.ExpiresIn)}
	if isSealed(s.item) {
		s.item.Note = nil
	}
	if s.item.Note != nil {
		s.known, _ = s.item.Note.Kept().(*kept)
	}
	if s.known != nil {
		s.Version = s.known.version
		return nil
	}
	if err := s.read(); err != nil {
		return err
	}
	s.Version = version(s.image)
	if s.item.Note != nil {
		s.item.Note.Keep(&kept{version: s.Version}, keptSize)
	}
	return nil
}

// read reads the image, unless it was read before.
func (s *Stored) read() (err error) {
	if s.image == nil {
		s.image, err = s.store.imageWithin(s.ID, s.item, &s.memory)
	}
	return err
}

// Walk shows the attributes to a visitor, in order, IDAttribute included. It may return
// false for any session, also when the visitor was shown a part.
func (s *Stored) Walk(v perldata.Visitor) bool {
	return s.read() == nil && s.store.codec.Walk(s.image, v, s.memory.take)
}

// Kept returns the answer of a form that was kept with the item, or nil. Nobody may
// change it.
func (s *Stored) Kept(form string) []byte {
	if s.known == nil || s.known.form != form {
		return nil
	}
	return s.known.answer
}

// Keep keeps an answer, if the session is in a near cache in this process and was read
// from it before: it ends with the entry, and counts to the memory of the near cache. The
// answer must depend on nothing but its form and the attributes. There is one for each
// entry, that of the first form.
func (s *Stored) Keep(form string, answer []byte) {
	if s.known == nil || s.known.answer != nil {
		return
	}
	k := &kept{version: s.Version, answer: bytes.Clone(answer), form: form}
	s.item.Note.Keep(k, keptSize+int64(cap(k.answer)))
}

// decode makes the session.
func (s *Stored) decode() (Session, error) {
	if err := s.read(); err != nil {
		return Session{}, err
	}
	attributes, err := s.store.decode(s.ID, s.image, &s.memory)
	if err != nil {
		return Session{}, err
	}
	if s.store.ended(attributes) { // also if another program has extended the item
		return Session{}, backend.ErrNotFound
	}
	s.ExpiresIn = s.store.left(attributes, s.item.ExpiresIn)
	return Session{Ref: s.Ref, Attributes: attributes}, nil
}
