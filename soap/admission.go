package soap

import (
	"context"

	"memcachedsoap/soap/xmlscan"
)

// Admission bounds what all requests in flight take together. Its methods are called
// in the order in which they stand here, with the context of the request. An error
// ends the request; [Options.FaultOf] makes a fault of it.
type Admission interface {
	// Receive is called before the body takes n bytes more of memory, or fewer if n
	// is negative.
	Receive(ctx context.Context, n int64) error
	// Start is called when the whole body was received: the work begins.
	Start(ctx context.Context) error
	// Reserve is called before the work takes n bytes more of memory, or fewer if n
	// is negative.
	Reserve(ctx context.Context, n int64) error
	// Send is called when the work is done and only an answer of n bytes is left.
	Send(ctx context.Context, n int64) error
}

// unbounded is the Admission without bounds.
type unbounded struct{}

func (unbounded) Receive(context.Context, int64) error { return nil }
func (unbounded) Start(context.Context) error          { return nil }
func (unbounded) Reserve(context.Context, int64) error { return nil }
func (unbounded) Send(context.Context, int64) error    { return nil }

// How many bytes the work on a document needs at most. TestEveryMessage of
// scripts/test/cost measures it.
const (
	// perElement is for an element: what is read of it, its value, and the stored
	// form of that.
	perElement = 256
	// perByte is for a byte: the texts that are kept, and their stored form, while
	// their memory grows.
	perByte = 3
	// charsetRoom is for a byte of a document that is brought into UTF-8.
	charsetRoom = 3
)

// packageRoom returns how many bytes it takes to unpackage n bytes: the parts while
// they are read, the table of the parts, and the document with them, in which a short
// package can refer to a part often.
func packageRoom(n, limit int) int64 {
	const (
		shortestPart      = 30
		shortestReference = 40
	)
	size := int64(n)
	document := min(size*size/shortestReference+size, int64(limit))
	return 3*size + 1<<10*min(size/shortestPart, maxParts) + document*9/4
}

// meter is what the work on one request has reserved.
type meter struct{ *exchange }

// need reserves so much that the work may take n bytes, and gives back the rest.
func (m meter) need(n int64) error {
	err := m.reserve(n - m.reserved)
	if err == nil {
		m.reserved = n
	}
	return err
}

// take is called for a body that is decompressed: by [smallBody] when it is longer
// than that. How long it becomes, and what is in it, is not known then.
func (m meter) take(int64) error {
	if m.reserved > 0 {
		return nil
	}
	body := int64(m.options.Limits.body())
	if err := m.need(body + m.work(body, int64(m.options.Limits.XML.MaxElements()))); err != nil {
		return &refusedError{err}
	}
	return nil
}

// work returns how many bytes the work on a document needs.
func (m meter) work(bytes, elements int64) int64 {
	return perByte*bytes + perElement*min(elements, int64(m.options.Limits.XML.MaxElements()))
}

// document is called for the document of the request, which was made of what was
// decompressed, and that of what was received.
func (m meter) document(doc, plain []byte, decompressed int) error {
	m.tags = xmlscan.CountTags(doc)
	n := int64(decompressed) + m.work(int64(len(doc)), int64(m.tags))
	if len(doc) > 0 && &doc[len(doc)-1] != &plain[len(plain)-1] {
		n += int64(cap(doc))
	}
	return m.need(n)
}

// reserve is called before the work takes n bytes more, or fewer if n is negative.
func (x *exchange) reserve(n int64) error {
	return x.options.Admission.Reserve(x.r.Context(), n)
}
