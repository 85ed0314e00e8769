package document

import (
	"context"
	"errors"
	"strconv"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// set does setSession. An id shorter than MinIDLength replaces a session but creates
// none: otherwise an attacker could store a session under an id that programs accept
// and that is easy to guess.
func (o Options) set(ctx context.Context, s *service.Service, r setRequest) (sessionstore.Ref, error) {
	if r.id == "" || len(r.id) >= o.MinIDLength || r.condition != (sessionstore.If{}) {
		return s.SetSession(ctx, r.id, r.attributes, r.ttl, r.condition)
	}
	ref, err := s.SetSession(ctx, r.id, r.attributes, r.ttl, sessionstore.If{Exists: true})
	if errors.Is(err, backend.ErrNotFound) || errors.Is(err, sessionstore.ErrDeleted) {
		err = &sessionstore.InvalidIDError{Text: r.id, Reason: "there is no such session, and the id of a new one needs at least " +
			strconv.Itoa(o.MinIDLength) + " digits; leave it out, and the service creates one"}
	}
	return ref, err
}
