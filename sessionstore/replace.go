package sessionstore

import (
	"context"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// If are the conditions of a change. The zero value has none.
type If struct {
	// Version is the one that the session must have; "" means any.
	Version string
	// Exists says that there must be a session already.
	Exists bool
	// New says that there must be none; one that is beyond its absolute timeout is none.
	// It is for [Store.Replace], without the others.
	New bool
}

// any says whether there is a condition for which there must be a session.
func (c If) any() bool { return c.Exists || c.Version != "" }

// Replace stores attributes as the whole session under id, in the place of the
// present one if there is one. Attributes and time to live are as in
// [Store.Create]. A session of Apache::Session::Memcached keeps its form and,
// for DefaultTTL without an idle timeout, its time to live. An item that is
// there but cannot be read as a session belongs to another program: it is an
// [*UnreadableError] and stays.
//
// Errors are those of Create, [*UnreadableError], [ErrDeleted], and, of the
// conditions, [*VersionConflictError], [*ExistsError] and [backend.ErrNotFound].
func (s *Store) Replace(ctx context.Context, id ID, attributes *perldata.Hash, ttl time.Duration, cond If) (Ref, error) {
	ref, _, err := s.ReplaceWithin(ctx, id, attributes, ttl, cond, Bounds{})
	return ref, err
}

// Bounds are what a change must leave alone. The zero value allows everything.
type Bounds struct {
	// Except are the names of attributes that keep the values that they have in the
	// present session; if there is no session, they have none. The attributes to store
	// must have none of these names, except [IDAttribute] and [EndAttribute], which
	// the Store sets in any case.
	Except []string
	// Create is called before a session is created. Its error becomes that of the
	// call, and nothing is stored. It may be called again for another try. nil allows
	// it.
	Create func() error
}

// ReplaceWithin is like [Store.Replace] within bounds, and says whether it has created
// the session.
func (s *Store) ReplaceWithin(
	ctx context.Context, id ID, attributes *perldata.Hash, ttl time.Duration, cond If, bounds Bounds,
) (ref Ref, created bool, err error) {
	return s.ReplaceFor(ctx, id, attributes, Life{TTL: ttl}, cond, bounds)
}

// ReplaceFor is like [Store.ReplaceWithin], with all that can be said about the life of a
// session. Without a lifetime, the session has no end that one has set, unless it has
// [EndAttribute] among its attributes, as one that was read and is written back: then it
// keeps that of the present session. [*InvalidLifetimeError] is among its errors.
func (s *Store) ReplaceFor(
	ctx context.Context, id ID, attributes *perldata.Hash, life Life, cond If, bounds Bounds,
) (ref Ref, created bool, err error) {
	asked, err := s.lifetimes.resolveLife(life)
	if err != nil {
		return Ref{}, false, err
	}
	r := replacement{id: id, surviving: survivingNames(bounds.Except), asked: asked, cond: cond, image: newImageBuffer()}
	defer r.image.release()
	if life.Lifetime == 0 {
		r.writesBack = slices.Contains(bounds.Except, EndAttribute) // the caller may not have seen it
		if attributes != nil && !r.writesBack {
			_, r.writesBack = attributes.Get(EndAttribute)
		}
	}
	r.attributes, r.expiresIn, r.life = s.begin(attributes, asked, 0)
	if err := s.prepare(&r, nil); err != nil {
		return Ref{}, false, err
	}
	stored, err := s.change(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		var m mutation
		var err error
		if created = !found; found {
			m, err = s.replace(ctx, &r, present)
			created = cond.New // what was there has ended
		} else {
			m, err = s.createReplacement(&r)
		}
		if err == nil && created && bounds.Create != nil {
			err = bounds.Create()
		}
		return m, err
	})
	if err != nil {
		return Ref{}, false, err
	}
	s.endOldest(ctx, id, stored.index.Now)
	return stored.ref(id), created, nil
}

// replacement is a session that takes the place of another one.
type replacement struct {
	id              ID
	attributes      *perldata.Hash
	surviving       []string // names of the attributes that the present session keeps
	asked           resolvedLife
	life, expiresIn time.Duration
	writesBack      bool  // the caller stores what it has read, with the end
	kept            int64 // the end in the attributes that is that of the present session
	cond            If

	image *imageBuffer
	terms index.Terms
}

// survivingNames returns the names without those that the Store sets in any case.
func survivingNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == IDAttribute || name == EndAttribute
	})
}

// prepare makes the image of a replacement for a session that has the attributes
// present; nil if there is none.
func (s *Store) prepare(r *replacement, present *perldata.Hash) error {
	if len(r.surviving) > 0 && r.attributes != nil {
		r.attributes.DeleteAll(r.surviving) // those of the try before
	}
	if survivors := entriesOf(present, r.surviving); len(survivors) > 0 {
		if r.attributes == nil {
			r.attributes = perldata.NewHash(1)
		}
		r.attributes.Fill(append(r.attributes.Entries(), survivors...))
	}
	r.terms = s.index.Mark(r.id.Type(), r.attributes)
	return s.encode(r.image, r.id, r.attributes)
}

