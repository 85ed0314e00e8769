package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

// rawHandler reads the header with the id instead of XML, which all servers get, so that
// all read the same bytes. It returns items of memcached unchanged. For setSession it stores the
// existing item again, with the round trips that replacing a session needs, and
// returns the id.
type rawHandler struct {
	backend  backend.Backend
	observer soap.Observer
}

func (h *rawHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	received, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, "the request is incomplete", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), soap.DefaultTimeout)
	defer cancel()
	id := r.Header.Get(contract.SessionHeader)
	operation := contract.GetOperation
	item, err := h.backend.Get(ctx, id)
	answer := item.Image
	if err == nil && r.Header.Get("SOAPAction") == `"`+wsdl.Action(contract.SetOperation)+`"` {
		operation, answer = contract.SetOperation, []byte(id)
		item.ExpiresIn = sessionTTL
		err = h.backend.CompareAndSwap(ctx, id, item)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) //nolint:gosec // bytes; nothing can be done for a client that has disconnected
	observe(r.Context(), h.observer, soap.Call{
		Operation: soap.Name{Space: wsdl.Namespace, Local: operation},
		BytesIn:   int(received), BytesOut: len(answer), Duration: time.Since(started),
	}, sessionstore.ID(id))
}
