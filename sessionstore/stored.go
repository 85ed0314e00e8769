package sessionstore

import (
	"bytes"
	"errors"

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
	end    int64  // see EndAttribute
	memory memory
	known  *kept // beside the item; nil if nothing is
}

// kept is what a near cache in this process keeps beside an entry. Nobody changes it.
type kept struct {
	version string
	end     int64  // 0 if the session has none
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
		s.Version, s.end = s.known.version, s.known.end
		return nil
	}
	if err := s.read(); err != nil {
		return err
	}
	s.Version = version(s.image)
	if s.store.lifetimes.Idle == 0 && mayHaveEnd(s.image) { // else it is decoded in any case
		if err := s.findEnd(); err != nil {
			return err
		}
	}
	if s.item.Note != nil {
		s.item.Note.Keep(&kept{version: s.Version, end: s.end}, keptSize)
	}
	return nil
}

// findEnd looks for the end of the session. One that cannot be read has none, which decode
// reports.
func (s *Stored) findEnd() error {
	o, err := s.store.openImage(s.ID, s.image, []string{}, &s.memory)
	if _, unreadable := errors.AsType[*UnreadableError](err); unreadable {
		return nil
	}
	if err == nil {
		if end, ok := endOf(o.attributes); ok {
			s.end = end
		}
	}
	return err
}

// isOver says whether the session is beyond its end. If not, ExpiresIn leads no further.
func (s *Stored) isOver() bool {
	if s.end == 0 {
		return false
	}
	s.ExpiresIn = reported(backend.Shorter(s.item.ExpiresIn, backend.Until(s.end)))
	return backend.Expired(s.end)
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
	k := &kept{version: s.Version, end: s.end, answer: bytes.Clone(answer), form: form}
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
	if ended(attributes) { // also if another program has extended the item
		return Session{}, backend.ErrNotFound
	}
	s.ExpiresIn = s.store.left(attributes, s.item.ExpiresIn)
	return Session{Ref: s.Ref, Attributes: attributes}, nil
}
