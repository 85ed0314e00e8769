package sessionstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Options adjusts a [Store]. Its zero value is ready for use: sessions live
// for ever unless their writer says otherwise.
type Options struct {
	Lifetimes Lifetimes // how long sessions may live

	// CompressThreshold is the size in bytes from which on a session is
	// stored compressed, if that saves more than 20 percent
	// (compress_threshold of Cache::Memcached 1.30); 0 is never. Sessions
	// found compressed are read and stay so in any case.
	CompressThreshold int

	// Principals are attributes by whose value sessions are found: all of
	// them by [Store.Find], the last one by Perl programs (option principal of
	// Apache::Session::Memorycached 2.2.1). For the latter, whenever a
	// session with such an attribute NAME is stored, its id is stored too, as
	// a plain string under the MD5 of the value in hexadecimal, which the
	// session has as NAME_MD5. Both live equally long. The last session
	// stored with a value has the key; the key goes when that session is
	// deleted or has another value. A value that is empty, undef, a list, a
	// hash or a reference has no key.
	//
	// memcached cannot change two items at once. Of two writers who change
	// the value of one session at the same time, or delete it meanwhile, the
	// slower may leave a key that points to a session without that value, or
	// to none, until it expires: who follows a key looks at the session.
	Principals []string
	// MaxSessionsPerPrincipal bounds how many sessions are found by one value:
	// of more, the newest. The others live on and are not found. 0 means
	// DefaultMaxSessionsPerPrincipal.
	MaxSessionsPerPrincipal int
	// ReverseKeyFailed is told of a session that was stored, touched or
	// deleted, but whose reverse key or entry among those of its principal
	// could not be. That is no error of the
	// call: what it was to do to the session is done. The error is for the
	// log only. May be nil.
	ReverseKeyFailed func(ctx context.Context, id ID, err error)
}

// Store keeps sessions in a [Backend], in the form of a [Codec]. It may be
// used from any goroutine.
//
// Every method that takes an id refuses one that [ParseID] refuses, and
// reports what the backend could not do as an [*UnavailableError].
//
// Every change of a session is a compare-and-swap, so that none is lost, also
// of programs that do not go through a Store. When others write to the same
// session all the time it is tried again, a bounded number of times, before it
// is an [*UnavailableError]. A change to which no answer came is looked for
// before it is repeated or reported; it is an [*UnavailableError] that is
// Unknown if what is found tells nothing.
//
// A deleted session leaves a tombstone: reading it is [ErrNotFound], changing
// it [ErrDeleted].
//
// The items of [Options.Principals] are no sessions: as those they are absent,
// whoever has stored them, and are not replaced.
type Store struct {
	backend           Backend
	codec             Codec
	lifetimes         Lifetimes
	compressThreshold int
	principals        []string
	maxPerPrincipal   int
	reverseKeyFailed  func(context.Context, ID, error)

	near   Reader // nil if the backend has no copies
	turns  turns
	counts counts
}

// NewStore makes a Store, which owns the backend from now on: [Store.Close]
// closes it.
func NewStore(b Backend, c Codec, o Options) *Store {
	s := &Store{
		backend: b, codec: c, lifetimes: o.Lifetimes, compressThreshold: o.CompressThreshold,
		principals: slices.Clone(o.Principals), maxPerPrincipal: cmp.Or(o.MaxSessionsPerPrincipal, DefaultMaxSessionsPerPrincipal),
		reverseKeyFailed: o.ReverseKeyFailed,
	}
	s.near, _ = b.(Reader)
	return s
}

// Get returns the session under id. Errors are [ErrNotFound],
// [*UnreadableError] and [*UnavailableError].
func (s *Store) Get(ctx context.Context, id ID) (Session, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Session{}, err
	}
	item, err := s.look(ctx, string(id))
	if err != nil {
		return Session{}, err
	}
	return s.session(id, item)
}

// look returns an item to be shown, of which a copy will do.
func (s *Store) look(ctx context.Context, key string) (Item, error) {
	if s.near != nil {
		return s.near.Read(ctx, key)
	}
	return s.backend.Get(ctx, key)
}

