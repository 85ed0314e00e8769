package sessionstore

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// Rewritten is what becomes of a session in a [Store.Rewrite].
type Rewritten struct {
	Attributes *perldata.Hash // all of them; the Store takes them over
	// ExpiresIn is how long the session lives from now on, rounded up to whole
	// seconds; 0 means that it never expires. [Lifetimes] do not apply to it.
	ExpiresIn time.Duration
	// SameEnd says that the session ends at the moment at which it would have ended
	// without the change. ExpiresIn alone does not show it, because it is rounded.
	SameEnd bool
}

// Rewrite changes a session by what change makes of it, in one atomic step, and says
// whether it has created the session. present are all attributes, which change may keep
// and change; nil if there is no session. change is called again if another writer came
// between; its error becomes that of the call, and nothing is stored. A value that
// change replaces by an equal one is stored in the form in which it was.
//
// A session that was deleted comes back only as a newer login: its _lastAuthnUTime, else
// its _utime, is in a later second than the deletion, and at most 15 seconds ahead of
// the clock ([guard.Deletion.Allows]). The deletion is that of the tombstone or the one
// that the guard remembers, whichever is later. If nobody knows when it was, the session
// stays deleted.
//
// The session has no idle timeout, and no end but that which a lifetime has set in the
// present session ([Life]): this one stays, and change does not set it.
//
// Errors are [*InvalidTTLError] for a life that is negative, [*InvalidIDError],
// [*UnreadableError], [ErrDeleted], [*perldata.UnrepresentableError],
// [*backend.TooLargeError] and [*backend.UnavailableError].
func (s *Store) Rewrite(
	ctx context.Context, id ID, change func(present *perldata.Hash) (Rewritten, error),
) (ref Ref, created bool, err error) {
	return s.RewriteWithin(ctx, id, change, Bounds{})
}

// RewriteWithin is like [Store.Rewrite] within bounds: change sees the session without
// the attributes that keep their values, and must not set them.
func (s *Store) RewriteWithin(
	ctx context.Context, id ID, change func(present *perldata.Hash) (Rewritten, error), bounds Bounds,
) (ref Ref, created bool, err error) {
	r := rewriting{
		store: s, id: id, change: change, surviving: survivingNames(bounds.Except), create: bounds.Create, image: newImageBuffer(),
	}
	defer r.image.release()
	stored, err := s.mutate(ctx, id, func(present backend.Item, found bool) (m mutation, err error) {
		created = !found || present.Deleted
		if created {
			return r.anew(ctx, present)
		}
		m, created, err = r.again(ctx, present)
		return m, err
	})
	if err != nil {
		return Ref{}, false, err
	}
	s.endOldest(ctx, id, stored.index.Now)
	return stored.ref(id), created, nil
}

// rewriting is one call of [Store.RewriteWithin].
type rewriting struct {
	store     *Store
	id        ID
	change    func(present *perldata.Hash) (Rewritten, error)
	surviving []string // names of the attributes that the present session keeps
	create    func() error
	image     *imageBuffer
}

// anew decides what to store where there is no session, or a tombstone.
func (r *rewriting) anew(ctx context.Context, tombstone backend.Item) (mutation, error) {
	s := r.store
	deletion, deleted, err := s.deletionOf(ctx, r.id, tombstone)
	if err != nil {
		return mutation{}, err
	}
	m, attributes, err := r.mutation(nil)
	switch {
	case err != nil:
		return mutation{}, err
	case deleted && !deletion.Allows(attributes, time.Now()):
		s.counts.tombstoneRefusals.Inc()
		return mutation{}, ErrDeleted
	}
	if err := s.refuseLookupKey(r.id, attributes); err != nil {
		return mutation{}, err
	}
	if r.create != nil {
		if err := r.create(); err != nil {
			return mutation{}, err
		}
	}
	m.flags = storableFlag
	if s.index.MayBeLookupKey(string(r.id)) {
		m.flags |= chosenIDFlag
	}
	return m, nil
}

// again decides what to store in the place of a session, and whether that is another
// one: the session was beyond its absolute timeout.
func (r *rewriting) again(ctx context.Context, present backend.Item) (m mutation, created bool, err error) {
	s := r.store
	if present, err = s.unsealPresent(ctx, r.id, present); err != nil {
		return mutation{}, false, err
	}
	attributes, err := s.open(ctx, r.id, present)
	if err != nil {
		return mutation{}, false, err
	}
	former := s.index.Terms(r.id.Type(), attributes)
	if ended(attributes) {
		if m, err = r.anewAfter(); err != nil {
			return mutation{}, false, err
		}
		created = true
	} else if m, _, err = r.mutation(attributes); err != nil {
		return mutation{}, false, err
	}
	m.flags, m.index.Former = present.Flags, former
	m.index.SameLife = lasts(present.ExpiresIn, m.expiresIn) || m.index.SameLife && lasts(present.ExpiresIn+rounding, m.expiresIn)
	return m, created, nil
}

