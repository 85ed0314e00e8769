package perlcgi

import (
	"context"
	"errors"
	"strings"

	"memcachedsoap/service"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// sessions are the methods of the class.
type sessions struct {
	*service.Service

	createOnGet bool
}

// get returns the session whose id is the first parameter. If there is no such
// session, it returns an empty struct, which SOAP::Lite reads as "". No id, or "0",
// requests a new session.
func (s sessions) get(ctx context.Context, parameters []perldata.Value) (perldata.Value, error) {
	var id string
	if len(parameters) > 0 {
		var err error
		if id, err = idOf(parameters[0]); err != nil {
			return perldata.Value{}, err
		}
	}
	session, err := s.find(ctx, id)
	if absent(err) {
		return perldata.HashOf(nil), nil
	}
	return perldata.HashOf(session.Attributes), err
}

// find returns a session, or a new one if there is no id.
func (s sessions) find(ctx context.Context, id string) (sessionstore.Session, error) {
	if id != "" && id != "0" {
		return s.GetSession(ctx, id)
	}
	if !s.createOnGet {
		return sessionstore.Session{}, soap.ClientFault("getSession needs the id of a session: this service does not create sessions on get. Call setSession.")
	}
	return s.NewSession(ctx)
}

// absent reports whether there is no session: no item, or an item that is not a
// session. The CGI showed the value of such an item in a fault. If it is the MD5 lookup
// key of a user, the value is the id of that user's session.
func absent(err error) bool {
	e, unreadable := errors.AsType[*sessionstore.UnreadableError](err)
	return errors.Is(err, backend.ErrNotFound) || unreadable && e.Foreign
}

// set stores a session and returns its id. The parameters are names and values in
// turn, or a single struct or Map.
func (s sessions) set(ctx context.Context, parameters []perldata.Value) (perldata.Value, error) {
	attributes, err := attributesOf(parameters)
	if err != nil {
		return perldata.Value{}, err
	}
	stated, ok := attributes.Get(sessionstore.IDAttribute)
	if !ok {
		ref, err := s.SetSession(ctx, "", attributes, sessionstore.DefaultTTL, sessionstore.If{})
		return perldata.BytesOf(string(ref.ID)), err
	}
	id, err := idOf(stated)
	if err != nil {
		return perldata.Value{}, err
	}
	attributes.Set(sessionstore.IDAttribute, perldata.BytesOf(id))
	ref, err := s.ReplaceSession(ctx, id, attributes, sessionstore.DefaultTTL, sessionstore.If{})
	return perldata.BytesOf(string(ref.ID)), err
}

// rename gives the session whose id is the first parameter the id that is the second
// one, or a new one, and returns that. If there is no such session, it returns an empty
// struct, as get does. MemcachedSOAP.cgi has no such method.
func (s sessions) rename(ctx context.Context, parameters []perldata.Value) (perldata.Value, error) {
	var ids [2]string
	if len(parameters) > len(ids) {
		return perldata.Value{}, soap.ClientFault("renameSession takes the id of a session and its new id. Send nothing else.")
	}
	for i, parameter := range parameters {
		var err error
		if ids[i], err = idOf(parameter); err != nil {
			return perldata.Value{}, err
		}
	}
	ref, err := s.RenameSession(ctx, ids[0], ids[1], "")
	if absent(err) && !aboutNewID(err, ids[1]) {
		return perldata.HashOf(nil), nil
	}
	return perldata.BytesOf(string(ref.ID)), err
}

// aboutNewID says whether an error is about the item under the new id of a session.
func aboutNewID(err error, newID string) bool {
	e, unreadable := errors.AsType[*sessionstore.UnreadableError](err)
	return unreadable && string(e.ID) == newID
}

func attributesOf(parameters []perldata.Value) (*perldata.Hash, error) {
	if len(parameters) == 1 && parameters[0].Kind() == perldata.KindHash {
		return parameters[0].Hash(), nil
	}
	return soaplite.Pairs(parameters)
}

// idOf returns a parameter as the text of an id. A line feed at its end is not part
// of the id (Apache::Session::Generate::MD5 1.94).
func idOf(v perldata.Value) (string, error) {
	if v.Kind() == perldata.KindHash || v.Kind() == perldata.KindList {
		return "", &sessionstore.InvalidIDError{Reason: "it is a struct or an array"}
	}
	return strings.TrimSuffix(soaplite.Text(v), "\n"), nil
}