// session makes the session of an item.
func (s *Store) session(id ID, item Item) (Session, error) {
	if _, ok := pointsTo(item); ok || item.IsTombstone() {
		return Session{}, ErrNotFound
	}
	attributes, version, err := s.open(id, item)
	if err != nil {
		return Session{}, err
	}
	return Session{Ref: Ref{ID: id, Version: version, ExpiresIn: item.ExpiresIn}, Attributes: attributes}, nil
}

// Create stores a new session under a new random id. It takes attributes
// over and sets [IDAttribute] in them; nil is none. The time to live is
// positive, [DefaultTTL] or [LongestTTL]; what exceeds the longest allowed is
// cut, as the Ref shows.
//
// Errors are [*InvalidTTLError], [*UnrepresentableError], [*TooLargeError]
// and [*UnavailableError].
func (s *Store) Create(ctx context.Context, attributes *Hash, ttl time.Duration) (Ref, error) {
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	keys := s.markReverseKeys(attributes)
	for range maxIDs {
		ref, err := s.createAs(ctx, NewID(), attributes, expiresIn)
		if err == nil {
			s.moveReverseKeys(ctx, ref.ID, nil, keys, expiresIn)
			s.moveLogins(ctx, ref.ID, nil, s.logins(attributes), expiresIn)
		}
		if !errors.Is(err, ErrExists) {
			return ref, err
		}
	}
	return Ref{}, Unavailable("every new session id was taken", nil)
}

func (s *Store) createAs(ctx context.Context, id ID, attributes *Hash, expiresIn time.Duration) (Ref, error) {
	image, err := s.encode(id, attributes)
	if err != nil {
		return Ref{}, err
	}
	defer image.release()
	if err := s.backend.Add(ctx, string(id), s.pack(image.bytes, storableFlag, expiresIn)); err != nil {
		return Ref{}, err
	}
	return Ref{ID: id, Version: version(image.bytes), ExpiresIn: expiresIn}, nil
}

// If are the conditions of a change. The zero value has none.
type If struct {
	// Version is the one that the session must have; "" is any.
	Version string
	// Exists says that there must be a session already.
	Exists bool
}

// Replace stores attributes as the whole session under id, in the place of
// the present one if there is one. Attributes and time to live are as in
// [Store.Create]. A session of Apache::Session::Memcached keeps its form and,
// for DefaultTTL, the time that it has. An item that is there but is no session
// that can be read belongs to somebody else: it is an [*UnreadableError] and
// stays.
//
// Errors are those of Create, [*InvalidIDError], [*UnreadableError],
// [ErrDeleted], and, of the conditions, [*VersionConflictError] and
// [ErrNotFound].
func (s *Store) Replace(ctx context.Context, id ID, attributes *Hash, ttl time.Duration, cond If) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	keys := s.markReverseKeys(attributes)
	image, err := s.encode(id, attributes)
	if err != nil {
		return Ref{}, err
	}
	defer image.release()
	var former *Hash
	ref, err := s.change(ctx, id, func(present Item, found bool) (edit, error) {
		former = nil
		if !found {
			if cond.Exists || cond.Version != "" {
				return edit{}, ErrNotFound
			}
			return edit{image: image.bytes, flags: storableFlag, expiresIn: expiresIn}, nil
		}
		var has string
		var err error
		if former, has, err = s.replaced(id, present, cond.Version != ""); err != nil {
			return edit{}, err
		}
		e := edit{image: image.bytes, flags: present.Flags, expiresIn: expiresIn}
		if present.Flags&storableFlag == 0 && ttl == DefaultTTL {
			// Apache::Session::Memcached stores sessions for ever and never
			// renews them.
			e.expiresIn = s.lifetimes.cut(present.ExpiresIn)
		}
		return e, cond.check(id, has)
	})
	if err == nil {
		s.moveReverseKeys(ctx, id, s.reverseKeys(former), keys, ref.ExpiresIn)
		s.moveLogins(ctx, id, s.logins(former), s.logins(attributes), ref.ExpiresIn)
	}
	return ref, err
}

