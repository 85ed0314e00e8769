package soap

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"runtime"
)

// packers are the gzip writers: each has about 800 kB of tables, so there are few. As
// many as there are processors can be busy, and twice as many waste no time.
//
//nolint:gochecknoglobals // they are shared by nature
var packers = newPackers(min(2*runtime.GOMAXPROCS(0), maxPackers))

const maxPackers = 16

func newPackers(n int) chan *gzip.Writer {
	all := make(chan *gzip.Writer, n)
	for range n {
		all <- nil // is made when it is needed
	}
	return all
}

// pack returns the answer as it is sent: compressed if it is large enough and the
// client accepts it. It sets the headers that say so.
func (x *exchange) pack(sc *scratch, answer []byte) []byte {
	if misreadsReferences(x.r.Header) {
		answer = expandReferences(answer)
	}
	if len(answer) < CompressFrom {
		return answer
	}
	h := x.w.Header()
	h.Add("Vary", "Accept-Encoding")
	// Its memory grows while it is written. An answer for which there is no memory is
	// sent as it is.
	if !acceptsGzip(x.r.Header) || x.reserve(packedRoom*int64(len(answer))) != nil {
		return answer
	}
	packed, err := appendGzip(x.r.Context(), sc.packed[:0], answer)
	if err != nil {
		return answer // the client has gone
	}
	sc.packed = packed
	h.Set("Content-Encoding", "gzip")
	return packed
}

// packedRoom is how many bytes a byte of an answer takes at most while the answer is
// compressed.
const packedRoom = 2

func appendGzip(ctx context.Context, dst, answer []byte) ([]byte, error) {
	var w *gzip.Writer
	select {
	case w = <-packers:
	case <-ctx.Done():
		return dst, ctx.Err() //nolint:wrapcheck // only whether there is one matters
	}
	defer func() { packers <- w }()
	out := bytes.NewBuffer(dst)
	if w == nil {
		w, _ = gzip.NewWriterLevel(out, gzip.BestSpeed) // the level is legal
	} else {
		w.Reset(out)
	}
	_, _ = w.Write(answer) // a bytes.Buffer takes everything
	_ = w.Close()
	w.Reset(io.Discard) // it must not keep the answer
	return out.Bytes(), nil
}
