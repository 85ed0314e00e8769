package soap

import "memcachedsoap/soap/xmlscan"

// DefaultBody is the default of [Limits.Body]: a memcached item of 1 MiB fits
// as base64 and as UTF-16.
const DefaultBody = 4 << 20

// Limits bounds what one request may cost. A field that is 0 means its
// default.
type Limits struct {
	// Body is the greatest number of bytes of a request body, as sent and
	// again after decompression. Default [DefaultBody].
	Body int
	// XML bounds nesting, attributes, namespace declarations and elements.
	XML xmlscan.Limits
}

func (l Limits) body() int {
	if l.Body == 0 {
		return DefaultBody
	}
	return l.Body
}