// check returns the error of a condition that a session of that version does
// not meet.
func (c If) check(id ID, version string) error {
	if c.Version != "" && c.Version != version {
		return &VersionConflictError{ID: id, Current: version}
	}
	return nil
}

// replaced checks the session that is to be replaced. Its attributes are worth
// reading only for the reverse keys that they have, its version only for a
// condition.
func (s *Store) replaced(id ID, item Item, versioned bool) (*Hash, string, error) {
	if len(s.principals) == 0 && !versioned {
		return nil, "", s.check(id, item)
	}
	return s.open(id, item)
}

// Change is what [Store.Update] does to a session.
type Change struct {
	Set    *Hash    // attributes that get these values; nil is none
	Remove []string // attributes that go; absent ones are passed over
	If     If       // Exists is implied
}

// Update changes some attributes of a session and leaves the others, in one
// atomic step: no change that somebody else makes at the same time is lost,
// other than of the same attributes. What does not change is stored in the
// form in which it was. The time to live is as in [Store.Create], but that
// DefaultTTL leaves the session the time that it has.
//
// Errors are those of Replace; a session that is absent is an [ErrNotFound].
func (s *Store) Update(ctx context.Context, id ID, c Change, ttl time.Duration) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	var image *imageBuffer
	defer func() {
		if image != nil {
			image.release()
		}
	}()
	var former, keys []string
	var formerLogins, logins []login
	ref, err := s.change(ctx, id, func(present Item, found bool) (edit, error) {
		if !isSession(present, found) {
			return edit{}, ErrNotFound
		}
		attributes, has, err := s.open(id, present)
		if err == nil {
			err = c.If.check(id, has)
		}
		if err != nil {
			return edit{}, err
		}
		former, formerLogins = s.reverseKeys(attributes), s.logins(attributes)
		c.apply(attributes)
		logins = s.logins(attributes)
		keys = s.markReverseKeys(attributes)
		if image != nil {
			image.release()
		}
		if image, err = s.encode(id, attributes); err != nil {
			return edit{}, err
		}
		e := edit{image: image.bytes, flags: present.Flags, expiresIn: expiresIn}
		if ttl == DefaultTTL {
			e.expiresIn = s.lifetimes.cut(present.ExpiresIn)
		}
		return e, nil
	})
	if err == nil {
		s.moveReverseKeys(ctx, id, former, keys, ref.ExpiresIn)
		if ttl != DefaultTTL || !slices.Equal(formerLogins, logins) {
			s.moveLogins(ctx, id, formerLogins, logins, ref.ExpiresIn)
		}
	}
	return ref, err
}

func (c Change) apply(attributes *Hash) {
	for _, name := range c.Remove {
		if name != IDAttribute { // which every session has
			attributes.Delete(name)
		}
	}
	if c.Set == nil {
		return
	}
	for name, value := range c.Set.All() {
		attributes.Set(name, value)
	}
}

// Touch gives the session under id a new time to live, as in [Store.Create],
// and leaves its content alone: it works on items that cannot be read too.
//
// Errors are [*InvalidIDError], [*InvalidTTLError], [ErrNotFound],
// [ErrDeleted] and [*UnavailableError].
func (s *Store) Touch(ctx context.Context, id ID, ttl time.Duration) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	// Touching comes without a comparison. What must not be touched is known
	// only by reading it first.
	before, err := s.backend.Get(ctx, string(id))
	if err != nil {
		return Ref{}, err
	}
	if err := s.refuse(before); err != nil {
		return Ref{}, err
	}
	if !isSession(before, true) {
		return Ref{}, ErrNotFound
	}
	item, err := s.backend.Touch(ctx, string(id), expiresIn)
	if err != nil {
		return Ref{}, err
	}
	if item.IsTombstone() { // deleted between: it stands as long as it would have
		_, err := s.backend.Touch(ctx, string(id), tombstoneLife(before.ExpiresIn))
		return Ref{}, errors.Join(s.refuse(item), err)
	}
	s.renewReverseKeys(ctx, id, item, expiresIn)
	return refOf(id, item), nil
}

