package sessionstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
)

// storableFlags are memcached's client flags of a session: bit 1 says
// Storable, as Cache::Memcached 1.30 writes it.
const storableFlags = 1

// read decodes an item. What is not ours to understand is an
// [*UnreadableError].
func (s *Store) read(id ID, item Item) (*Hash, error) {
	if item.Flags != storableFlags {
		return nil, &UnreadableError{ID: id, Foreign: item.Flags&storableFlags == 0, Reason: fmt.Sprintf("its flags are %d, those of a session are %d", item.Flags, storableFlags)}
	}
	attributes, err := s.codec.Decode(item.Image)
	if err != nil {
		return nil, &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	return attributes, nil
}

func refOf(id ID, item Item) Ref {
	return Ref{ID: id, Version: version(item.Image), ExpiresIn: item.ExpiresIn}
}

// version is the first 128 bits of the SHA-256 of the image, in hexadecimal.
//
// A digest and not memcached's CAS number, because a write through the
// classic protocol does not return the new number, numbers start again when
// the server does and differ between servers, and because a rewrite of the
// same content changes them. A digest is known without asking, and the same
// version means the same content to the letter.
func version(image []byte) string {
	sum := sha256.Sum256(image)
	return hex.EncodeToString(sum[:16])
}

// imageBuffer holds an image while it is being stored. Backends keep no
// reference to it, so that it can be used again.
type imageBuffer struct {
	bytes []byte
}

// maxPooledImage is the largest buffer kept for reuse: sessions have some
// kilobytes, and a rare giant must not stay in memory for ever.
const maxPooledImage = 64 << 10

//nolint:gochecknoglobals // a pool is shared by nature
var imageBuffers = sync.Pool{New: func() any { return new(imageBuffer) }}

// encode makes the image of a session, to be given back with release.
func (s *Store) encode(id ID, attributes *Hash) (*imageBuffer, error) {
	if attributes == nil {
		attributes = NewHash(1)
	}
	// Perl finds the key to save under in here, so it must equal the key.
	attributes.Set(IDAttribute, BytesOf(string(id)))
	image, _ := imageBuffers.Get().(*imageBuffer)
	bytes, err := s.codec.Append(image.bytes[:0], attributes)
	image.bytes = bytes
	if err != nil {
		image.release()
		return nil, err
	}
	return image, nil
}

func (b *imageBuffer) release() {
	if cap(b.bytes) <= maxPooledImage {
		imageBuffers.Put(b)
	}
}
