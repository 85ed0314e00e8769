package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// constantHandler sends the answer to the first getSession to everybody. All
// else goes to the service.
type constantHandler struct {
	service  http.Handler
	counters *service.Counters
	once     sync.Once
	answer   recorder
}

func newConstantHandler(sessions *service.Service, counters *service.Counters) *constantHandler {
	d := soap.NewDispatcher(soap.Options{FaultOf: service.FaultOf})
	document.Register(d, sessions, document.Options{})
	return &constantHandler{service: d, counters: counters, answer: recorder{header: make(http.Header)}}
}

func (h *constantHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("SOAPAction") != `"`+wsdl.Action(getOperation)+`"` {
		h.service.ServeHTTP(w, r)
		return
	}
	started := time.Now()
	h.once.Do(func() { h.service.ServeHTTP(&h.answer, r) })
	received, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, "the request broke off", http.StatusBadRequest)
		return
	}
	answer := h.answer.body.Bytes()
	w.Header().Set("Content-Type", h.answer.header.Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // a client that has gone away is told nothing
	observe(r.Context(), h.counters, soap.Call{
		Operation: soap.Name{Space: wsdl.Namespace, Local: getOperation},
		BytesIn:   int(received), BytesOut: len(answer), Duration: time.Since(started),
	}, sessionstore.ID(r.Header.Get(sessionHeader)))
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
