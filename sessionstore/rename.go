package sessionstore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// Rename gives the session under id the id to, and returns it: the attributes go over
// in their form, the time left and the absolute timeout stay. The version is another
// one, since [IDAttribute] is among the attributes. to is an id of the same type under
// which there is no session; "" makes a new one, of 64 digits if id has 64. The old id
// gets a tombstone, as by [Store.Delete], and does not lead to the session any more.
//
// memcached cannot change two items at once. The session is stored under the new id
// first, and then the old one becomes a tombstone, if nobody has changed it since. A
// change that came between is made under the new id, too, so none is lost. Until then
// the session is under both ids: both can be read, and [Store.Find] finds both. If this
// process ends in between, they stay until they expire, and the old one is as it was.
// If the old id becomes absent in between, the session is deleted under the new id.
//
// Rename ends no other session of the principals of the session, which counts as their
// newest login from then on. A condition Exists is implied.
//
// Errors are [backend.ErrNotFound], [ErrDeleted], [*VersionConflictError] and
// [*UnreadableError] of the session; [*ExistsError], [ErrNewIDDeleted],
// [*InvalidIDError] and [*UnreadableError] of the new id; [*backend.TooLargeError] and
// [*backend.UnavailableError]. After an UnavailableError with Unknown set the session
// may be under the old id, the new one, or both. After all others it is as it was.
func (s *Store) Rename(ctx context.Context, id, to ID, cond If) (Ref, error) {
	r := renaming{store: s, id: id, to: to, chosen: to != "", cond: cond, image: newImageBuffer()}
	defer r.image.release()
	switch {
	case to == id:
		return Ref{}, &InvalidIDError{Text: string(to), Reason: "the new id is the id that the session has; send another one, or none"}
	case r.chosen && to.Type() != id.Type():
		return Ref{}, &InvalidIDError{Text: string(to), Reason: "the new id is of another type than the session"}
	}
	s.counts.calls.Inc()
	life, err := r.locked(ctx)
	if err != nil {
		return Ref{}, s.countRefusal(r.undo(ctx, err))
	}
	s.index.Apply(ctx, string(id), index.Change{Former: r.former}, nil)
	s.rememberDeletion(ctx, id, life)
	s.notifyDeleted(ctx, id)
	return r.renamed.ref(r.to), nil
}

// renaming is one call of [Store.Rename].
type renaming struct {
	store  *Store
	id, to ID
	chosen bool // the caller has chosen the new id
	cond   If

	image   *imageBuffer
	renamed mutation    // the session as it is to be under the new id
	former  index.Terms // what the session under the old id is found by
	stored  copied      // what may be under the new id
	entered bool        // the index was told of the new id
	ids     int         // how many new ids were made
}

// copied is a session as it was stored under its new id. The zero value is none.
type copied struct {
	item  backend.Item
	image []byte // before compression; nil if nothing was stored
	terms index.Terms
}

// locked renames the session while no other call of this process changes it. It returns
// how long the tombstone lives.
func (r *renaming) locked(ctx context.Context) (time.Duration, error) {
	s := r.store
	unlock, err := s.locks.lock(ctx, r.id)
	if err != nil {
		return 0, err
	}
	defer unlock()
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return 0, err
		}
		present, err := r.read(ctx)
		if err != nil {
			return 0, err
		}
		if err = r.put(ctx); err == nil {
			life := tombstoneLife(present.ExpiresIn)
			if err = s.write(ctx, r.id, present, true, backend.Tombstone(life)); err == nil {
				return life, nil
			}
			if backend.IsUnknown(err) {
				r.stored, r.entered = copied{}, false // it stays: it may be all that is left of the session
				s.notifyDeleted(ctx, r.id)
				return 0, err
			}
		}
		if !backend.LostRace(err) {
			return 0, err
		}
		s.counts.conflicts.Inc()
	}
	return 0, backend.Unavailable("other writers changed the session all the time", backend.ErrConflict)
}

