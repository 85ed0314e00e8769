package lemonldap

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore/perldata"
)

// bodyError says that a body cannot be read.
type bodyError struct {
	status int
	reason string
	err    error
}

// Error implements error.
func (e *bodyError) Error() string { return "lemonldap: " + e.reason }

// Unwrap returns the cause.
func (e *bodyError) Unwrap() error { return e.err }

// body reads the body and takes a slot for the work. Lists have slots of their own.
func (x *exchange) body() (perldata.Value, error) {
	if coding := x.r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return perldata.Value{}, &bodyError{status: http.StatusUnsupportedMediaType, reason: "The body is compressed. Send it as it is."}
	}
	text, err := x.receive()
	if err != nil {
		return perldata.Value{}, err
	}
	if !x.route.unlimited() {
		if err := x.start(); err != nil {
			return perldata.Value{}, err
		}
	}
	if err := admission.Reserve(x.ctx, perljson.Memory(text, x.options.limits())); err != nil {
		return perldata.Value{}, err
	}
	v, err := perljson.Parse(text, x.options.limits())
	if e, ok := errors.AsType[*perljson.Error](err); ok {
		return v, &bodyError{
			status: http.StatusBadRequest, err: err,
			reason: "The body is no JSON that the service reads: " + e.Reason + ", at byte " + strconv.Itoa(e.Offset) + ".",
		}
	}
	return v, err
}

// receive reads the bytes of the body.
func (x *exchange) receive() ([]byte, error) {
	limit := int64(x.options.MaxBody)
	tooLarge := &bodyError{
		status: http.StatusRequestEntityTooLarge,
		reason: "The body has more than " + strconv.FormatInt(limit, 10) + " bytes. Store less in the session.",
	}
	if x.r.ContentLength > limit {
		return nil, tooLarge // before 100 Continue, which reading sends
	}
	from := http.MaxBytesReader(x.w, x.r.Body, limit)
	const first, least = 4 << 10, 512
	size := int64(first)
	if x.r.ContentLength >= 0 {
		size = max(x.r.ContentLength+1, least) // one more, so that reading the end does not grow it
	}
	room := newRoom(x)
	text, err := room.Grow(nil, int(min(size, 64<<10)))
	for err == nil {
		if len(text) == cap(text) {
			if text, err = room.Grow(text, len(text)); err != nil {
				return nil, err
			}
		}
		var n int
		n, err = from.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
	}
	x.bytesIn = len(text)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, tooLarge
	}
	if errors.Is(err, admission.ErrOverloaded) || errors.Is(err, admission.ErrTooLarge) {
		return nil, err //nolint:wrapcheck // it is that of admission
	}
	if !errors.Is(err, io.EOF) {
		return nil, &bodyError{
			status: http.StatusBadRequest, err: err,
			reason: "The body is incomplete: the connection ended before its end, or it arrived too slowly.",
		}
	}
	return text, nil
}
