package sessionstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// Options adjusts a [Store]. Its zero value is ready for use: sessions never
// expire unless their writer says otherwise.
type Options struct {
	Lifetimes Lifetimes // how long sessions may live

	// CompressThreshold is the size in bytes from which on a session is stored
	// compressed, if that saves more than 20 percent (compress_threshold of
	// Cache::Memcached 1.30); 0 is never. A session that was stored compressed
	// is read, and stays compressed, in any case.
	CompressThreshold int

	// Sealer encrypts sessions before they are stored, after compression, and
	// decrypts those that it has encrypted. Sessions that are not encrypted are
	// read in any case, and encrypted when they are changed. Perl programs do not
	// find encrypted sessions. nil stores sessions as they are, and those that are
	// encrypted are an [*UnreadableError].
	Sealer Sealer

	// Principals are the attributes by whose value sessions are found: by
	// [Store.Find], and by Perl programs (option principal of
	// Apache::Session::Memorycached 2.2.1). For Perl programs, whenever a
	// session with such an attribute NAME is stored, its id is stored too, as
	// plain text under the MD5 of the value in hexadecimal, and the session has
	// this MD5 as NAME_MD5. Both live equally long. The last session that was
	// stored with a value has the key; the key goes when that session is deleted
	// or has another value. A value that is empty, undef, a list, a hash or a
	// reference has no key.
	//
	// memcached cannot change two items at once. If two writers change the value
	// of one session at the same time, or delete it meanwhile, the slower one
	// may leave a key that leads to a session without that value, or to none,
	// until the key expires: who follows a key looks at the session.
	Principals []string
	// NoLookupKeys says that the MD5 of a value is no lookup key: it is neither
	// written, read nor followed, NAME_MD5 is an attribute like others, and the
	// Perl programs find no session by it.
	NoLookupKeys bool
	// WithoutLookupKey are those of the Principals of which this is so in any case.
	WithoutLookupKey []string
	// MaxSessionsPerPrincipal bounds how many sessions a principal has: a login
	// beyond it ends the oldest. 0 means no limit.
	MaxSessionsPerPrincipal int
	// OldestEnded is notified of a session that was ended because of
	// MaxSessionsPerPrincipal, with the context of the login. It may be nil.
	OldestEnded func(ctx context.Context, id ID)
	// IndexFailed is notified of a session that was stored, touched or deleted,
	// but whose lookup key or list entry could not be kept. That is no error of
	// the call: the session is as the caller wants it. The error is for the log
	// only; id is "" if it concerns the list of several sessions. May be nil.
	IndexFailed func(ctx context.Context, id ID, err error)
	// IndexState is notified when the index of a server becomes complete or
	// incomplete ([Store.NewIndexer]); may be nil.
	IndexState func(state index.ServerState)
	// ExtensionFailed is notified of a session that was read but whose life could
	// not be extended ([Lifetimes.Idle]). That is no error of the call: the
	// answer is right, and the session expires when it would have. The error is
	// for the log only. It may be called from several goroutines at a time; may
	// be nil.
	ExtensionFailed func(ctx context.Context, id ID, err error)
	// Deleted is notified of each session that the Store has deleted, or may have deleted
	// because no answer came, also of one that the guard has deleted again. It is called
	// with the context of the call, after the change. May be nil; it must return quickly.
	Deleted func(ctx context.Context, id ID)
	// Reserve is called before a call takes n bytes more of memory for sessions that
	// it reads, or fewer if n is negative. The call returns its error. nil means no
	// bounds.
	Reserve func(ctx context.Context, n int64) error
}

// Store keeps sessions in a [backend.Backend], in the form of a [Codec]. It may
// be used from any goroutine.
//
// Methods take an [ID] that [NewID] or [ParseID] has returned; they do not parse
// it again. What the backend could not do is an [*backend.UnavailableError].
//
// Every change of a session is a compare-and-swap, so that no change is lost,
// also of programs that do not use a Store. When others write to the same
// session all the time, the change is retried a bounded number of times before
// it is an [*backend.UnavailableError]. If no answer comes to a change, the
// Store looks whether it was made before it retries or reports it; the error is
// an [*backend.UnavailableError] with Unknown set if that cannot be known.
//
// A deleted session leaves a tombstone: reading it is [backend.ErrNotFound],
// changing it [ErrDeleted].
//
// The items of the index are no sessions, whatever program has stored them: as
// sessions they are absent, and they are never replaced.
type Store struct {
	backend           backend.Backend
	codec             Codec
	sealer            Sealer // nil if sessions stay as they are
	index             *index.Index
	lifetimes         Lifetimes
	compressThreshold int
	maxSessions       int
	oldestEnded       func(context.Context, ID)
	indexFailed       func(context.Context, ID, error)
	extensionFailed   func(context.Context, ID, error)
	deleted           func(context.Context, ID)
	reserve           func(context.Context, int64) error
	large             largeReads

	near   backend.Reader              // nil if the backend has no near cache
	guard  atomic.Pointer[guard.Guard] // nil if deletions are not guarded
	locks  keyLocks
	clock  *backend.Clock // of the versions of what it writes
	counts counts
}