// isSession says whether what was found is a session, readable or not. The
// reverse key of a principal is none.
func isSession(item Item, found bool) bool {
	_, reverse := pointsTo(item)
	return found && !reverse
}

// refuse returns [ErrDeleted] for a tombstone.
func (s *Store) refuse(item Item) error {
	if item.IsTombstone() {
		s.counts.tombstoneRefusals.Add(1)
		return ErrDeleted
	}
	return nil
}

// Delete deletes the session under id, whether it can be read or not. A
// tombstone takes its place for as long as the session would have lived, but
// for a minute at least and 30 days at most: until then nobody can change the
// session or make it again through a Store. A server that has no memory for a
// tombstone has none. Errors are [*InvalidIDError], [ErrNotFound] if there was
// none and [*UnavailableError].
func (s *Store) Delete(ctx context.Context, id ID) error {
	if _, err := ParseID(string(id)); err != nil {
		return err
	}
	var deleted Item
	_, err := s.change(ctx, id, func(present Item, found bool) (edit, error) {
		if !isSession(present, found) {
			return edit{}, ErrNotFound
		}
		deleted = present
		return edit{flags: TombstoneFlags, expiresIn: tombstoneLife(present.ExpiresIn)}, nil
	})
	switch {
	case err == nil:
		s.renewReverseKeys(ctx, id, deleted, gone)
		return nil
	case errors.Is(err, ErrDeleted):
		return ErrNotFound
	case errors.Is(err, ErrNoMemory):
		// Who logs out must be logged out, even if there is no memory to
		// remember it.
		if err := s.backend.Delete(ctx, string(id)); err != nil {
			return err
		}
		s.renewReverseKeys(ctx, id, deleted, gone)
		return nil
	case errors.Is(err, ErrNotFound):
		// A server that is away may have it, and the backend take note. A
		// reverse key is no session, and stays.
		return s.deleteAbsent(ctx, id)
	}
	return err
}

func (s *Store) deleteAbsent(ctx context.Context, id ID) error {
	switch _, err := s.backend.Get(ctx, string(id)); {
	case err == nil:
		return ErrNotFound
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return s.backend.Delete(ctx, string(id))
}

// MaxBatch is how many sessions one [Store.GetMany] reads at most.
const MaxBatch = 1000

// maxBatchBytes bounds what the items of one batch may have, in bytes.
const maxBatchBytes = 32 << 20

// GetMany returns the sessions under ids, in that order. Those that are absent
// are left out; one that is asked for twice is there twice. Errors are
// [*InvalidIDError], [*TooManyError], [*TooLargeError] for all of them
// together, [*UnreadableError] and [*UnavailableError].
func (s *Store) GetMany(ctx context.Context, ids []ID) ([]Session, error) {
	if len(ids) > MaxBatch {
		return nil, &TooManyError{Limit: MaxBatch, Actual: len(ids)}
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		if _, err := ParseID(string(id)); err != nil {
			return nil, err
		}
		keys[i] = string(id)
	}
	read := s.backend.GetMany
	if s.near != nil {
		read = s.near.ReadMany
	}
	items, err := read(ctx, keys, maxBatchBytes)
	if err != nil {
		return nil, err
	}
	sessions := make([]Session, 0, len(items))
	seen := make(map[ID]Session, len(items))
	for _, id := range ids {
		session, known := seen[id]
		if item, found := items[string(id)]; found && !known {
			session, err = s.session(id, item)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
			seen[id] = session
		}
		if session.ID != "" {
			sessions = append(sessions, session)
		}
	}
	return sessions, nil
}

// Ping asks every server whether it answers. The error is an
// [*UnavailableError] if one does not without which sessions cannot be kept.
func (s *Store) Ping(ctx context.Context) error { return s.backend.Ping(ctx) }

// Stats returns what every server says of itself, in configured order. A
// server that does not answer is a row that says so.
func (s *Store) Stats(ctx context.Context) []ServerStats { return s.backend.Stats(ctx) }

// Close closes the backend.
func (s *Store) Close() error { return s.backend.Close() }

// maxIDs bounds how many new ids are tried when each is taken, of which one
// would be a wonder.
const maxIDs = 8
