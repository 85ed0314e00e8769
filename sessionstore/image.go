package sessionstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// memcached's client flags of a session, as Cache::Memcached 1.30 has them.
//
// Sessions of Apache::Session::Memcached 0.03 lack the first: it makes the
// Storable image itself and stores it as a plain string. They are told from
// other strings by how they begin, and keep their form.
const (
	storableFlag = 1 // a reference, as a Storable image
	gzipFlag     = 2 // compressed
)

// looksStorable says whether a string begins as a Storable image in memory:
// in network order, or in the order of a machine whose numbers have 8 bytes.
func looksStorable(image []byte) bool {
	if len(image) < 3 || image[1] > 0x0f {
		return false
	}
	return image[0] == 5 || image[0] == 4 && image[2] == 8
}

// imageOf returns the Storable image in an item. What is not ours to
// understand is an [*UnreadableError].
func imageOf(id ID, item backend.Item) ([]byte, error) {
	if item.Flags > storableFlag|gzipFlag {
		return nil, &UnreadableError{
			ID: id, Foreign: item.Flags&storableFlag == 0,
			Reason: fmt.Sprintf("its flags are %d, those of a session are 0 to 3", item.Flags),
		}
	}
	image := item.Image
	if item.Flags&gzipFlag != 0 {
		var err error
		if image, err = inflate(image); err != nil {
			return nil, &UnreadableError{ID: id, Reason: "it cannot be decompressed", Err: err}
		}
	}
	if item.Flags&storableFlag == 0 && !looksStorable(image) {
		return nil, &UnreadableError{
			ID: id, Foreign: true,
			Reason: fmt.Sprintf("its flags are %d, and it does not begin as a Storable image", item.Flags),
		}
	}
	return image, nil
}

// read decodes an item, which nobody may change afterwards. What is not ours
// to understand is an [*UnreadableError].
func (s *Store) read(id ID, item backend.Item) (*perldata.Hash, error) {
	attributes, _, err := s.open(id, item)
	return attributes, err
}

// open is read that returns the version, too.
func (s *Store) open(id ID, item backend.Item) (*perldata.Hash, string, error) {
	image, err := imageOf(id, item)
	if err != nil {
		return nil, "", err
	}
	attributes, err := s.codec.Decode(image)
	if err != nil {
		return nil, "", &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	return attributes, version(image), nil
}

// check returns the error that read would return.
func (s *Store) check(id ID, item backend.Item) error {
	image, err := imageOf(id, item)
	if err != nil {
		return err
	}
	if err := s.codec.Check(image); err != nil {
		return &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	return nil
}

// pack makes the item to store an image as, in the form that flags are of. What
// was compressed is again, whatever the threshold.
func (s *Store) pack(image []byte, flags uint32, expiresIn time.Duration) backend.Item {
	item := backend.Item{Image: image, Flags: flags & storableFlag, ExpiresIn: expiresIn}
	if flags&gzipFlag == 0 && (s.compressThreshold <= 0 || len(image) < s.compressThreshold) {
		return item
	}
	if compressed := deflate(image); worthwhile(len(compressed), len(image)) {
		item.Image, item.Flags = compressed, item.Flags|gzipFlag
	}
	return item
}

// refOf returns the Ref of an item that need not be readable.
func refOf(id ID, item backend.Item) Ref {
	image, err := imageOf(id, item)
	if err != nil {
		image = item.Image
	}
	return Ref{ID: id, Version: version(image), ExpiresIn: item.ExpiresIn}
}

// version is the first 128 bits of the SHA-256 of the image, before any
// compression, in hexadecimal.
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
func (s *Store) encode(id ID, attributes *perldata.Hash) (*imageBuffer, error) {
	if attributes == nil {
		attributes = perldata.NewHash(1)
	}
	// Perl finds the key to save under in here, so it must equal the key.
	attributes.Set(IDAttribute, perldata.BytesOf(string(id)))
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
