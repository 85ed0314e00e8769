package lemonldap

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"memcachedsoap/service"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Sessions are the sessions of LemonLDAP::NG. Each method needs a role of the caller of
// its context; the errors are those of package service, [*RequestError] and
// [*sessionstore.InvalidIDError]. All methods may be called from any goroutine.
type Sessions struct {
	service *service.Service
	options Options
	same    func(stored, sent perldata.Value) bool // see Comparing
}

// New returns the sessions of a service.
func New(s *service.Service, o Options) *Sessions { return &Sessions{service: s, options: o} }

// Comparing returns the same sessions for a dialect that loses the kinds of values: a
// value that same reports equal to the stored one leaves that as it is in
// [Sessions.Merge].
func (s *Sessions) Comparing(same func(stored, sent perldata.Value) bool) *Sessions {
	return &Sessions{service: s.service, options: s.options, same: same}
}

// Get returns a session.
func (s *Sessions) Get(ctx context.Context, t Type, digits string) (sessionstore.Session, error) {
	id, err := s.id(t, digits)
	if err != nil {
		return sessionstore.Session{}, err
	}
	session, err := s.service.ReadTyped(ctx, id)
	if err == nil && s.refuses(t, session.Attributes) {
		return sessionstore.Session{}, ErrPersistent
	}
	return session, err
}

// Merge sets and removes attributes of a session; the others stay. The id of the session
// and a secret are left out of what is set. A session that is absent is created if
// mayCreate is true, else the error is [backend.ErrNotFound]. One that was deleted comes
// back only as a newer login, else the error is [sessionstore.ErrDeleted]. The session
// lives as long as its attributes say, see [Options].
func (s *Sessions) Merge(ctx context.Context, t Type, digits string, set *perldata.Hash, remove []string, mayCreate bool) error {
	id, err := s.id(t, digits)
	if err != nil {
		return err
	}
	_, _, err = s.service.RewriteSession(ctx, "updateSession", id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
		switch {
		case present == nil && !mayCreate:
			return sessionstore.Rewritten{}, backend.ErrNotFound
		case s.refuses(t, present):
			return sessionstore.Rewritten{}, ErrPersistent
		}
		formerEnd, _ := s.options.end(t, present)
		attributes := merged(present, set, remove, s.same)
		if s.refuses(t, attributes) {
			return sessionstore.Rewritten{}, ErrPersistent
		}
		end, _ := s.options.end(t, attributes)
		return sessionstore.Rewritten{
			Attributes: attributes, ExpiresIn: s.options.left(t, attributes), SameEnd: end.Equal(formerEnd),
		}, nil
	})
	return err
}

// Create creates a session under a new id of 64 digits and returns it. It has the kind
// of its type and was created now, unless the attributes say something else.
func (s *Sessions) Create(ctx context.Context, t Type, set *perldata.Hash) (sessionstore.Session, error) {
	if s.refuses(t, nil) {
		return sessionstore.Session{}, ErrPersistent
	}
	attributes := merged(nil, set, nil, nil)
	if _, given := attributes.Get(kindAttribute); !given {
		attributes.Set(kindAttribute, perldata.BytesOf(t.kind))
	}
	if _, given := attributes.Get(createdAttribute); !given {
		attributes.Set(createdAttribute, perldata.IntOf(s.options.now().Unix()))
	}
	if s.refuses(t, attributes) {
		return sessionstore.Session{}, ErrPersistent
	}
	ref, err := s.service.CreateTyped(ctx, t.key, attributes, s.options.left(t, attributes))
	if err != nil {
		return sessionstore.Session{}, err
	}
	attributes.Set(sessionstore.IDAttribute, perldata.BytesOf(ref.ID.Digits()))
	return sessionstore.Session{Ref: ref, Attributes: attributes}, nil
}

// Delete deletes a session. If there is none, the error is [backend.ErrNotFound].
func (s *Sessions) Delete(ctx context.Context, t Type, digits string) error {
	id, err := s.id(t, digits)
	if err != nil {
		return err
	}
	deleted, err := s.service.DeleteTyped(ctx, id)
	if err == nil && !deleted {
		return backend.ErrNotFound
	}
	return err
}

// Visit gets one session after the other, and its id. The attributes belong to it; they
// are nil if the session cannot be read. Its error ends the call.
type Visit func(digits string, attributes *perldata.Hash) error

// All visits all sessions of a type. If it returns an error, some were not visited.
func (s *Sessions) All(ctx context.Context, t Type, visit Visit) error {
	return s.each(ctx, t, visit)
}

