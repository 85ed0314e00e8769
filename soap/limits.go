package soap

import "memcachedsoap/soap/xmlscan"

// DefaultBody is the default of [Limits.Body]. It is enough for a memcached item
// of 1 MiB as base64 in UTF-16.
const DefaultBody = 4 << 20

// Limits are the limits of one request. A field that is 0 means its default.
type Limits struct {
	// Body is the greatest size of a request body in bytes, as sent and again
	// after decompression. Default [DefaultBody].
	Body int
	// XML limits nesting, attributes, namespace declarations and elements.
	XML xmlscan.Limits
}

func (l Limits) body() int {
	if l.Body == 0 {
		return DefaultBody
	}
	return l.Body
}