// read reads the session and makes of it what is to be stored under the new id.
func (r *renaming) read(ctx context.Context) (backend.Item, error) {
	s := r.store
	present, err := s.backend.Get(ctx, string(r.id))
	if err != nil {
		return backend.Item{}, err
	}
	s.clock.Observe(present.Version) // under the new id it is a later one
	if err := s.refuseDeleted(present); err != nil {
		return backend.Item{}, err
	}
	if !s.isSession(present) {
		return backend.Item{}, backend.ErrNotFound
	}
	plain, err := s.unsealPresent(ctx, r.id, present)
	if err != nil {
		return backend.Item{}, err
	}
	if r.stored.image == nil && !r.chosen {
		r.to = r.newID()
	}
	names := []string{} // none but those that the Store looks at
	mayBeLookupKey := r.chosen && s.index.MayBeLookupKey(string(r.to))
	if mayBeLookupKey {
		names = nil // all
	}
	m := memory{ctx: ctx, reserve: s.reserve}
	err = r.copy(plain, names, &m)
	if errors.Is(err, errPart) {
		err = r.copy(plain, nil, &m)
	}
	if mayBeLookupKey {
		r.renamed.flags |= chosenIDFlag
	}
	return present, err
}

// newID makes an id with as many digits as a new session of the kind has.
func (r *renaming) newID() ID {
	r.ids++
	id, _ := r.store.availableID(func() ID {
		digits := NewID()
		if len(r.id.Digits()) == MaxIDLength {
			digits = newLongID()
		}
		return TypedID(r.id.Type(), digits)
	})
	return id
}

// copy makes the session of an item that is to be stored under the new id. names are as
// for [Store.openPart].
func (r *renaming) copy(plain backend.Item, names []string, m *memory) error {
	s := r.store
	o, err := s.openPart(r.id, plain, names, m)
	if err == nil {
		err = r.cond.checkImage(r.id, o.image)
	}
	if err != nil {
		return err
	}
	if ended(o.attributes) {
		return backend.ErrNotFound
	}
	if names == nil && r.chosen {
		if err := s.refuseLookupKey(r.to, o.attributes); err != nil {
			return err
		}
	}
	r.former = s.index.Terms(r.id.Type(), o.attributes)
	same := editing{store: s, edit: func(*perldata.Hash) error { return nil }}
	_, has := endOf(o.attributes)
	expiresIn, life, err := same.apply(o.attributes, plain.ExpiresIn)
	if err != nil {
		return err
	}
	if has { // else an idle timeout begins
		expiresIn = backend.WholeSeconds(life)
	}
	now := s.index.Mark(r.to.Type(), o.attributes)
	whole, err := s.encodePart(r.image, r.to, o)
	if err == nil && !whole {
		err = errPart
	}
	r.renamed = mutation{
		image: r.image.bytes, flags: plain.Flags &^ chosenIDFlag, expiresIn: backend.Shorter(expiresIn, plain.ExpiresIn),
		index: index.Change{Now: now, Life: life},
	}
	return err
}

// put stores the session under its new id.
func (r *renaming) put(ctx context.Context) error {
	if r.stored.image != nil {
		return r.putAgain(ctx)
	}
	s := r.store
	if r.chosen {
		if err := s.refuseRemembered(ctx, r.to); err != nil {
			return ofNewID(err)
		}
	}
	err := r.write(ctx, backend.Item{}, false)
	switch {
	case r.chosen && errors.Is(err, backend.ErrExists):
		return r.displace(ctx)
	case !r.chosen && r.ids < maxIDs && ctx.Err() == nil && isDown(err):
		return backend.ErrExists // another id may have another server
	}
	return err
}

// write stores the session in the place of what is under its new id, and enters it in
// the index.
func (r *renaming) write(ctx context.Context, present backend.Item, found bool) error {
	s := r.store
	item := s.item(r.to, r.renamed)
	looked := s.index.Behind(string(r.to), r.renamed.index)
	err := s.writeThen(ctx, r.to, present, found, item, looked)
	if err == nil || backend.IsUnknown(err) {
		// The buffer of the image is used again if another writer has come between.
		r.stored = copied{item: bytesOwned(item), image: bytes.Clone(r.renamed.image), terms: r.renamed.index.Now}
	}
	if err == nil {
		r.entered = true
		s.index.Apply(ctx, string(r.to), r.renamed.index, looked)
	}
	return err
}

