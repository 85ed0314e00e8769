package document

import (
	"context"
	"errors"
	"strconv"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// set does setSession. An id shorter than MinIDLength replaces a session but creates
// none: otherwise an attacker could store a session under an id that programs accept
// and that is easy to guess.
func (o Options) set(ctx context.Context, s *service.Service, r setRequest) (sessionstore.Ref, error) {
	short := r.id != "" && len(r.id) < o.MinIDLength
	if !short || r.condition != (sessionstore.If{}) && r.condition != (sessionstore.If{New: true}) {
		return s.SetSessionFor(ctx, r.id, r.attributes, r.life(), r.condition)
	}
	const needs = "the id of a new one"
	if r.condition.New && isID(r.id) {
		return sessionstore.Ref{}, s.Refuse(ctx, "setSession", access.Write, o.tooShort(r.id, needs))
	}
	ref, err := s.SetSessionFor(ctx, r.id, r.attributes, r.life(), sessionstore.If{Exists: true})
	if errors.Is(err, backend.ErrNotFound) || errors.Is(err, sessionstore.ErrDeleted) {
		err = o.tooShort(r.id, "there is no such session, and "+needs)
	}
	return ref, err
}

// rename does renameSession. The new id is no shorter than that of a new session.
func (o Options) rename(ctx context.Context, s *service.Service, r renameRequest) (sessionstore.Ref, error) {
	if r.newID != "" && len(r.newID) < o.MinIDLength && isID(r.newID) {
		return sessionstore.Ref{}, s.Refuse(ctx, "renameSession", access.Write|access.Delete, o.tooShort(r.newID, "the new id"))
	}
	return s.RenameSession(ctx, r.id, r.newID, r.version)
}

func isID(text string) bool {
	_, err := sessionstore.ParseID(text)
	return err == nil
}

// tooShort returns the error of an id that is shorter than MinIDLength.
func (o Options) tooShort(id, what string) error {
	return &sessionstore.InvalidIDError{Text: id, Reason: what + " needs at least " +
		strconv.Itoa(o.MinIDLength) + " digits; leave it out, and the service creates one"}
}