// NewStore makes a Store. It owns the backend from now on: [Store.Close] closes
// it.
func NewStore(b backend.Backend, c Codec, o Options) *Store {
	s := &Store{
		backend: b, codec: c, sealer: o.Sealer, lifetimes: o.Lifetimes, compressThreshold: o.CompressThreshold,
		maxSessions: o.MaxSessionsPerPrincipal, oldestEnded: o.OldestEnded, indexFailed: o.IndexFailed, extensionFailed: o.ExtensionFailed, deleted: o.Deleted, reserve: o.Reserve, large: make(largeReads, maxLargeReads),
		clock: backend.NewClock(),
	}
	s.near, _ = b.(backend.Reader)
	indexed := index.Options{
		Attributes: o.Principals, NoLookupKeys: o.NoLookupKeys, WithoutLookupKey: o.WithoutLookupKey,
		Displaceable: displaceable, Notify: o.IndexState,
	}
	if o.IndexFailed != nil {
		indexed.Failed = func(ctx context.Context, id string, err error) { o.IndexFailed(ctx, ID(id), err) }
	}
	s.index = index.New(b, indexedSessions{s}, indexed)
	return s
}

// isSession says whether an item is a session, readable or not. The lookup key
// of a principal is none.
func (s *Store) isSession(item backend.Item) bool {
	_, lookupKey := s.index.LookupKey(item)
	return !lookupKey
}

// Create stores a new session under a new random id, on a server that is not known
// to be down if there is one. It takes the attributes over and sets [IDAttribute]
// in them; nil means none. The time to live is positive, [DefaultTTL] or
// [LongestTTL]; what exceeds the longest allowed is cut, as the Ref shows. With an
// idle timeout it is the absolute timeout, and the Ref says when the session
// expires if nobody uses it.
//
// Errors are [*InvalidTTLError], [*perldata.UnrepresentableError],
// [*backend.TooLargeError] and [*backend.UnavailableError].
func (s *Store) Create(ctx context.Context, attributes *perldata.Hash, ttl time.Duration) (Ref, error) {
	return s.CreateFor(ctx, attributes, Life{TTL: ttl})
}

// CreateFor is like [Store.Create], with all that can be said about the life of a session.
// [*InvalidLifetimeError] is among its errors.
func (s *Store) CreateFor(ctx context.Context, attributes *perldata.Hash, life Life) (Ref, error) {
	resolved, err := s.lifetimes.resolveLife(life)
	if err != nil {
		return Ref{}, err
	}
	attributes, expiresIn, indexed := s.begin(attributes, resolved, 0)
	return s.create(ctx, "", attributes, indexed, expiresIn, NewID)
}

// create stores a new session of a type under an id that makeID returns. It may live for
// life, its item lives for expiresIn.
func (s *Store) create(
	ctx context.Context, kind string, attributes *perldata.Hash, life, expiresIn time.Duration, makeID func() ID,
) (Ref, error) {
	s.counts.calls.Inc()
	terms := s.index.Mark(kind, attributes)
	image := newImageBuffer()
	defer image.release()
	failed := error(backend.Unavailable("every new session id was taken", nil))
	for try := range maxIDs {
		id, available := s.availableID(makeID)
		if try > 0 && !available {
			break
		}
		if err := s.encode(image, id, attributes); err != nil {
			return Ref{}, err
		}
		created := mutation{
			image: image.bytes, flags: storableFlag, expiresIn: expiresIn,
			index: index.Change{Now: terms, Life: life},
		}
		looked := s.index.Behind(string(id), created.index)
		err := s.writeThen(ctx, id, backend.Item{}, false, s.item(id, created), looked)
		if err == nil {
			s.index.Apply(ctx, string(id), created.index, looked)
			s.endOldest(ctx, id, terms)
			return created.ref(id), nil
		}
		switch {
		case errors.Is(err, backend.ErrExists):
		case ctx.Err() == nil && isDown(err):
			failed = err
		default:
			return Ref{}, err
		}
	}
	return Ref{}, failed
}

// availableID returns a new id, and whether its server is available: not known to be
// down.
func (s *Store) availableID(makeID func() ID) (id ID, available bool) {
	for range maxServerTries {
		if id = makeID(); backend.Available(s.backend, string(id)) {
			return id, true
		}
	}
	return id, false
}

// isDown says whether err means that a new session was certainly not stored, and
// may be stored on another server.
func isDown(err error) bool {
	down, ok := errors.AsType[*backend.UnavailableError](err)
	return ok && !down.Unknown && !errors.Is(err, backend.ErrClosed)
}

// Ping asks every server whether it answers. The error is an
// [*backend.UnavailableError] if a server does not answer without which sessions
// cannot be kept.
func (s *Store) Ping(ctx context.Context) error { return s.backend.Ping(ctx) }

// Health asks every server whether it answers, and returns their states in
// configured order.
func (s *Store) Health(ctx context.Context) []backend.Health { return backend.HealthOf(ctx, s.backend) }

// Stats returns the statistics of every server, in configured order. A server
// that does not answer is a row that says so.
func (s *Store) Stats(ctx context.Context) []backend.ServerStats { return s.backend.Stats(ctx) }

// Close closes the backend.
func (s *Store) Close() error { return s.backend.Close() }

// maxIDs bounds how many new ids are tried. That even one is taken is most
// unlikely; that the server of one goes down at this moment is not.
const maxIDs = 8

// maxServerTries bounds how many ids are looked at to find one whose server is not
// down. With nine of ten servers down one try in a thousand finds none.
const maxServerTries = 64
