package main

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// stdHandler answers getSession and setSession with encoding/xml and the generated
// types, without the project's codec.
type stdHandler struct {
	sessions *service.Service
	observer soap.Observer
}

// requestEnvelope is a request as encoding/xml reads it.
type requestEnvelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    struct {
		Get *wsdl.GetSession
		Set *wsdl.SetSession
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

type responseEnvelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    struct {
		Get *wsdl.GetSessionResponse
		Set *wsdl.SetSessionResponse
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

func (h *stdHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, soap.DefaultBody))
	if err != nil {
		http.Error(w, "the request is incomplete", http.StatusBadRequest)
		return
	}
	var request requestEnvelope
	if err := xml.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), soap.DefaultTimeout)
	defer cancel()
	var response responseEnvelope
	operation, ref := "", sessionstore.Ref{}
	switch get, set := request.Body.Get, request.Body.Set; {
	case get != nil:
		operation = contract.GetOperation
		response.Body.Get, ref, err = h.getSession(ctx, get)
	case set != nil:
		operation = contract.SetOperation
		response.Body.Set, ref, err = h.setSession(ctx, set)
	default:
		err = errors.New("no such operation")
	}
	var answer []byte
	if err == nil {
		answer, err = xml.Marshal(response)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // nothing can be done for a client that has disconnected
	observe(r.Context(), h.observer, soap.Call{
		Operation: soap.Name{Space: wsdl.Namespace, Local: operation},
		BytesIn:   len(body), BytesOut: len(answer), Duration: time.Since(started),
	}, ref.ID)
}

func (h *stdHandler) getSession(ctx context.Context, r *wsdl.GetSession) (*wsdl.GetSessionResponse, sessionstore.Ref, error) {
	if r.Id == nil {
		return nil, sessionstore.Ref{}, errors.New("no id")
	}
	session, err := h.sessions.GetSession(ctx, *r.Id)
	if err != nil {
		return nil, session.Ref, err
	}
	return &wsdl.GetSessionResponse{GetSessionResult: &wsdl.Session{
		Id: string(session.ID), Version: session.Version, ExpiresIn: int32(session.ExpiresIn / time.Second),
		Attributes: entriesOf(session.Attributes),
	}}, session.Ref, nil
}

func (h *stdHandler) setSession(ctx context.Context, r *wsdl.SetSession) (*wsdl.SetSessionResponse, sessionstore.Ref, error) {
	if r.Id == nil || r.Attributes == nil {
		return nil, sessionstore.Ref{}, errors.New("no id or no attributes")
	}
	ttl := sessionstore.DefaultTTL
	if r.Ttl != nil {
		ttl = time.Duration(*r.Ttl) * time.Second
	}
	ref, err := h.sessions.SetSession(ctx, *r.Id, hashOf(r.Attributes), ttl, sessionstore.If{})
	if err != nil {
		return nil, ref, err
	}
	return &wsdl.SetSessionResponse{SetSessionResult: &wsdl.SessionRef{
		Id: string(ref.ID), Version: ref.Version, ExpiresIn: int32(ref.ExpiresIn / time.Second),
	}}, ref, nil
}

// hashOf converts texts, the only kind of value in the measured sessions.
func hashOf(list *wsdl.EntryList) *perldata.Hash {
	h := perldata.NewHash(len(list.Entry) + 1) // the store adds one
	for _, e := range list.Entry {
		h.Set(e.Key, perldata.TextOf(e.Value))
	}
	return h
}

func entriesOf(h *perldata.Hash) *wsdl.EntryList {
	entries := make([]wsdl.Entry, 0, h.Len())
	list := &wsdl.EntryList{Entry: make([]*wsdl.Entry, 0, h.Len())}
	for name, value := range h.All() {
		if name != sessionstore.IDAttribute {
			entries = append(entries, wsdl.Entry{Key: name, Value: value.Str()})
			list.Entry = append(list.Entry, &entries[len(entries)-1])
		}
	}
	return list
}
