package lemonldap

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// newRoom returns the room of a body, whose memory is counted.
func newRoom(x *exchange) *soap.Room {
	room := soap.NewRoom(x.ctx, admission.Admission{}.Receive)
	return &room
}

// answer sends an answer, unless there is an error.
func (x *exchange) answer(body []byte, err error) error {
	if e, ok := errors.AsType[*perljson.Error](err); ok {
		return &sessionstore.UnreadableError{Reason: e.Reason}
	}
	if err != nil {
		return err
	}
	if err := (admission.Admission{}).Send(x.ctx, int64(len(body))); err != nil {
		return err
	}
	x.send(http.StatusOK, body)
	return nil
}

// send sends a whole answer.
func (x *exchange) send(status int, body []byte) {
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.header(status)
	x.bytesOut, _ = x.w.Write(body) // a client that has gone needs no answer
}

// header sends the head of an answer.
func (x *exchange) header(status int) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	x.w.WriteHeader(status)
}

// fail sends what a client may know of an error.
func (x *exchange) fail(err error) {
	fault := x.faultOf(err)
	h := x.w.Header()
	for _, challenge := range fault.Challenges {
		h.Add("WWW-Authenticate", challenge)
	}
	if fault.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((fault.RetryAfter+time.Second-1)/time.Second), 10))
	}
	if e, ok := errors.AsType[*MethodError](err); ok {
		h.Set("Allow", e.allowed)
	}
	body, _ := perljson.Append([]byte(`{"error":`), perldata.TextOf(fault.Reason), perljson.Limits{})
	x.send(fault.Status, append(body, '}'))
}

// faultOf returns the fault for any error, with its status.
func (x *exchange) faultOf(err error) *soap.Fault {
	if e, ok := errors.AsType[*bodyError](err); ok {
		return &soap.Fault{Code: soap.Client, Reason: e.reason, Status: e.status, Err: err}
	}
	if _, ok := errors.AsType[*MethodError](err); ok {
		return &soap.Fault{Code: soap.Client, Reason: "The path does not have this method.", Status: http.StatusMethodNotAllowed, Err: err}
	}
	fault := FaultOf(err)
	if fault == nil {
		fault = &soap.Fault{Code: soap.Server, Reason: "Internal error. The log of the service has the request " + requestlog.ID(x.ctx) + ".", Err: err}
	}
	if fault.Status == 0 {
		fault.Status = statusOf(fault, err)
	}
	return fault
}

// statusOf returns the HTTP status of a fault. LemonLDAP::NG takes 400 for "no such
// session" and everything else for a failure of the store.
func statusOf(fault *soap.Fault, err error) int {
	_, down := errors.AsType[*backend.UnavailableError](err)
	_, large := errors.AsType[*backend.TooLargeError](err)
	switch {
	case fault.Overload, down, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	case large, errors.Is(err, admission.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case isDenied(err):
		return http.StatusForbidden
	case fault.Code == soap.Client:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// isDenied reports whether a caller may not do what it asks for.
func isDenied(err error) bool {
	_, denied := errors.AsType[*access.DeniedError](err)
	_, hidden := errors.AsType[*access.HiddenError](err)
	return denied || hidden || errors.Is(err, errAuthentication)
}

// observe tells the observer of the answer.
func (x *exchange) observe(err error) {
	call := soap.Call{
		Operation: soap.Name{Local: x.route.operation},
		BytesIn:   x.bytesIn, BytesOut: x.bytesOut, Duration: time.Since(x.started),
	}
	if err != nil {
		call.Fault = x.faultOf(err)
	}
	x.options.Observe(x.ctx, call)
}
