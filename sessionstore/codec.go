package sessionstore

import "memcachedsoap/sessionstore/perldata"

// Codec turns the attributes of a session into the bytes of an item, the image,
// and back.
type Codec interface {
	// Append appends the image of attributes to dst. Attributes that the image
	// cannot carry are an [*perldata.UnrepresentableError], an image longer than
	// the codec can read an [*backend.TooLargeError]; dst is then returned as it
	// was.
	Append(dst []byte, attributes *perldata.Hash) ([]byte, error)

	// DecodeWithin reads an image and takes it over: the result may share its memory,
	// so the caller must not change the image afterwards. An error says, for
	// people, why the image is not a readable session.
	//
	// It calls reserve before it takes n bytes more of memory, and returns its
	// error. reserve may be nil.
	DecodeWithin(image []byte, reserve func(n int64) error) (*perldata.Hash, error)

	// CheckWithin returns the error that DecodeWithin would return, and keeps no reference
	// to the image. It costs less, because it builds nothing.
	CheckWithin(image []byte, reserve func(n int64) error) error

	// Walk shows a visitor what DecodeWithin would return, in order, and returns true.
	// It may return false for any image, also when the visitor was shown a part. It
	// calls reserve as DecodeWithin does, and gives all memory back.
	Walk(image []byte, v perldata.Visitor, reserve func(n int64) error) bool

	// DecodePart decodes the attributes with these names, and takes the image over as
	// DecodeWithin does. It may return false for any image.
	DecodePart(image []byte, names []string, reserve func(n int64) error) (perldata.Part, bool)
}
