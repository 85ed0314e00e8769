package sessionstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
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
	// ExtensionFailed is told of a session that was read but whose life could
	// not be extended ([Lifetimes.Idle]). That is no error of the call: what was
	// read is right, and the session lives on as it did. The error is for the
	// log only. May be called by several goroutines at a time; may be nil.
	ExtensionFailed func(ctx context.Context, id ID, err error)
}

// Store keeps sessions in a [backend.Backend], in the form of a [Codec]. It may be
// used from any goroutine.
//
// Every method that takes an id refuses one that [ParseID] refuses, and
// reports what the backend could not do as an [*backend.UnavailableError].
//
// Every change of a session is a compare-and-swap, so that none is lost, also
// of programs that do not go through a Store. When others write to the same
// session all the time it is tried again, a bounded number of times, before it
// is an [*backend.UnavailableError]. A change to which no answer came is looked for
// before it is repeated or reported; it is an [*backend.UnavailableError] that is
// Unknown if what is found tells nothing.
//
// A deleted session leaves a tombstone: reading it is [backend.ErrNotFound], changing
// it [ErrDeleted].
//
// The items of [Options.Principals] are no sessions: as those they are absent,
// whoever has stored them, and are not replaced.
type Store struct {
	backend           backend.Backend
	codec             Codec
	lifetimes         Lifetimes
	compressThreshold int
	principals        []string
	maxPerPrincipal   int
	reverseKeyFailed  func(context.Context, ID, error)
	extensionFailed   func(context.Context, ID, error)

	near   backend.Reader // nil if the backend has no copies
	turns  turns
	counts counts
}

// NewStore makes a Store, which owns the backend from now on: [Store.Close]
// closes it.
func NewStore(b backend.Backend, c Codec, o Options) *Store {
	s := &Store{
		backend: b, codec: c, lifetimes: o.Lifetimes, compressThreshold: o.CompressThreshold,
		principals: slices.Clone(o.Principals), maxPerPrincipal: cmp.Or(o.MaxSessionsPerPrincipal, DefaultMaxSessionsPerPrincipal),
		reverseKeyFailed: o.ReverseKeyFailed, extensionFailed: o.ExtensionFailed,
	}
	s.near, _ = b.(backend.Reader)
	return s
}

// Get returns the session under id. Errors are [backend.ErrNotFound],
// [*UnreadableError] and [*backend.UnavailableError].
func (s *Store) Get(ctx context.Context, id ID) (Session, error) {
	if _, err := ParseID(string(id)); err != nil {
		return Session{}, err
	}
	item, err := s.look(ctx, string(id))
	if err != nil {
		return Session{}, err
	}
	session, err := s.session(id, item)
	if err == nil {
		s.used(ctx, &session)
	}
	return session, err
}

// look returns an item to be shown, of which a copy will do.
func (s *Store) look(ctx context.Context, key string) (backend.Item, error) {
	if s.near != nil {
		return s.near.Read(ctx, key)
	}
	return s.backend.Get(ctx, key)
}

// session makes the session of an item.
func (s *Store) session(id ID, item backend.Item) (Session, error) {
	if _, ok := pointsTo(item); ok || item.Deleted {
		return Session{}, backend.ErrNotFound
	}
	attributes, version, err := s.open(id, item)
	if err != nil {
		return Session{}, err
	}
	if s.ended(attributes) { // whoever has let the item live on
		return Session{}, backend.ErrNotFound
	}
	return Session{Ref: Ref{ID: id, Version: version, ExpiresIn: s.left(attributes, item.ExpiresIn)}, Attributes: attributes}, nil
}

// Create stores a new session under a new random id. It takes attributes
// over and sets [IDAttribute] in them; nil is none. The time to live is
// positive, [DefaultTTL] or [LongestTTL]; what exceeds the longest allowed is
// cut, as the Ref shows. With an idle time it is when the session ends in any case,
// and the Ref has when it ends if nobody uses it.
//
// Errors are [*InvalidTTLError], [*perldata.UnrepresentableError], [*backend.TooLargeError]
// and [*backend.UnavailableError].
func (s *Store) Create(ctx context.Context, attributes *perldata.Hash, ttl time.Duration) (Ref, error) {
	life, err := s.lifetimes.resolve(ttl)
	if err != nil {
		return Ref{}, err
	}
	attributes, expiresIn := s.begin(attributes, life)
	keys := s.markReverseKeys(attributes)
	for range maxIDs {
		ref, err := s.createAs(ctx, NewID(), attributes, expiresIn)
		if err == nil {
			s.moveReverseKeys(ctx, ref.ID, nil, keys, life)
			s.moveLogins(ctx, ref.ID, nil, s.logins(attributes), life)
		}
		if !errors.Is(err, backend.ErrExists) {
			return ref, err
		}
	}
	return Ref{}, backend.Unavailable("every new session id was taken", nil)
}

func (s *Store) createAs(ctx context.Context, id ID, attributes *perldata.Hash, expiresIn time.Duration) (Ref, error) {
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

// Ping asks every server whether it answers. The error is an
// [*backend.UnavailableError] if one does not without which sessions cannot be kept.
func (s *Store) Ping(ctx context.Context) error { return s.backend.Ping(ctx) }

// Stats returns what every server says of itself, in configured order. A
// server that does not answer is a row that says so.
func (s *Store) Stats(ctx context.Context) []backend.ServerStats { return s.backend.Stats(ctx) }

// Close closes the backend.
func (s *Store) Close() error { return s.backend.Close() }

// maxIDs bounds how many new ids are tried when each is taken, of which one
// would be a wonder.
const maxIDs = 8
