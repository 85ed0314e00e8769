package rpc

import (
	"context"
	"errors"
	"strings"

	"memcachedsoap/service/access"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// createdAttribute is when a session was created. LemonLDAP::NG sets it to the present
// time in every new session.
const createdAttribute = "_utime"

// newSession creates a session under a new id: clients cannot choose one.
func (x *dialect) newSession(ctx context.Context, parameters []perldata.Value) (result, error) {
	attributes := new(perldata.Hash)
	if len(parameters) > 0 && !isEmpty(parameters[0]) {
		if attributes = parameters[0].Hash(); attributes == nil {
			return result{}, errNoAttributes("newSession", "first")
		}
	}
	set, _ := split(attributes)
	set.Delete(createdAttribute)
	session, err := x.sessions.Create(ctx, lemonldap.Global, set)
	if err != nil {
		return result{}, err
	}
	return result{name: "attributes", value: perldata.HashOf(session.Attributes)}, nil
}

// getAttributes returns a session, or that there is none.
func (x *dialect) getAttributes(ctx context.Context, parameters []perldata.Value) (result, error) {
	id, err := idOf("getAttributes", parameters)
	if err != nil {
		return result{}, err
	}
	session, err := x.sessions.Get(ctx, lemonldap.Global, id)
	answer := perldata.NewHash(2)
	switch {
	case err == nil:
		answer.Set("error", perldata.IntOf(0))
		answer.Set("attributes", perldata.HashOf(session.Attributes))
	case absent(err):
		answer.Set("error", perldata.IntOf(1))
	default:
		return result{}, err
	}
	return result{name: "session", value: perldata.HashOf(answer)}, nil
}

// setAttributes sets the attributes of a session, and removes those that are nil. It
// creates none.
func (x *dialect) setAttributes(ctx context.Context, parameters []perldata.Value) (result, error) {
	id, err := idOf("setAttributes", parameters)
	if err != nil {
		return result{}, err
	}
	if len(parameters) < 2 || parameters[1].Kind() != perldata.KindHash {
		return result{}, errNoAttributes("setAttributes", "second")
	}
	set, remove := split(parameters[1].Hash())
	return done(x.sessions.Merge(ctx, lemonldap.Global, id, set, remove, false))
}

// deleteSession deletes a session.
func (x *dialect) deleteSession(ctx context.Context, parameters []perldata.Value) (result, error) {
	id, err := idOf("deleteSession", parameters)
	if err != nil {
		return result{}, err
	}
	return done(x.sessions.Delete(ctx, lemonldap.Global, id))
}

// getCipheredToken returns what LemonLDAP::NG's clients decrypt before they ask for all
// sessions. It proves nothing here: the role of the caller decides.
func (x *dialect) getCipheredToken(ctx context.Context, _ []perldata.Value) (result, error) {
	if err := x.service.Permit(ctx, access.Find); err != nil {
		return result{}, err
	}
	return resultOf(perldata.BytesOf(x.sessions.Token())), nil
}

// resultOf returns the result of most operations.
func resultOf(v perldata.Value) result { return result{name: "result", value: v} }

// done returns the result of a change: whether there was a session.
func done(err error) (result, error) {
	switch {
	case err == nil:
		return resultOf(perldata.IntOf(1)), nil
	case absent(err):
		return resultOf(perldata.IntOf(0)), nil
	}
	return result{}, err
}

// absent reports whether an error says that there is no session: none was stored under
// the id, it was deleted, the item is not a session, or the id is none.
func absent(err error) bool {
	e, unreadable := errors.AsType[*sessionstore.UnreadableError](err)
	_, invalid := errors.AsType[*sessionstore.InvalidIDError](err)
	return errors.Is(err, backend.ErrNotFound) || errors.Is(err, sessionstore.ErrDeleted) || invalid || unreadable && e.Foreign
}

// idOf returns the first parameter, which is the id of a session.
func idOf(operation string, parameters []perldata.Value) (string, error) {
	if len(parameters) == 0 || isEmpty(parameters[0]) {
		return "", errNoID(operation)
	}
	id := soaplite.Text(parameters[0])
	if id == "" || id == "0" {
		return "", errNoID(operation)
	}
	return strings.TrimSuffix(id, "\n"), nil
}

// isEmpty reports whether a parameter stands for none: it is undef or empty.
func isEmpty(v perldata.Value) bool {
	switch v.Kind() { //nolint:exhaustive // others are not empty
	case perldata.KindUndef:
		return true
	case perldata.KindHash:
		return v.Hash().Len() == 0
	case perldata.KindBytes, perldata.KindText:
		return v.Str() == ""
	}
	return false
}

// split divides attributes into those to set and the names of those to remove, which
// are nil.
func split(attributes *perldata.Hash) (set *perldata.Hash, remove []string) {
	entries := make([]perldata.Entry, 0, attributes.Len())
	for _, e := range attributes.Entries() {
		if e.Value.Kind() == perldata.KindUndef {
			remove = append(remove, e.Name)
		} else {
			entries = append(entries, e)
		}
	}
	set = new(perldata.Hash)
	set.Fill(entries)
	return set, remove
}
