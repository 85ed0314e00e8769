package document

import (
	"context"
	"strings"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// appendSessionOf appends the answer of getSession: straight from the stored session if
// that is possible, else from the decoded one.
func (o Options) appendSessionOf(ctx context.Context, dst []byte, s *service.Service, r getRequest) ([]byte, error) {
	return appendResponse(dst, "getSession", func(dst []byte) ([]byte, error) {
		w := o.valueWriter(ctx, dst)
		w.typed = r.typed
		session, viewed, err := s.ViewSession(ctx, r.id, r.ttl, func(stored *sessionstore.Stored) bool {
			return w.stored(stored)
		})
		if viewed || err != nil {
			return w.dst, err
		}
		w.restart(o, len(dst))
		if w.session(session); w.failure != nil {
			return dst, w.failure.of(session.ID)
		}
		return w.dst, nil
	})
}

// restart begins again after the first n bytes.
func (w *valueWriter) restart(o Options, n int) {
	w.dst = w.dst[:n]
	w.depth, w.left, w.failure = 0, o.MaxEntries, nil
}

// stored writes a session that is not decoded. If it returns false, a part may be
// written.
func (w *valueWriter) stored(session *sessionstore.Stored) bool {
	w.dst = appendRefFields(w.dst, session.Ref)
	form := form
	if w.typed {
		form = typedForm
	}
	if kept := session.Kept(form); kept != nil {
		return w.copy(kept)
	}
	start := len(w.dst)
	w.dst = append(w.dst, `<attributes>`...)
	w.hashes = 1
	complete := session.Walk((*visitor)(w))
	w.dst = append(w.dst, `</attributes>`...)
	if !complete || w.failure != nil {
		return false
	}
	session.Keep(form, w.dst[start:])
	return true
}

// These name the answers that this dialect keeps with a session: its attributes.
const (
	form      = "document"
	typedForm = "document, typed"
)

// copy writes what was kept.
func (w *valueWriter) copy(kept []byte) bool {
	var err error
	if w.dst, err = w.room.Grow(w.dst, len(kept)+markup); err != nil {
		return false
	}
	w.dst = append(w.dst, kept...)
	return true
}

// visitor is a writer of values that it is shown.
type visitor valueWriter

func (v *visitor) writer() *valueWriter { return (*valueWriter)(v) }

func (v *visitor) Entry(name string, _ perldata.KeyForm) bool {
	if v.failure != nil || v.depth == 0 && name == sessionstore.IDAttribute {
		return false
	}
	if v.typed && v.depth == 0 && strings.HasSuffix(name, perldata.HintSuffix) {
		v.failure = &failure{} // what a hint says comes too late, or too early
		return false
	}
	return v.writer().beginEntry(name)
}

func (v *visitor) Scalar(value perldata.Value) {
	if v.begin(value.Str()) {
		v.writer().scalar(value)
		v.append(`</entry>`, `</item>`)
	}
}

func (v *visitor) Begin(kind perldata.Kind) {
	v.begin("")
	v.depth++
	v.hashes <<= 1
	if kind == perldata.KindHash {
		v.hashes |= 1
	}
	v.append(`<hash>`, `<list>`)
}

func (v *visitor) End(perldata.Kind) {
	v.append(`</hash>`, `</list>`)
	v.depth--
	v.hashes >>= 1
	v.append(`</entry>`, `</item>`)
}

// begin begins a value that has this string.
func (v *visitor) begin(s string) bool {
	if v.hashes&1 == 0 {
		v.append(``, `<item>`)
	}
	return v.failure == nil && v.writer().mayWrite(s)
}

// append appends the one or the other: in a hash or in a list.
func (v *visitor) append(inHash, inList string) {
	switch {
	case v.failure != nil:
	case v.hashes&1 != 0:
		v.dst = append(v.dst, inHash...)
	default:
		v.dst = append(v.dst, inList...)
	}
}
