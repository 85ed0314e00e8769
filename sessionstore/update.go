package sessionstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// Change is what [Store.Update] does to a session.
type Change struct {
	Set    *perldata.Hash // attributes that get these values; nil means none
	Remove []string       // attributes to remove; absent ones are skipped
	If     If             // Exists is implied
	// Lifetime is as in [Life]; 0 means that the session keeps the end that it has.
	Lifetime time.Duration
}

// Update changes some attributes of a session and leaves the others, in one
// atomic step: no change that another writer makes at the same time is lost,
// unless it is of the same attributes. What is noted of the booleans in an attribute
// ([perldata.AddHints]) goes with the value that it is about. What does not change is stored in the
// form in which it was. The time to live is as in [Store.Create], except that
// DefaultTTL keeps the present expiry; with an idle timeout, the update is a use
// of the session.
//
// Errors are those of Replace; a session that is absent is a
// [backend.ErrNotFound].
func (s *Store) Update(ctx context.Context, id ID, c Change, ttl time.Duration) (Ref, error) {
	return s.edit(ctx, id, c.If, Life{TTL: ttl, Lifetime: c.Lifetime}, s.namesOf(c), func(attributes *perldata.Hash) error {
		c.apply(attributes)
		return nil
	})
}

// Edit changes a session by what edit does to its attributes, in one atomic step, if it
// meets a condition. What edit does not replace keeps its form, and the session its
// expiry. With an idle timeout, it is a use of the session. edit does not see the
// attributes that the bounds except, and must not set them: they survive. It is called
// again if another writer came between, and its error becomes that of the call.
//
// Errors are those of Update and of edit.
func (s *Store) Edit(ctx context.Context, id ID, cond If, edit func(attributes *perldata.Hash) error, bounds Bounds) (Ref, error) {
	surviving := survivingNames(bounds.Except)
	return s.edit(ctx, id, cond, Life{}, nil, func(attributes *perldata.Hash) error {
		survivors := entriesOf(attributes, surviving)
		attributes.DeleteAll(surviving)
		if err := edit(attributes); err != nil {
			return err
		}
		if len(survivors) > 0 {
			attributes.Fill(append(attributes.Entries(), survivors...))
		}
		return nil
	})
}

// edit is a read-modify-write of a session that must exist and meet a condition. names
// are those of the attributes that edit looks at or changes; nil means all.
func (s *Store) edit(
	ctx context.Context, id ID, cond If, life Life, names []string, edit func(attributes *perldata.Hash) error,
) (Ref, error) {
	asked, err := s.lifetimes.resolveLife(life)
	if err != nil {
		return Ref{}, err
	}
	e := editing{store: s, id: id, cond: cond, asked: asked, edit: edit, image: newImageBuffer()}
	defer e.image.release()
	stored, err := s.change(ctx, id, func(present backend.Item, found bool) (mutation, error) {
		if !found || !s.isSession(present) {
			return mutation{}, backend.ErrNotFound
		}
		if present, err = s.unsealPresent(ctx, id, present); err != nil {
			return mutation{}, err
		}
		m := memory{ctx: ctx, reserve: s.reserve}
		decided, err := e.mutation(present, names, &m)
		if errors.Is(err, errPart) {
			decided, err = e.mutation(present, nil, &m)
		}
		return decided, err
	})
	if err != nil {
		return Ref{}, err
	}
	return stored.ref(id), nil
}

// editing is one call of edit.
type editing struct {
	store *Store
	id    ID
	cond  If
	asked resolvedLife
	edit  func(attributes *perldata.Hash) error
	image *imageBuffer
}

// errPart says that a change needs the whole session.
var errPart = errors.New("sessionstore: a part of the session does not do")

// mutation decides what becomes of the present session.
func (e *editing) mutation(present backend.Item, names []string, m *memory) (mutation, error) {
	s := e.store
	o, err := s.openPart(e.id, present, names, m)
	if err == nil {
		err = e.cond.checkImage(e.id, o.image)
	}
	if err != nil {
		return mutation{}, err
	}
	if ended(o.attributes) {
		return mutation{}, backend.ErrNotFound
	}
	former := s.index.Terms(e.id.Type(), o.attributes)
	expiresIn, life, err := e.apply(o.attributes, present.ExpiresIn)
	if err != nil {
		return mutation{}, err
	}
	now := s.index.Mark(e.id.Type(), o.attributes)
	whole, err := s.encodePart(e.image, e.id, o)
	if err == nil && !whole {
		err = errPart
	}
	if err != nil {
		return mutation{}, err
	}
	return mutation{
		image: e.image.bytes, flags: present.Flags, expiresIn: expiresIn,
		index: index.Change{Former: former, Now: now, Life: life, SameLife: !e.asked.isTTL && e.asked.lifetime == 0},
	}, nil
}

// apply makes the change to the attributes of a session whose item lives for itemLife. It
// returns how long the item lives then, and how long what leads to it in the index does.
func (e *editing) apply(attributes *perldata.Hash, itemLife time.Duration) (expiresIn, life time.Duration, err error) {
	s := e.store
	before, has := attributes.Get(EndAttribute)
	end, fixed, ok := endAndOrigin(attributes)
	asked := e.asked
	keeps := !asked.isTTL
	if keeps {
		left := s.life(attributes, itemLife)
		asked.life = s.lifetimes.cut(left)
		keeps = asked.life == left
	}
	if err := e.edit(attributes); err != nil {
		return 0, 0, err
	}
	switch {
	case asked.lifetime > 0:
		expiresIn, life = s.fixEnd(attributes, asked, backend.ExpiryOf(asked.lifetime))
		return expiresIn, life, nil
	case fixed:
		if !keeps && !asked.isTTL { // the longest time to live has become shorter
			end = backend.ExpiryOf(asked.life)
		}
		expiresIn, life = s.fixEnd(attributes, asked, end)
		return expiresIn, life, nil
	case s.lifetimes.Idle > 0:
		if !ok || !keeps {
			end = backend.ExpiryOf(asked.life)
		}
		return s.setEnd(attributes, end), asked.life, nil
	case has:
		attributes.Set(EndAttribute, before)
	default:
		attributes.Delete(EndAttribute)
	}
	if !ok {
		return asked.life, asked.life, nil
	}
	life = backend.Shorter(asked.life, backend.Until(end))
	return backend.WholeSeconds(life), life, nil
}

func (c Change) apply(attributes *perldata.Hash) {
	remove := slices.DeleteFunc(slices.Clone(c.Remove), func(name string) bool {
		return name == IDAttribute // which every session has
	})
	attributes.DeleteAll(append(remove, c.staleHints(attributes)...))
	if c.Set == nil {
		return
	}
	for name, value := range c.Set.All() {
		attributes.Set(name, value)
	}
}

// staleHints returns the hints (see [perldata.AddHints]) of attributes that get another
// value or are removed. Those that the change sets are not stale.
func (c Change) staleHints(attributes *perldata.Hash) []string {
	var stale []string
	for _, e := range attributes.Entries() {
		name, isHint := strings.CutSuffix(e.Name, perldata.HintSuffix)
		if isHint && c.changes(name) && !c.sets(e.Name) && perldata.IsHint(e.Name, e.Value) {
			stale = append(stale, e.Name)
		}
	}
	return stale
}

func (c Change) changes(name string) bool { return c.sets(name) || slices.Contains(c.Remove, name) }

func (c Change) sets(name string) bool {
	if c.Set == nil {
		return false
	}
	_, sets := c.Set.Get(name)
	return sets
}
