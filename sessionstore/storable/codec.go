package storable

import (
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Codec encodes values as images and decodes images. Its zero value has the
// default limits. Several goroutines may use it at the same time.
type Codec struct {
	Limits Limits
}

// Decode decodes the image of a session and takes it over: all strings of the
// result share the memory of the image, so the caller must not change the image
// afterwards. The error is a [*CorruptError], an [*UnsupportedError], a
// [*LimitError] or a [*RootError].
func (c Codec) Decode(image []byte) (*perldata.Hash, error) { return c.DecodeWithin(image, nil) }

// DecodeWithin is Decode within bounds of memory: it calls reserve before it takes n
// bytes more, and returns the error of reserve. nil means no bounds.
func (c Codec) DecodeWithin(image []byte, reserve func(n int64) error) (*perldata.Hash, error) {
	v, err := c.thawWithin(image, reserve)
	if err != nil {
		return nil, err
	}
	if v.Kind() != perldata.KindHash {
		return nil, &RootError{Kind: v.Kind()}
	}
	return v.Hash(), nil
}

// Check returns the error that Decode would return and keeps no reference to the
// image. It makes no values, so it costs a fraction of Decode.
func (c Codec) Check(image []byte) error { return c.CheckWithin(image, nil) }

// CheckWithin is Check within bounds of memory, as DecodeWithin is Decode.
func (c Codec) CheckWithin(image []byte, reserve func(n int64) error) error {
	d, err := c.open(image, reserve)
	if err != nil {
		return err
	}
	defer d.release()
	if err := d.thaw(nil); err != nil {
		return err
	}
	if kind := d.kind(); kind != perldata.KindHash {
		return &RootError{Kind: kind}
	}
	return nil
}

// Thaw decodes any image and returns what Perl's thaw returns: a reference, which
// is a value of KindHash, KindList or KindRef. It takes the image over as Decode
// does. The error is a [*CorruptError], an [*UnsupportedError] or a
// [*LimitError].
func (c Codec) Thaw(image []byte) (perldata.Value, error) { return c.thawWithin(image, nil) }

func (c Codec) thawWithin(image []byte, reserve func(n int64) error) (perldata.Value, error) {
	d, err := c.open(image, reserve)
	if err != nil {
		return perldata.Value{}, err
	}
	defer d.release()
	if err := d.thaw(&d.root); err != nil {
		return perldata.Value{}, err
	}
	return d.root, nil
}

// Append appends the image of a session to dst; nil is an empty session. The error
// is a [*perldata.UnrepresentableError] if the session has a value that an image
// cannot hold or that Perl could read but not store again, and a
// [*backend.TooLargeError] if the image exceeds the limit.
func (c Codec) Append(dst []byte, attributes *perldata.Hash) ([]byte, error) {
	return c.AppendFreeze(dst, perldata.HashOf(attributes))
}

// AppendFreeze appends the image that Perl's nfreeze makes of a reference: a value
// of KindHash, KindList or KindRef. The errors are those of Append.
func (c Codec) AppendFreeze(dst []byte, v perldata.Value) ([]byte, error) {
	e := encoder{dst: append(dst, headerNetwork, minorVersion), visit: perldata.NewVisit()}
	if err := e.freeze(v); err != nil {
		return dst, err
	}
	// An image that is written must be readable.
	limits := c.Limits.withDefaults()
	if n := len(e.dst) - len(dst); n > limits.ImageBytes {
		return dst, &backend.TooLargeError{Limit: int64(limits.ImageBytes), Actual: int64(n)}
	}
	switch {
	case e.objects > limits.Objects, e.elements > limits.Objects:
		return dst, unrepresentable("it has too many values")
	case e.longestClass > limits.ClassBytes:
		return dst, unrepresentable("a class name in it is too long")
	}
	return e.dst, nil
}
