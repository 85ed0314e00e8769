package sessionstore

import (
	"context"
	"errors"
	"math/rand/v2"
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

	// Principals are attributes by whose value Perl programs find a session
	// (option principal of Apache::Session::Memorycached 2.2.1). Whenever a
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
	// ReverseKeyFailed is told of a session that was stored, touched or
	// deleted, but whose reverse key could not be. That is no error of the
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
// Every change of a session's content is a compare-and-swap. When others
// write to the same session all the time it is tried again, a bounded number
// of times, before it is an [*UnavailableError].
//
// The items of [Options.Principals] are no sessions: as those they are absent,
// whoever has stored them, and are not replaced.
type Store struct {
	backend           Backend
	codec             Codec
	lifetimes         Lifetimes
	compressThreshold int
	principals        []string
	reverseKeyFailed  func(context.Context, ID, error)
}

// NewStore makes a Store, which owns the backend from now on: [Store.Close]
// closes it.
func NewStore(b Backend, c Codec, o Options) *Store {
	return &Store{
		backend: b, codec: c, lifetimes: o.Lifetimes, compressThreshold: o.CompressThreshold,
		principals: slices.Clone(o.Principals), reverseKeyFailed: o.ReverseKeyFailed,
	}
}

// Get returns the session under id. Errors are [ErrNotFound],
// [*UnreadableError] and [*UnavailableError].
func (s *Store) Get(ctx context.Context, id ID) (Session, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Session{}, err
	}
	item, err := s.backend.Get(ctx, string(id))
	if err != nil {
		return Session{}, err
	}
	if _, ok := pointsTo(item); ok {
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

// Replace stores attributes as the whole session under id, in the place of
// the present one if there is one. Attributes and time to live are as in
// [Store.Create]. A session of Apache::Session::Memcached keeps its form and,
// for DefaultTTL, the time that it has. An item that is there but is no session
// that can be read belongs to somebody else: it is an [*UnreadableError] and
// stays.
//
// Errors are those of Create, [*InvalidIDError] and [*UnreadableError].
func (s *Store) Replace(ctx context.Context, id ID, attributes *Hash, ttl time.Duration) (Ref, error) {
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
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return Ref{}, err
		}
		former, left, err := s.put(ctx, id, image.bytes, ttl, expiresIn)
		if err == nil {
			s.moveReverseKeys(ctx, id, s.reverseKeys(former), keys, left)
			return Ref{ID: id, Version: version(image.bytes), ExpiresIn: left}, nil
		}
		if !changedMeanwhile(err) {
			return Ref{}, err
		}
	}
	return Ref{}, Unavailable("others changed the session all the time", ErrConflict)
}

// put stores the image unless another writer comes between, which is
// [ErrExists], [ErrConflict] or [ErrNotFound]. It returns what replaced does of
// the session that was there, or nil, and the time that the session now has.
func (s *Store) put(ctx context.Context, id ID, image []byte, ttl, expiresIn time.Duration) (*Hash, time.Duration, error) {
	present, err := s.backend.Get(ctx, string(id))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, expiresIn, s.backend.Add(ctx, string(id), s.pack(image, storableFlag, expiresIn))
	case err != nil:
		return nil, 0, err
	}
	former, err := s.replaced(id, present)
	if err != nil {
		return nil, 0, err
	}
	if present.Flags&storableFlag == 0 && ttl == DefaultTTL {
		// Apache::Session::Memcached stores sessions for ever and never
		// renews them.
		expiresIn = s.lifetimes.cut(present.ExpiresIn)
	}
	item := s.pack(image, present.Flags, expiresIn)
	item.CAS = present.CAS
	return former, expiresIn, s.backend.CompareAndSwap(ctx, string(id), item)
}

// replaced checks the session that is to be replaced. Its attributes are worth
// reading only for the reverse keys that they have.
func (s *Store) replaced(id ID, item Item) (*Hash, error) {
	if len(s.principals) == 0 {
		return nil, s.check(id, item)
	}
	return s.read(id, item)
}

// Touch gives the session under id a new time to live, as in [Store.Create],
// and leaves its content alone: it works on items that cannot be read too.
//
// Errors are [*InvalidIDError], [*InvalidTTLError], [ErrNotFound] and
// [*UnavailableError].
func (s *Store) Touch(ctx context.Context, id ID, ttl time.Duration) (Ref, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Ref{}, err
	}
	expiresIn, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	item, err := s.backend.Touch(ctx, string(id), expiresIn)
	if err != nil {
		return Ref{}, err
	}
	if session, ok := pointsTo(item); ok {
		s.touchedReverseKey(ctx, id, session)
		return Ref{}, ErrNotFound
	}
	s.renewReverseKeys(ctx, id, item, expiresIn)
	return refOf(id, item), nil
}

// Delete removes the session under id, whether it can be read or not. Errors
// are [*InvalidIDError], [ErrNotFound] if there was none and
// [*UnavailableError].
func (s *Store) Delete(ctx context.Context, id ID) error {
	if _, err := ParseID(string(id)); err != nil {
		return err
	}
	item, err := s.backend.Get(ctx, string(id))
	if errors.Is(err, ErrNotFound) {
		// A server that is away may have it, and the backend take note.
		return s.backend.Delete(ctx, string(id))
	}
	if err != nil {
		return err
	}
	if _, ok := pointsTo(item); ok {
		return ErrNotFound
	}
	if err := s.backend.Delete(ctx, string(id)); err != nil {
		return err
	}
	s.renewReverseKeys(ctx, id, item, gone)
	return nil
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

// maxTries bounds how often a change is tried when others come between. Of
// those who collide one gets through each time, so this is more writers to one
// session at the same moment than any site has.
const maxTries = 64

// changedMeanwhile says whether a write failed only because of another
// writer, so that it may be tried again.
func changedMeanwhile(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound)
}

// pause waits before a repeated try: a random time up to 2, 4, 8 and from
// then on 16 ms, so that writers who collided do not collide again.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(time.Millisecond << min(try, 4))) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return Interrupted(ctx)
	}
}
