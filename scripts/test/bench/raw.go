package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// sessionHeader tells the raw server, which reads no XML, the id of the
// session. Every server is sent it, so that all read the same bytes.
const sessionHeader = "X-Session"

// rawHandler moves items between memcached and the client as they are. A set
// stores the item that is there again, in the round trips that it takes to
// replace a session, and answers its id.
type rawHandler struct {
	backend  backend.Backend
	counters *service.Counters
}

func (h *rawHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	received, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, "the request broke off", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), soap.DefaultTimeout)
	defer cancel()
	id := r.Header.Get(sessionHeader)
	operation := getOperation
	item, err := h.backend.Get(ctx, id)
	answer := item.Image
	if err == nil && r.Header.Get("SOAPAction") == `"`+wsdl.Action(setOperation)+`"` {
		operation, answer = setOperation, []byte(id)
		item.ExpiresIn = sessionTTL
		err = h.backend.CompareAndSwap(ctx, id, item)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) //nolint:gosec // octets, and a client that has gone away is told nothing
	observe(r.Context(), h.counters, soap.Call{
		Operation: soap.Name{Space: wsdl.Namespace, Local: operation},
		BytesIn:   int(received), BytesOut: len(answer), Duration: time.Since(started),
	}, sessionstore.ID(id))
}
