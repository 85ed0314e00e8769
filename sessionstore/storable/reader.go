package storable

import (
	"encoding/binary"
	"math"
)

// reader takes bytes, numbers and strings off an image.
type reader struct {
	image  string
	offset int
	native bool // lengths are little-endian
}

func (r *reader) remaining() int { return len(r.image) - r.offset }

func (r *reader) corrupt(reason string) error {
	return &CorruptError{Offset: r.offset, Reason: reason}
}

// take takes n bytes; n is not negative.
func (r *reader) take(n int) (string, error) {
	if n > r.remaining() {
		return "", r.corrupt("unexpected end of the image")
	}
	s := r.image[r.offset : r.offset+n]
	r.offset += n
	return s, nil
}

func (r *reader) byte() (byte, error) {
	if r.offset >= len(r.image) {
		return 0, r.corrupt("unexpected end of the image")
	}
	b := r.image[r.offset]
	r.offset++
	return b, nil
}

// bigEndian takes a number of four bytes that is big-endian in every image.
func (r *reader) bigEndian() (uint32, error) {
	s, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3]), nil
}

// length takes a length or count, which is at most 2^31-1.
func (r *reader) length() (int, error) {
	s, err := r.take(4)
	if err != nil {
		return 0, err
	}
	n := uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
	if r.native {
		n = uint32(s[3])<<24 | uint32(s[2])<<16 | uint32(s[1])<<8 | uint32(s[0])
	}
	if n > math.MaxInt32 {
		r.offset -= 4
		return 0, r.corrupt("a length is negative")
	}
	return int(n), nil
}

// short takes a string with a length of one byte.
func (r *reader) short() (string, error) {
	n, err := r.byte()
	if err != nil {
		return "", err
	}
	return r.take(int(n))
}

// long takes a string with a length of four bytes.
func (r *reader) long() (string, error) {
	n, err := r.length()
	if err != nil {
		return "", err
	}
	return r.take(n)
}

// word takes the eight bytes of a native number.
func (r *reader) word() (uint64, error) {
	if !r.native {
		return 0, r.corrupt("a native number in an image in network order")
	}
	s, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64([]byte(s)), nil
}

// header takes the header of a memory image.
func (r *reader) header() error {
	first, err := r.byte()
	if err != nil {
		return err
	}
	if first != headerNetwork && first != headerNative {
		r.offset = 0
		return r.corrupt("it does not start with a header of Storable 2 or 3")
	}
	if _, err := r.byte(); err != nil { // every minor version is readable: only the tags count
		return err
	}
	if first == headerNetwork {
		return nil
	}
	r.native = true
	if order, err := r.take(len(nativeOrder)); err != nil || order != nativeOrder {
		r.offset = 2
		return r.corrupt("its byte order is neither network nor x86_64")
	}
	return nil
}
