package sessionstore

import "memcachedsoap/sessionstore/perldata"

// Codec turns a session's attributes into the bytes of an item and back.
type Codec interface {
	// Append appends the image of attributes to dst. Attributes that the
	// image cannot carry are an [*perldata.UnrepresentableError], an image that is
	// longer than the codec could read an [*backend.TooLargeError]; dst is then
	// returned as it was.
	Append(dst []byte, attributes *perldata.Hash) ([]byte, error)

	// Decode reads an image and takes it over: the result may share its
	// memory, so that the caller must not change it afterwards. An error says,
	// for people, why the image is no readable session.
	Decode(image []byte) (*perldata.Hash, error)

	// Check returns the error that Decode would return, and keeps no
	// reference to the image. It costs less, for nothing is built.
	Check(image []byte) error
}
