// Package backend is the contract of a key-value store with an expiry per key
// and compare-and-swap. sessionstore keeps its sessions in a [Backend];
// memcached, memory and near implement it, and package backendtest tests that
// they do. A Backend knows nothing of sessions: an [Item] is opaque bytes.
//
// Errors are values with a meaning. An absent item ([ErrNotFound]) and a server
// that does not answer ([*UnavailableError]) are never confused.
package backend

import (
	"context"
	"time"
)

// Item is what a [Backend] keeps under a key.
type Item struct {
	Image []byte // the stored bytes
	// Flags are memcached's client flags; 1 means Storable (Cache::Memcached 1.30).
	// With an odd number, a server may keep the Version in the flags: of these it then
	// keeps the lowest four bits and [ChosenIDFlag]. An empty Image with the Flags 1
	// may be read as a tombstone.
	Flags uint32
	// Deleted says that the item is a tombstone: it stands for an item that was
	// deleted and must not come back until the tombstone expires. Its Image is
	// empty and its Flags are 0. A server stores it in a form that Perl clients
	// take for an absent item.
	Deleted bool
	// ExpiresIn is how long the item lives at least, from the call that returned
	// or stores it: whole seconds, or [LastMoment]. It may live up to a second
	// longer. 0 means that the item never expires, a negative time that it has
	// expired already.
	ExpiresIn time.Duration
	// Version orders the item among the copies of it on other servers. A backend
	// keeps the one that it is given, and 0 means none.
	Version Version
	// CAS is the number that [Backend.CompareAndSwap] compares. [Backend.Get] and
	// [Backend.GetMany] set it, and 0 never compares equal. It is the Version on a
	// server that keeps Versions so. Of two numbers of an item that both are
	// Versions, or both are none, the greater one is that of the later change, until
	// the server is restarted; else they say nothing of the order ([OlderCAS]).
	CAS uint64
	// Server is the number of the server that has the item, if a pool keeps an item on
	// one or another server. CAS is compared on that server only.
	Server int
	// Note is nil, or the place beside the item in the near cache from which it was
	// read. A backend does not store it.
	Note Note
}

// ChosenIDFlag is the one of [Item.Flags] that says that a Store has stored a session
// under an id that its caller has chosen, and that may be the lookup key of a
// principal. No memcached client uses this bit. A Perl program that stores the session
// clears it, and makes the session its own.
const ChosenIDFlag = 1 << 29

// InPlaceOf returns the item for a [Backend.CompareAndSwap] that replaces present.
func (i Item) InPlaceOf(present Item) Item {
	i.CAS, i.Server = present.CAS, present.Server
	return i
}

// Tombstone makes an item that stands for a deleted one.
func Tombstone(expiresIn time.Duration) Item {
	return Item{Deleted: true, ExpiresIn: expiresIn}
}

// SameContent says whether two items hold the same: expiry and CAS number do
// not count.
func SameContent(a, b Item) bool {
	return a.Deleted == b.Deleted && a.Flags == b.Flags && string(a.Image) == string(b.Image)
}

// Backend keeps items under keys.
//
// Every method may be called from any goroutine and honours the context's
// deadline and cancellation. A server that does not do its part, a context
// that ends first (the error wraps its Err) and a closed backend
// ([ErrClosed]) are an [*UnavailableError], never an absent item. A key that
// [CheckKey] refuses is an [ErrInvalidKey]; it is not sent to any server.
type Backend interface {
	// Get returns the item under key, or [ErrNotFound]. A tombstone is an
	// item. The caller may keep and change the item's Image.
	Get(ctx context.Context, key string) (Item, error)

	// GetMany returns the items under keys, by key; an absent one is left
	// out. Images that together exceed maxBytes are an [*TooLargeError]. If
	// one server fails, the call fails: the result is never incomplete.
	GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]Item, error)

	// Add stores an item under a key that has none, else it returns
	// [ErrExists]. An item that does not fit is an [*TooLargeError]. The
	// backend keeps no reference to the Image, and ignores CAS.
	Add(ctx context.Context, key string, item Item) error

	// CompareAndSwap replaces the item that was read with item.CAS. It returns
	// [ErrConflict] if the item was changed since, and [ErrNotFound] if there is
	// none. An item that does not fit is an [*TooLargeError], and the stored
	// one is unchanged.
	CompareAndSwap(ctx context.Context, key string, item Item) error

	// Append appends item.Image to the image under key in one atomic step, or
	// stores item if there is none; Flags are those of a new item only. The
	// item then lives for at least item.ExpiresIn and at most half as long
	// again. Append returns the item without its image, and the size of the
	// image in bytes. An image that would not fit is an [*TooLargeError], and
	// the item is unchanged. If an answer is lost the bytes may be appended
	// twice.
	Append(ctx context.Context, key string, item Item) (after Item, size int64, err error)

	// Touch gives the item under key a new time to live, as in
	// [Item.ExpiresIn], and returns it, or [ErrNotFound]. The change stream of
	// a server reports it. The returned CAS number is 0: to change the item,
	// read it first.
	Touch(ctx context.Context, key string, expiresIn time.Duration) (Item, error)

	// Delete removes the item under key, or returns [ErrNotFound].
	Delete(ctx context.Context, key string) error

	// Ping asks every server whether it answers. The error is an
	// [*UnavailableError] if a server does not answer without which sessions
	// cannot be kept.
	Ping(ctx context.Context) error

	// Stats returns the statistics of every server, in configured order. A
	// server that does not answer is a row that says so, not an error.
	Stats(ctx context.Context) []ServerStats

	// Close releases all connections and waits for every goroutine that the
	// backend has started. Calls after it fail; a second Close does nothing.
	Close() error
}

// Reader is a [Backend] with a near cache: it can answer reads from cache
// entries.
type Reader interface {
	// Read is like [Backend.Get], but may return a cache entry that is a few
	// milliseconds old. Its CAS number may be 0, and nobody may change its Image.
	Read(ctx context.Context, key string) (Item, error)

	// ReadMany is to [Backend.GetMany] what Read is to Get.
	ReadMany(ctx context.Context, keys []string, maxBytes int64) (map[string]Item, error)
}

// maxKeyLength is memcached's limit (KEY_MAX_LENGTH).
const maxKeyLength = 250

// CheckKey returns [ErrInvalidKey] unless key is 1 to 250 bytes of printable
// ASCII without blanks (0x21 to 0x7e). A server would refuse any other key, or
// take it for a part of the command.
func CheckKey(key string) error {
	if key == "" || len(key) > maxKeyLength {
		return ErrInvalidKey
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return ErrInvalidKey
		}
	}
	return nil
}

// ServerStats are the statistics of one server.
type ServerStats struct {
	Address string // as configured
	Tier    Tier
	Alive   bool   // whether it answered within the time allowed
	Stats   []Stat // in the server's order; empty if it did not answer
}

// Tier is the role of a server. Its text is part of the contract.
type Tier string

// The tiers.
const (
	Origin Tier = "principal" // the authoritative pool
	Near   Tier = "local"     // a near cache
)

// Stat is one named statistic.
type Stat struct {
	Name  string
	Value string
}
