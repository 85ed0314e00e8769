package sessionstore

import (
	"context"
	"errors"

	"memcachedsoap/sessionstore/backend"
)

// Sealer encrypts what a Store keeps in its backend, and decrypts it.
type Sealer interface {
	// Seal appends the encrypted content to dst. Only Open with the same context
	// decrypts it. It returns false if the content is to be stored as it is.
	Seal(dst, content []byte, context string) (sealed []byte, ok bool)

	// Open returns the content in memory of its own. An error says, for people,
	// why it cannot be decrypted.
	Open(sealed []byte, context string) (content []byte, err error)
}

// A sealed session is an item with these flags (and [chosenIDFlag]), whatever the
// flags of the session itself are: with the flag of Storable, Cache::Memcached
// thaws the item and does not return its bytes. The image begins with sealedMark,
// which no Storable takes for its own version, so that Perl programs find no
// session. Then come the flags of the session as a byte, and the sealed image.
//
// The flags of the session and its id are authenticated, so that nobody can give a
// session to the reader of another one.
const (
	sealedFlag  = 1 << 3
	sealedFlags = storableFlag | sealedFlag

	sealedMark   = 'S'
	sealedHeader = 2 // bytes
)

// isSealed says whether an item has the form of a sealed session.
func isSealed(item backend.Item) bool { return item.Flags&^chosenIDFlag == sealedFlags }

// isCompressed says whether an item is compressed, sealed or not.
func isCompressed(item backend.Item) bool {
	if isSealed(item) {
		return len(item.Image) >= sealedHeader && item.Image[1]&gzipFlag != 0
	}
	return item.Flags&gzipFlag != 0
}

// sealingContext is what a sealed image belongs to.
func sealingContext(id ID, flags byte) string { return string([]byte{flags}) + string(id) }

// seal returns the item in which another one is stored: sealed, if the Store seals.
func (s *Store) seal(id ID, item backend.Item) backend.Item {
	if s.sealer == nil || item.Deleted {
		return item
	}
	flags := byte(item.Flags &^ chosenIDFlag)
	const overhead = 128 // of most sealers
	image := append(make([]byte, 0, len(item.Image)+overhead), sealedMark, flags)
	image, ok := s.sealer.Seal(image, item.Image, sealingContext(id, flags))
	if !ok {
		return item
	}
	item.Image, item.Flags = image, sealedFlags|item.Flags&chosenIDFlag
	return item
}

// unseal returns the item that a sealed one was made of, and others as they are. A
// sealed item that cannot be opened is an [*UnreadableError].
func (s *Store) unseal(id ID, item backend.Item, m *memory) (backend.Item, error) {
	if !isSealed(item) {
		return item, nil
	}
	if len(item.Image) < sealedHeader || item.Image[0] != sealedMark || item.Image[1] > storableFlag|gzipFlag {
		return item, &UnreadableError{ID: id, Reason: "its flags are those of an encrypted session, but it is none"}
	}
	if s.sealer == nil {
		return item, &UnreadableError{ID: id, Reason: errNoSealer.Error(), Err: errNoSealer}
	}
	if err := m.take(int64(len(item.Image))); err != nil {
		return item, err
	}
	flags := item.Image[1]
	image, err := s.sealer.Open(item.Image[sealedHeader:], sealingContext(id, flags))
	if err != nil {
		return item, &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	item.Image, item.Flags = image, uint32(flags)|item.Flags&chosenIDFlag
	return item, nil
}

// unsealPresent returns the plain form of an item that is to be changed.
func (s *Store) unsealPresent(ctx context.Context, id ID, item backend.Item) (backend.Item, error) {
	return s.unseal(id, item, &memory{ctx: ctx, reserve: s.reserve})
}

var errNoSealer = errors.New("sessionstore: it is encrypted, and the store has no keys")