// Search visits all sessions of a type whose attribute has a value, which is compared as
// a string. If it returns an error, some were not visited. Sessions that cannot be read
// cannot be compared: it says how many it has met.
func (s *Sessions) Search(ctx context.Context, t Type, attribute, value string, visit Visit) (unreadable int, err error) {
	text, _ := textOf(perldata.BytesOf(value))
	matching := func(digits string, attributes *perldata.Hash) error {
		if attributes == nil {
			unreadable++
			return nil
		}
		v, ok := attributes.Get(attribute)
		if !ok {
			return nil
		}
		if has, ok := textOf(v); !ok || has != text {
			return nil
		}
		return visit(digits, attributes)
	}
	if !s.finds(attribute, value) {
		err = s.each(ctx, t, matching)
		return unreadable, err
	}
	if s.refuses(t, nil) {
		return 0, ErrPersistent
	}
	err = s.service.FindEach(ctx, t.key, attribute, text, s.visitor(t, matching))
	return unreadable, err
}

// finds reports whether the store finds such sessions without reading all.
func (s *Sessions) finds(attribute, value string) bool {
	return value != "" && slices.Contains(s.options.Indexed, attribute)
}

func (s *Sessions) each(ctx context.Context, t Type, visit Visit) error {
	if s.refuses(t, nil) {
		return ErrPersistent
	}
	return s.service.EachSession(ctx, t.key, s.visitor(t, visit))
}

// visitor leaves out the sessions that [Sessions.Get] refuses, and those whose id has a
// form that LemonLDAP::NG does not know: other programs of the pool have them.
func (s *Sessions) visitor(t Type, visit Visit) func(sessionstore.ID, sessionstore.Session) error {
	return func(id sessionstore.ID, session sessionstore.Session) error {
		digits := id.Digits()
		if !isID(digits) || s.refuses(t, session.Attributes) {
			return nil
		}
		return visit(digits, session.Attributes)
	}
}

// id returns the id of a session of a type that the service keeps.
func (s *Sessions) id(t Type, digits string) (sessionstore.ID, error) {
	if s.refuses(t, nil) {
		return "", ErrPersistent
	}
	return t.ID(digits)
}

// refuses reports whether the service does not keep such a session.
func (s *Sessions) refuses(t Type, attributes *perldata.Hash) bool {
	return !s.options.Persistent && isPersistent(t, attributes)
}

// secretAttribute is where the programs put a secret into a session that they send.
const secretAttribute = "__secret"

// merged returns attributes after a change. It may change present. A value that same
// reports equal to the present one is not set; nil: all are.
func merged(present, set *perldata.Hash, remove []string, same func(stored, sent perldata.Value) bool) *perldata.Hash {
	if present == nil {
		present = perldata.NewHash(set.Len() + 2)
	}
	present.DeleteAll(remove)
	added := make([]perldata.Entry, 0, set.Len())
	for _, e := range set.Entries() {
		if e.Name == secretAttribute || e.Name == sessionstore.IDAttribute {
			continue
		}
		stored, has := present.Get(e.Name)
		switch {
		case !has:
			added = append(added, e)
		case same == nil || !same(stored, e.Value):
			present.Set(e.Name, e.Value)
		}
	}
	for i := range added { // gives reserved names of a restricted hash their values
		present.Set(added[i].Name, added[i].Value)
	}
	keepForms(present, added)
	return present
}

// keepForms gives the last entries the forms of the names that were sent, so that they
// come back as they came.
func keepForms(h *perldata.Hash, added []perldata.Entry) {
	entries := h.Entries()
	last := entries[len(entries)-len(added):]
	for i := range last {
		if last[i].Form == perldata.KeyDefault {
			last[i].Form = added[i].Form
		}
	}
	h.Fill(entries)
}

// textOf returns a scalar as the string for which Perl takes it, in UTF-8. Bytes that are
// no UTF-8 are Latin-1.
func textOf(v perldata.Value) (string, bool) {
	switch v.Kind() {
	case perldata.KindBytes:
		if !utf8.ValidString(v.Str()) {
			return perldata.Latin1ToUTF8(v.Str()), true
		}
		return v.Str(), true
	case perldata.KindText:
		return v.Str(), true
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10), true
	case perldata.KindFloat:
		return string(perldata.AppendFloat(nil, v.Float())), true
	default:
		if b, ok := perljson.IsBoolean(v); ok {
			if b {
				return "1", true
			}
			return "0", true
		}
		return "", false
	}
}

// CheckSecret returns an error if a secret that was sent is not one. Without a key, no
// secret is looked at.
func (s *Sessions) CheckSecret(secret perldata.Value) error {
	key := s.options.key()
	if key == nil {
		return nil
	}
	if k := secret.Kind(); k != perldata.KindBytes && k != perldata.KindText {
		return ErrNoSecret
	}
	if !key.isSecret(secret.Str(), s.options.now()) {
		return ErrSecret
	}
	return nil
}
