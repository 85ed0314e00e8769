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
	"sync"
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
func inflate(body []byte, named codings, isPlain func([]byte) bool, limit int) ([]byte, error) {
	var from io.Reader
	var err error
	switch {
	case startsWith(body, gzipMagic):
		from, err = gzip.NewReader(bytes.NewReader(body))
	case len(named) == 0 || isPlain(body):
		return body, nil
	case named.unsupported():
		return nil, ClientFault("The Content-Encoding of the request is not supported. Send gzip, deflate or none.")
	case slices.Contains(named, "deflate"):
		from, err = inflater(body)
	default:
		return body, nil
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The compressed request cannot be decompressed: it is damaged.", Err: err}
	}
	out, err := readAll(make([]byte, 0, min(4*len(body), limit)), from, limit)
	if errors.Is(err, errTooLong) {
		return nil, bodyTooLarge(limit)
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The compressed request cannot be decompressed: it is damaged.", Err: err}
	}
	return out, nil
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

var errTooLong = errors.New("soap: more than the limit")

// readAll appends what it reads to dst. The result has at most limit bytes.
func readAll(dst []byte, from io.Reader, limit int) ([]byte, error) {
	for {
		dst = slices.Grow(dst, bytes.MinRead)
		n, err := from.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, errTooLong
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, err //nolint:wrapcheck // the caller knows what it reads
		}
	}
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

// gzipWriters keeps gzip writers for reuse: each has about 800 kB of tables.
//
//nolint:gochecknoglobals // a pool is shared by nature
var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is legal
	return w
}}

func appendGzip(dst, answer []byte) []byte {
	out := bytes.NewBuffer(dst)
	w, _ := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(out)
	_, _ = w.Write(answer) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