// anewAfter decides what to store in the place of a session that has ended.
func (r *rewriting) anewAfter() (mutation, error) {
	m, _, err := r.mutation(nil)
	if err == nil && r.create != nil {
		err = r.create()
	}
	return m, err
}

// rounding is how much later an item of a session ends than one that was stored for the
// same end before: both round the time left up, and memcached's clock counts seconds.
const rounding = 3 * time.Second

// lasts says whether something with a time to live lasts for a life.
func lasts(ttl, life time.Duration) bool { return ttl == 0 || life != 0 && ttl >= life }

// mutation calls change with the present attributes, and makes the image of what it
// returns.
func (r *rewriting) mutation(present *perldata.Hash) (mutation, *perldata.Hash, error) {
	s := r.store
	survivors := entriesOf(present, r.surviving)
	end, fixed, _ := endAndOrigin(present)
	var before []perldata.Entry
	if present != nil {
		present.DeleteAll(r.surviving)
		before = append(before, present.Entries()...)
	}
	rewritten, err := r.change(present)
	if err != nil {
		return mutation{}, nil, err
	}
	if rewritten.ExpiresIn < 0 {
		return mutation{}, nil, &InvalidTTLError{TTL: rewritten.ExpiresIn}
	}
	expiresIn := backend.WholeSeconds(min(rewritten.ExpiresIn, farthest))
	attributes := rewritten.Attributes
	if attributes == nil {
		attributes = perldata.NewHash(1)
	}
	keepForms(before, attributes)
	if len(survivors) > 0 {
		attributes.Fill(append(attributes.Entries(), survivors...))
	}
	life := expiresIn
	if fixed {
		expiresIn, life = s.fixEnd(attributes, resolvedLife{life: expiresIn, isTTL: true}, end)
	} else {
		attributes.Delete(EndAttribute)
	}
	terms := s.index.Mark(r.id.Type(), attributes)
	if err := s.encode(r.image, r.id, attributes); err != nil {
		return mutation{}, nil, err
	}
	return mutation{
		image: r.image.bytes, expiresIn: expiresIn, index: index.Change{Now: terms, Life: life, SameLife: rewritten.SameEnd},
	}, attributes, nil
}

// keepForms gives attributes that have the same value as before the value in its form of
// before.
func keepForms(before []perldata.Entry, attributes *perldata.Hash) {
	for _, e := range before {
		v, ok := attributes.Get(e.Name)
		if ok && v != e.Value && (&comparison{characters: true}).values(e.Value, v, 0) {
			attributes.Set(e.Name, e.Value)
		}
	}
}

// deletionOf returns the deletion of a session that is not there, and whether it was
// deleted as far as anybody remembers. tombstone is zero if there is none. Of a deletion
// at an unknown time, nothing is newer.
func (s *Store) deletionOf(ctx context.Context, id ID, tombstone backend.Item) (d guard.Deletion, deleted bool, err error) {
	if g := s.guard.Load(); g != nil {
		if d, deleted, err = g.Recall(ctx, string(id)); err != nil {
			return guard.Deletion{}, false, err
		}
	}
	if !tombstone.Deleted {
		return d, deleted, nil
	}
	switch v := tombstone.Version.Credible(); {
	case v != 0:
		d.Second = max(d.Second, v.Time().Unix())
	case !deleted:
		d.Second = unknownSecond
	}
	return d, true, nil
}

// unknownSecond is later than every login.
const unknownSecond = 1<<63 - 1

// CreateTyped stores a new session of a type ([TypedID]) under new random digits: 64, as
// those of LemonLDAP::NG. It lives for expiresIn, as [Rewritten.ExpiresIn] has it; else it
// is like [Store.Create].
func (s *Store) CreateTyped(ctx context.Context, kind string, attributes *perldata.Hash, expiresIn time.Duration) (Ref, error) {
	if expiresIn < 0 {
		return Ref{}, &InvalidTTLError{TTL: expiresIn}
	}
	if attributes != nil {
		attributes.Delete(EndAttribute)
	}
	life := backend.WholeSeconds(min(expiresIn, farthest))
	return s.create(ctx, kind, attributes, life, life, func() ID { return TypedID(kind, newLongID()) })
}
