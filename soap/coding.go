package soap

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CompressFrom is the size in bytes from which an answer is compressed for a
// client that accepts it. Compressing a smaller answer costs more than sending it.
const CompressFrom = 4 << 10

const gzipMagic = "\x1f\x8b"

// codings are the values of the Content-Encodings of a request, in lower case.
type codings []string

func codingsOf(header http.Header) codings {
	var all codings
	for _, line := range header.Values("Content-Encoding") {
		for name := range strings.SplitSeq(line, ",") {
			all = append(all, strings.ToLower(strings.TrimSpace(name)))
		}
	}
	return all
}

// charset returns the charset that a program has written as a Content-Encoding, or
// "".
func (c codings) charset() string {
	for _, name := range c {
		if isCharset(name) {
			return name
		}
	}
	return ""
}

// unsupported reports whether one of the codings is none that the service reads.
func (c codings) unsupported() bool {
	return slices.ContainsFunc(c, func(name string) bool {
		switch name {
		case "", "identity", "gzip", "x-gzip", "deflate":
			return false
		}
		return true
	})
}

// inflate decompresses a request body. It looks at the bytes before the
// Content-Encoding: Apache's inflate filter keeps the header of a body that it has
// decompressed, a body that begins with gzip's magic number needs no header, and
// some programs write a charset or another word there. isPlain reports whether a
// body is what the Content-Type says. The result has at most limit bytes.
func inflate(received []byte, named codings, isPlain func([]byte) bool, limit int, to *body, by taker) ([]byte, error) {
	var from io.Reader
	var err error
	switch {
	case startsWith(received, gzipMagic):
		from, err = gzip.NewReader(bytes.NewReader(received))
	case len(named) == 0 || isPlain(received):
		return received, nil
	case named.unsupported():
		return nil, ClientFault("The Content-Encoding of the request is not supported. Send gzip, deflate or none.")
	case slices.Contains(named, "deflate"):
		from, err = inflater(received)
	default:
		return received, nil
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The compressed request cannot be decompressed: it is damaged.", Err: err}
	}
	err = to.read(io.LimitReader(from, int64(limit)+1), -1, by)
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return nil, refused.err
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The compressed request cannot be decompressed: it is damaged.", Err: err}
	}
	if to.size() > limit {
		return nil, bodyTooLarge(limit)
	}
	return to.bytes(), nil
}

// inflater reads "deflate" with the zlib header of RFC 9110 section 8.4.1.2, and
// without it, as some clients send it.
func inflater(body []byte) (io.Reader, error) {
	if len(body) >= 2 && body[0]&0x0f == 8 && (int(body[0])<<8|int(body[1]))%31 == 0 {
		return zlib.NewReader(bytes.NewReader(body)) //nolint:wrapcheck // inflate wraps it
	}
	return flate.NewReader(bytes.NewReader(body)), nil
}

func looksLikeXML(body []byte) bool {
	return startsWith(bytes.TrimLeft(body, blanks), "<") || startsWith(body, bomUTF8) || utf16Order(body) != nil
}

func bodyTooLarge(limit int) *Fault {
	return ClientFault("The request is longer than " + strconv.Itoa(limit) + " bytes, the limit of this service. Send less.")
}

// acceptsGzip reports whether the client asks for gzip by name (RFC 9110 section
// 12.5.3). A "*" alone does not count.
func acceptsGzip(header http.Header) bool {
	for _, line := range header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(item, ";")
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding != "gzip" && coding != "x-gzip" {
				continue
			}
			name, weight, _ := strings.Cut(strings.TrimSpace(params), "=")
			if !strings.EqualFold(name, "q") {
				return true
			}
			q, err := strconv.ParseFloat(weight, 64)
			return err == nil && q > 0
		}
	}
	return false
}
