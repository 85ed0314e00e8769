package sessionstore

import (
	"context"
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
// Storable image itself and stores it as a plain string. They differ from other
// strings by their first bytes, and keep their form.
const (
	storableFlag = 1 // a reference, as a Storable image
	gzipFlag     = 2 // compressed

	chosenIDFlag = backend.ChosenIDFlag
)

// looksStorable says whether a string begins like a Storable image in memory: in
// network order, or in the order of a machine whose numbers have 8 bytes.
func looksStorable(image []byte) bool {
	if len(image) < 3 || image[1] > 0x0f {
		return false
	}
	return image[0] == 5 || image[0] == 4 && image[2] == 8
}

// imageOf returns the Storable image in an item. An item of another program is an
// [*UnreadableError].
func imageOf(id ID, item backend.Item) ([]byte, error) {
	if item.Flags&^chosenIDFlag > storableFlag|gzipFlag {
		return nil, &UnreadableError{
			ID: id, Foreign: item.Flags&storableFlag == 0,
			Reason: fmt.Sprintf("its flags are %d, those of a session are 0 to 3, or 9 if it is encrypted", item.Flags),
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

// read decodes an item and takes its image over. An item that cannot be read is
// an [*UnreadableError].
//
// It reserves no memory, so that its caller sees every session that can be read. Only
// few large ones are read at the same time.
func (s *Store) read(id ID, item backend.Item) (*perldata.Hash, error) {
	defer s.large.enter(item)()
	o, err := s.openPart(id, item, nil, &memory{})
	return o.attributes, err
}

// open is like read, and reserves the memory that the session takes.
func (s *Store) open(ctx context.Context, id ID, item backend.Item) (*perldata.Hash, error) {
	o, err := s.openPart(id, item, nil, &memory{ctx: ctx, reserve: s.reserve})
	return o.attributes, err
}

// decode decodes an image and takes it over.
func (s *Store) decode(id ID, image []byte, m *memory) (*perldata.Hash, error) {
	attributes, err := s.codec.DecodeWithin(image, m.take)
	if m.refused != nil {
		return nil, m.refused
	}
	if err != nil {
		return nil, &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	return attributes, nil
}

// check returns the error that read would return.
func (s *Store) check(ctx context.Context, id ID, item backend.Item) error {
	m := memory{ctx: ctx, reserve: s.reserve}
	image, err := s.imageWithin(id, item, &m)
	if err != nil {
		return err
	}
	if s.codec.Walk(image, unseen{}, m.take) {
		return nil
	}
	err = s.codec.CheckWithin(image, m.take)
	if m.refused != nil {
		return m.refused
	}
	if err != nil {
		return &UnreadableError{ID: id, Reason: err.Error(), Err: err}
	}
	return nil
}

// unseen is a visitor that wants to know only whether a session can be read.
type unseen struct{}

func (unseen) Entry(string, perldata.KeyForm) bool { return false }
func (unseen) Scalar(perldata.Value)               {}
func (unseen) Begin(perldata.Kind)                 {}
func (unseen) End(perldata.Kind)                   {}

// imageWithin returns the Storable image in an item, sealed or not.
func (s *Store) imageWithin(id ID, item backend.Item, m *memory) ([]byte, error) {
	item, err := s.unseal(id, item, m)
	if err != nil {
		return nil, err
	}
	return m.imageOf(id, item)
}

// pack makes the item of an image before it is sealed, in the form that flags say. A
// session that was compressed is compressed again, whatever the threshold.
func (s *Store) pack(image []byte, flags uint32, expiresIn time.Duration) backend.Item {
	item := backend.Item{Image: image, Flags: flags & (storableFlag | chosenIDFlag), ExpiresIn: expiresIn}
	if flags&gzipFlag == 0 && (s.compressThreshold <= 0 || len(image) < s.compressThreshold) {
		return item
	}
	if compressed := deflate(image); worthwhile(len(compressed), len(image)) {
		item.Image, item.Flags = compressed, item.Flags|gzipFlag
	}
	return item
}

// refOf returns the Ref of an item that need not be readable.
func (s *Store) refOf(id ID, item backend.Item) Ref {
	image, err := s.imageWithin(id, item, &memory{})
	if err != nil {
		image = item.Image
	}
	return Ref{ID: id, Version: version(image), ExpiresIn: reported(item.ExpiresIn)}
}

// version is the first 128 bits of the SHA-256 of the image, before any
// compression, in hexadecimal.
//
// It is a digest and not memcached's CAS number. A write through the classic
// protocol does not return the new number; numbers differ between servers, start
// again when a server restarts, and change when the same content is written
// again. A digest is known without asking, and equal versions mean exactly equal
// content.
func version(image []byte) string {
	sum := sha256.Sum256(image)
	var digits [32]byte
	hex.Encode(digits[:], sum[:len(digits)/2])
	return string(digits[:])
}

// imageBuffer holds an image while it is stored. Backends keep no reference to
// it, so that it can be reused.
type imageBuffer struct {
	bytes []byte
}

// maxPooledImage is the largest buffer that is kept for reuse, in bytes. Sessions
// have some kilobytes, and a rare giant must not stay in memory.
const maxPooledImage = 256 << 10

//nolint:gochecknoglobals // a pool is shared by nature
var imageBuffers = sync.Pool{New: func() any { return new(imageBuffer) }}

// newImageBuffer returns a buffer from the pool, to be given back with release.
func newImageBuffer() *imageBuffer {
	b, _ := imageBuffers.Get().(*imageBuffer)
	return b
}

func (b *imageBuffer) release() {
	if cap(b.bytes) <= maxPooledImage {
		imageBuffers.Put(b)
	}
}

// encode writes the image of a session into a buffer.
func (s *Store) encode(to *imageBuffer, id ID, attributes *perldata.Hash) error {
	if attributes == nil {
		attributes = perldata.NewHash(1)
	}
	// Perl finds the key to save under in here, so it must equal the key, in which the
	// type of a session is.
	attributes.Set(IDAttribute, perldata.BytesOf(id.Digits()))
	var err error
	to.bytes, err = s.codec.Append(to.bytes[:0], attributes)
	return err
}
