package main

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/wsdl"
)

// constantHandler reads a getSession request as the service does and repeats the
// first answer for that session. The service handles all other requests.
type constantHandler struct {
	service  http.Handler
	constant http.Handler
	answers  sync.Map // of []byte, by id
}

func newConstantHandler(sessions *service.Service, counters *service.Counters) *constantHandler {
	options := soap.Options{FaultOf: dialect.FaultOf, RequestID: requestlog.ID, Observe: dialect.Observer(counters)}
	full, constant := soap.NewDispatcher(options), soap.NewDispatcher(options)
	document.Register(full, sessions, document.Options{})
	h := &constantHandler{service: full, constant: constant}
	soap.Handle(constant, soap.Operation[string, []byte]{
		Name:   soap.Name{Space: wsdl.Namespace, Local: contract.GetOperation},
		Action: wsdl.Action(contract.GetOperation),
		Decode: decodeID,
		Append: func(_ context.Context, dst []byte, answer []byte) ([]byte, error) { return append(dst, answer...), nil },
	}, func(_ context.Context, id string) ([]byte, error) {
		answer, _ := h.answers.Load(id)
		payload, _ := answer.([]byte)
		return payload, nil
	})
	return h
}

// decodeID reads the id, the only child of a payload.
func decodeID(s *xmlscan.Scanner, _ soap.Request) (string, error) {
	if _, err := s.Next(); err != nil {
		return "", err
	}
	id, err := s.Content()
	if err != nil {
		return "", err
	}
	_, err = s.Next()
	return string(id), err
}

func (h *constantHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get(contract.SessionHeader)
	if r.Header.Get("SOAPAction") != `"`+wsdl.Action(contract.GetOperation)+`"` {
		h.service.ServeHTTP(w, r)
		return
	}
	if _, known := h.answers.Load(id); known {
		h.constant.ServeHTTP(w, r)
		return
	}
	first := &recorder{header: make(http.Header)}
	h.service.ServeHTTP(first, r)
	_, rest, _ := bytes.Cut(first.body.Bytes(), []byte("<soap:Body>"))
	payload, _, _ := bytes.Cut(rest, []byte("</soap:Body>"))
	h.answers.Store(id, payload)
	_, _ = w.Write(first.body.Bytes()) // nothing can be done for a client that has disconnected
}

// recorder records an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) } //nolint:wrapcheck // it never fails