// entriesOf returns the entries of a session that have one of the names, in the form
// in which they were read.
func entriesOf(attributes *perldata.Hash, names []string) []perldata.Entry {
	if attributes == nil || len(names) == 0 {
		return nil
	}
	wanted := make(map[string]struct{}, len(names))
	for _, name := range names {
		wanted[name] = struct{}{}
	}
	var found []perldata.Entry
	for _, e := range attributes.Entries() {
		if _, ok := wanted[e.Name]; ok {
			found = append(found, e)
		}
	}
	return found
}

// createReplacement decides what to store if there is no session.
func (s *Store) createReplacement(r *replacement) (mutation, error) {
	if r.cond.any() {
		return mutation{}, backend.ErrNotFound
	}
	if s.keepEnd(r, nil) || len(r.surviving) > 0 {
		if err := s.prepare(r, nil); err != nil {
			return mutation{}, err
		}
	}
	m := r.mutation(storableFlag)
	if s.index.MayBeLookupKey(string(r.id)) {
		m.flags |= chosenIDFlag
	}
	return m, s.refuseLookupKey(r.id, r.attributes)
}

// replace decides what to store in the place of the present session.
func (s *Store) replace(ctx context.Context, r *replacement, present backend.Item) (mutation, error) {
	present, err := s.unsealPresent(ctx, r.id, present)
	if err != nil {
		return mutation{}, err
	}
	former, image, err := s.replaced(ctx, r, present)
	if err != nil {
		return mutation{}, err
	}
	ended := ended(former)
	if r.cond.any() && ended {
		return mutation{}, backend.ErrNotFound
	}
	if r.cond.New && !ended {
		return mutation{}, &ExistsError{ID: r.id}
	}
	if err := r.cond.checkImage(r.id, image); err != nil {
		return mutation{}, err
	}
	survivor := former
	if ended { // another session begins
		survivor = nil
	}
	if s.keepEnd(r, survivor) || len(r.surviving) > 0 {
		if err := s.prepare(r, survivor); err != nil {
			return mutation{}, err
		}
	}
	m := r.mutation(present.Flags)
	m.index.Former = s.index.Terms(r.id.Type(), former)
	if present.Flags&storableFlag == 0 && !r.asked.isTTL && s.lifetimes.Idle == 0 {
		// Apache::Session::Memcached stores sessions without an expiry and
		// never renews them.
		m.expiresIn = s.lifetimes.cut(present.ExpiresIn)
		m.index.Life = m.expiresIn
		if end, ok := endOf(r.attributes); ok {
			m.index.Life = backend.Shorter(m.expiresIn, backend.Until(end))
			m.expiresIn = backend.WholeSeconds(m.index.Life)
		}
	}
	return m, nil
}

// keepEnd gives a session that is written back the end that a lifetime has set in the
// present one, and says whether that is a change to the try before.
func (s *Store) keepEnd(r *replacement, present *perldata.Hash) (changed bool) {
	if !r.writesBack {
		return false
	}
	end, fixed, ok := endAndOrigin(present)
	if !fixed || !ok {
		end = 0
	}
	if end == r.kept {
		return false
	}
	r.kept = end
	r.attributes, r.expiresIn, r.life = s.begin(r.attributes, r.asked, end)
	return true
}

func (r *replacement) mutation(flags uint32) mutation {
	return mutation{image: r.image.bytes, flags: flags, expiresIn: r.expiresIn, index: index.Change{Now: r.terms, Life: r.life}}
}

// refuseLookupKey refuses a new session under the MD5 of a value of its own: it
// would give way to the lookup key at the next login with this value. LemonLDAP
// stores its persistent sessions so.
func (s *Store) refuseLookupKey(id ID, attributes *perldata.Hash) error {
	if !s.index.IsLookupKey(string(id), attributes) {
		return nil
	}
	return &InvalidIDError{
		Text:   string(id),
		Reason: "it is the MD5 of a value of the session, and such ids are kept for MD5 lookup keys; choose another id, or run the service with --no-md5-key",
	}
}

// check returns the error of a condition that a session of that version does not meet.
func (c If) check(id ID, version string) error {
	if c.Version != "" && c.Version != version {
		return &VersionConflictError{ID: id, Current: version}
	}
	return nil
}

// checkImage is check for the session with this image.
func (c If) checkImage(id ID, image []byte) error {
	if c.Version == "" {
		return nil
	}
	return c.check(id, version(image))
}

// replaced checks the session that is to be replaced. It reads some attributes only for
// the index, for the absolute timeout and if they survive, and returns the image if there
// is a condition.
func (s *Store) replaced(ctx context.Context, r *replacement, item backend.Item) (*perldata.Hash, []byte, error) {
	timeoutMatters := r.cond.Exists || r.cond.New || r.writesBack
	if s.index.Empty() && r.cond.Version == "" && !timeoutMatters && len(r.surviving) == 0 {
		return nil, nil, s.check(ctx, r.id, item)
	}
	o, err := s.openPart(r.id, item, append([]string{}, r.surviving...), &memory{ctx: ctx, reserve: s.reserve})
	return o.attributes, o.image, err
}
