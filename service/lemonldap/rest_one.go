package lemonldap

import (
	"slices"
	"strings"

	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// get answers with a session, or with attributes of it.
func (x *exchange) get() error {
	if err := x.start(); err != nil {
		return err
	}
	session, err := x.sessions.Get(x.ctx, x.route.kind, x.route.digits)
	if err != nil {
		return err
	}
	if x.route.hashed != "" { // who asks by the id of the browser gets that
		session.Attributes.Set(sessionstore.IDAttribute, perldata.BytesOf(x.route.hashed))
	}
	w := x.writer()
	switch key := x.route.key; {
	case !x.route.hasKey:
		return x.answer(w.Append(nil, perldata.HashOf(session.Attributes)))
	case strings.HasPrefix(key, "[") && strings.HasSuffix(key, "]"):
		names := strings.Split(key[1:len(key)-1], ",")
		selected := make([]field, 0, min(len(names), maxFields))
		for _, name := range names {
			if f := fieldOf(name); !slices.Contains(selected, f) {
				selected = append(selected, f)
			}
			if len(selected) > maxFields {
				return errTooManyFields
			}
		}
		return x.answer(appendFields(w, nil, session.Attributes, selected))
	default:
		return x.answer(appendBare(w, fieldOf(key).of(session.Attributes)))
	}
}

// appendBare returns a value as the answer about one attribute: LemonLDAP::NG sends a
// string without quotes.
func appendBare(w *perljson.Writer, v perldata.Value) ([]byte, error) {
	if k := v.Kind(); k == perldata.KindBytes || k == perldata.KindText {
		return []byte(v.Str()), nil
	}
	return w.Append(nil, v)
}

// writer returns a writer of an answer, whose memory is counted.
func (x *exchange) writer() *perljson.Writer {
	room := soap.NewRoom(x.ctx, admission.Reserve)
	return &perljson.Writer{Limits: x.options.limits(), Grow: room.Grow}
}

// put changes a session, or one attribute of it.
func (x *exchange) put() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	if x.route.hasKey {
		e := fieldOf(x.route.key).entry()
		e.Value = body
		one := new(perldata.Hash)
		one.Fill([]perldata.Entry{e})
		body = perldata.HashOf(one)
	}
	set, err := x.object(body)
	if err != nil {
		return err
	}
	var remove []string
	for name, v := range set.All() {
		if v.Kind() == perldata.KindUndef {
			remove = append(remove, name)
		}
	}
	set.DeleteAll(remove)
	if err := x.sessions.Merge(x.ctx, x.route.kind, x.route.digits, set, remove, true); err != nil {
		return err
	}
	return x.answer([]byte(done), nil)
}

// object returns the object in a body whose secret, if it has one, is right.
func (x *exchange) object(body perldata.Value) (*perldata.Hash, error) {
	h := body.Hash()
	if h == nil {
		return nil, errNoObject
	}
	if secret, sent := h.Get(secretAttribute); sent {
		if err := x.sessions.CheckSecret(secret); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// create creates a session under a new id.
func (x *exchange) create() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	set, err := x.object(body)
	if err != nil {
		return err
	}
	session, err := x.sessions.Create(x.ctx, x.route.kind, set)
	if err != nil {
		return err
	}
	answer, err := x.writer().Append([]byte(`{"result":1,"session":`), perldata.HashOf(session.Attributes))
	return x.answer(append(answer, '}'), err)
}

// delete deletes a session.
func (x *exchange) delete() error {
	if err := x.start(); err != nil {
		return err
	}
	if err := x.sessions.Delete(x.ctx, x.route.kind, x.route.digits); err != nil {
		return err
	}
	return x.answer([]byte(done), nil)
}

// done is the answer to a change.
const done = `{"result":1}`

// maxFields is how many attributes a request may name.
const maxFields = 1000

// The errors of bodies.
var (
	errNoObject      = &RequestError{"The body must be a JSON object."}
	errTooManyFields = &RequestError{"The request names more than 1000 attributes. Ask for the whole session."}
)

// field is an attribute that a request names.
type field struct {
	name string // as the store has it
	sent string // in bytes, as the request has it; "" if it was sent in characters
	form perldata.KeyForm
}

// fieldOf returns the attribute with a name in bytes: a byte is a character, as in Perl.
func fieldOf(name string) field {
	f := field{name: perldata.Latin1ToUTF8(name), sent: name}
	if f.name != name {
		f.form = perldata.KeyBytes
	}
	return f
}

// of returns the value of the attribute; undef if there is none. If no attribute has the
// name in bytes, the bytes count as UTF-8.
func (f field) of(attributes *perldata.Hash) perldata.Value {
	v, ok := attributes.Get(f.name)
	if !ok && f.form == perldata.KeyBytes {
		v, _ = attributes.Get(f.sent)
	}
	return v
}

func (f field) entry() perldata.Entry { return perldata.Entry{Name: f.name, Form: f.form} }

// appendFields appends an object with some attributes of a session; null for those that
// it has not.
func appendFields(w *perljson.Writer, dst []byte, attributes *perldata.Hash, fields []field) ([]byte, error) {
	entries := make([]perldata.Entry, 0, len(fields))
	for _, f := range fields {
		e := f.entry()
		e.Value = f.of(attributes)
		entries = append(entries, e)
	}
	selected := new(perldata.Hash)
	selected.Fill(entries)
	return w.Append(dst, perldata.HashOf(selected))
}