// displace stores the session in the place of one that is beyond its absolute timeout.
// Anything else under the new id stays.
func (r *renaming) displace(ctx context.Context) error {
	s := r.store
	present, err := s.backend.Get(ctx, string(r.to))
	if err != nil {
		return err
	}
	if err := s.refuseDeleted(present); err != nil {
		return ofNewID(err)
	}
	attributes, err := s.open(ctx, r.to, present)
	if err != nil {
		return err
	}
	if !ended(attributes) {
		return &ExistsError{ID: r.to}
	}
	r.renamed.index.Former = s.index.Terms(r.to.Type(), attributes)
	return r.write(ctx, present, true)
}

// putAgain stores the session under its new id again, because the old one was changed.
func (r *renaming) putAgain(ctx context.Context) error {
	s := r.store
	present, err := s.backend.Get(ctx, string(r.to))
	switch {
	case errors.Is(err, backend.ErrNotFound):
		return r.write(ctx, backend.Item{}, false)
	case err != nil:
		return err
	case present.Deleted:
		r.stored = copied{}
		return ErrNewIDDeleted
	}
	r.renamed.index.Former = r.stored.terms
	if !backend.SameContent(present, r.stored.item) {
		if err := r.merge(ctx, present); err != nil {
			return err
		}
	}
	return r.write(ctx, present, true)
}

// merge makes the changes that another writer has made under the old id in the session
// that another writer has changed under the new id.
func (r *renaming) merge(ctx context.Context, present backend.Item) error {
	s := r.store
	m := memory{ctx: ctx, reserve: s.reserve}
	before, err := s.decode(r.id, bytes.Clone(r.stored.image), &m)
	if err != nil {
		return err
	}
	after, err := s.decode(r.id, bytes.Clone(r.renamed.image), &m)
	if err != nil {
		return err
	}
	plain, err := s.unseal(r.to, present, &m)
	if err != nil {
		return err
	}
	theirs, err := s.open(ctx, r.to, plain)
	if err != nil {
		return err
	}
	r.renamed.index.Former = s.index.Terms(r.to.Type(), theirs)
	changeBetween(before, after).apply(theirs)
	r.renamed.index.Now = s.index.Mark(r.to.Type(), theirs)
	r.renamed.flags = plain.Flags
	err = s.encode(r.image, r.to, theirs)
	r.renamed.image = r.image.bytes
	return err
}

// changeBetween returns the change that makes the second session of the first one.
func changeBetween(before, after *perldata.Hash) Change {
	c := Change{Set: perldata.NewHash(1)}
	for name, v := range after.All() {
		if was, ok := before.Get(name); !ok || !new(comparison).values(was, v, 0) {
			c.Set.Set(name, v)
		}
	}
	for name := range before.All() {
		if _, ok := after.Get(name); !ok {
			c.Remove = append(c.Remove, name)
		}
	}
	return c
}

// undoTime bounds how long a session is deleted under its new id, whether its caller
// still waits or not.
const undoTime = 2 * time.Second

// undo deletes what was stored under the new id, after an error of renaming, and returns
// the error of the call.
func (r *renaming) undo(ctx context.Context, err error) error {
	if !r.entered && r.stored.image == nil {
		return err
	}
	s := r.store
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if r.stored.image != nil {
		if undone := s.Delete(ctx, r.to); undone != nil && !errors.Is(undone, backend.ErrNotFound) && !backend.IsUnknown(err) {
			both := backend.Unavailable("the session was not renamed, and could not be deleted under its new id again", errors.Join(undone, err))
			both.Unknown = true
			return both
		}
	}
	if r.entered && !errors.Is(err, backend.ErrNotFound) && (!errors.Is(err, ErrDeleted) || errors.Is(err, ErrNewIDDeleted)) {
		// Its lookup keys lead to the session under its old id again.
		s.index.Apply(ctx, string(r.id), index.Change{Former: r.former, Now: r.former, Life: r.renamed.index.Life, SameLife: true}, nil)
	}
	return err
}

// ofNewID returns the error of a new id whose session was deleted.
func ofNewID(err error) error {
	if errors.Is(err, ErrDeleted) {
		return ErrNewIDDeleted
	}
	return err
}
