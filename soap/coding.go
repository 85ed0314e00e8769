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

// inflate decompresses a request body. It looks at the bytes and not only at the
// Content-Encoding: Apache's inflate filter keeps the header of a body that it has
// decompressed, and a body that begins with gzip's magic number needs no header.
// The result has at most limit bytes.
func inflate(body []byte, coding string, limit int) ([]byte, error) {
	coding = strings.ToLower(strings.TrimSpace(coding))
	var from io.Reader
	var err error
	switch {
	case startsWith(body, gzipMagic):
		from, err = gzip.NewReader(bytes.NewReader(body))
	case coding == "deflate" && !looksLikeXML(body):
		from, err = inflater(body)
	case coding == "", coding == "identity", coding == "gzip", coding == "x-gzip", coding == "deflate":
		return body, nil
	default:
		return nil, ClientFault("The Content-Encoding of the request is not supported. Send gzip, deflate or none.")
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
	return startsWith(bytes.TrimLeft(body, " \t\r\n"), "<") || startsWith(body, bomUTF8) ||
		startsWith(body, bomUTF16BE) || startsWith(body, bomUTF16LE)
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
