package sessionstore

import (
	"context"
	"time"
)

// Item is what a [Backend] keeps under a key.
type Item struct {
	Image []byte // the stored bytes
	Flags uint32 // memcached's client flags; 1 means Storable (Cache::Memcached 1.30)
	// ExpiresIn is the time left from the call that returned or stores the
	// item, in whole seconds; 0 means that it never expires, and less that
	// it has expired already. What is left of a second counts as a whole one.
	ExpiresIn time.Duration
	// CAS is the number that [Backend.CompareAndSwap] compares. It is set by
	// [Backend.Get] and means nothing outside of the backend. 0 never
	// compares equal.
	CAS uint64
}

// Backend keeps items under keys. It knows nothing of what is in them.
//
// Every method may be called from any goroutine and honours the context's
// deadline and cancellation. A server that does not do its part, a context
// that ends first (the error wraps its Err) and a closed backend
// ([ErrClosed]) are an [*UnavailableError], never an absent item. A key that
// [CheckKey] refuses is an [ErrInvalidKey], and no server hears of it.
type Backend interface {
	// Get returns the item under key, or [ErrNotFound]. The caller may keep
	// and change the item's Image.
	Get(ctx context.Context, key string) (Item, error)

	// GetMany returns the items under keys, by key; an absent one is left
	// out. Images that together exceed maxBytes are an [*TooLargeError]. If
	// one server fails so does the call: the result is never shorter for it.
	GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]Item, error)

	// Add stores an item under a key that has none, else it returns
	// [ErrExists]. An item that does not fit is an [*TooLargeError]. The
	// backend keeps no reference to the Image, and ignores CAS.
	Add(ctx context.Context, key string, item Item) error

	// CompareAndSwap replaces the item that was read with item.CAS: it
	// returns [ErrConflict] if the item was changed since and [ErrNotFound]
	// if it is gone. An item that does not fit is an [*TooLargeError], and
	// the stored one stays as it is.
	CompareAndSwap(ctx context.Context, key string, item Item) error

	// Append appends item.Image to the image under key in one atomic step, or
	// stores item if there is none; Flags are those of a new item only. The
	// item then lives for item.ExpiresIn at least, or up to half as long
	// again. It returns the item as it is then without its image, and the size
	// of the image in bytes. An image that would not fit is an
	// [*TooLargeError], and nothing is changed. When an answer was lost the
	// bytes may be appended twice.
	Append(ctx context.Context, key string, item Item) (after Item, size int64, err error)

	// Touch gives the item under key a new time to live, as in
	// [Item.ExpiresIn], and returns it, or [ErrNotFound]. It is visible to
	// whoever follows the changes of a server. The CAS number of what it
	// returns is 0: whoever wants to change the item reads it first.
	Touch(ctx context.Context, key string, expiresIn time.Duration) (Item, error)

	// Delete removes the item under key, or returns [ErrNotFound].
	Delete(ctx context.Context, key string) error

	// Ping asks every server whether it answers. The error is an
	// [*UnavailableError] if one does not without which sessions cannot be
	// kept.
	Ping(ctx context.Context) error

	// Stats returns what every server says of itself, in configured order.
	// A server that does not answer is a row that says so, not an error.
	Stats(ctx context.Context) []ServerStats

	// Close releases all connections and waits for everything the backend
	// has started. Calls after it fail, except for Close, which then does
	// nothing.
	Close() error
}

// Reader is a [Backend] that has copies of items nearby.
type Reader interface {
	// Read is like [Backend.Get], but what it returns may be a copy that is a
	// few milliseconds old. Its CAS number may be 0.
	Read(ctx context.Context, key string) (Item, error)

	// ReadMany is to [Backend.GetMany] what Read is to Get.
	ReadMany(ctx context.Context, keys []string, maxBytes int64) (map[string]Item, error)
}

// maxKeyLength is memcached's limit (KEY_MAX_LENGTH).
const maxKeyLength = 250

// CheckKey returns [ErrInvalidKey] unless key is 1 to 250 bytes of printable
// ASCII without blanks (0x21 to 0x7e). Other keys would be refused by a
// server, or be taken for a part of the command.
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

// ServerStats is what one server says of itself.
type ServerStats struct {
	Address string // as configured
	Tier    Tier
	Alive   bool   // whether it answered within the time allowed
	Stats   []Stat // in the server's order; empty if it did not answer
}

// Tier is the part that a server plays.
type Tier string

// The tiers.
const (
	Principal Tier = "principal" // holds the truth
	Local     Tier = "local"     // holds copies close to who reads them
)

// Stat is one named figure.
type Stat struct {
	Name  string
	Value string
}

// Codec turns a session's attributes into the bytes of an item and back.
type Codec interface {
	// Append appends the image of attributes to dst. Attributes that the
	// image cannot carry are an [*UnrepresentableError], an image that is
	// longer than the codec could read an [*TooLargeError]; dst is then
	// returned as it was.
	Append(dst []byte, attributes *Hash) ([]byte, error)

	// Decode reads an image and takes it over: the result may share its
	// memory, so that the caller must not change it afterwards. An error says,
	// for people, why the image is no readable session.
	Decode(image []byte) (*Hash, error)

	// Check returns the error that Decode would return, and keeps no
	// reference to the image. It costs less, for nothing is built.
	Check(image []byte) error
}
