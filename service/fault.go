package service

import (
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
)

// FaultOf is the one table that turns the errors of sessions into faults. It
// returns nil for an error that is none of them.
func FaultOf(err error) *soap.Fault {
	fault := faultOf(err)
	if fault != nil {
		fault.Err = err
	}
	return fault
}

func faultOf(err error) *soap.Fault {
	if errors.Is(err, sessionstore.ErrNotFound) {
		return typed(soap.Client, "There is no such session: it was never made, has expired or was deleted.",
			"SessionNotFoundFault", soap.Field{Name: "id", Value: idOf(err)})
	}
	if e, ok := errors.AsType[*sessionstore.InvalidIDError](err); ok {
		return typed(soap.Client, "Invalid session ID: "+e.Reason+".",
			"InvalidSessionIdFault", soap.Field{Name: "id", Value: e.Text}, soap.Field{Name: "reason", Value: e.Reason})
	}
	if e, ok := errors.AsType[*sessionstore.TooLargeError](err); ok {
		return typed(soap.Client, "The session needs "+decimal(e.Actual)+" bytes, the store takes "+decimal(e.Limit)+
			" at most. Nothing was changed.",
			"PayloadTooLargeFault", soap.Field{Name: "limit", Value: decimal(e.Limit)}, soap.Field{Name: "actual", Value: decimal(e.Actual)})
	}
	if e, ok := errors.AsType[*sessionstore.UnreadableError](err); ok {
		return typed(soap.Server, "What is stored under this id cannot be read as a session, and is left untouched: "+e.Reason+".",
			"UnreadableSessionFault", soap.Field{Name: "id", Value: string(e.ID)}, soap.Field{Name: "reason", Value: e.Reason})
	}
	if e, ok := errors.AsType[*sessionstore.UnavailableError](err); ok {
		return unavailable(e.Reason, e.RetryAfter)
	}
	if e, ok := errors.AsType[*sessionstore.UnrepresentableError](err); ok {
		return soap.ClientFault("The session cannot be stored: " + e.Reason + ".")
	}
	if _, ok := errors.AsType[*sessionstore.InvalidTTLError](err); ok {
		return soap.ClientFault("The time to live must be a positive number of seconds, 0 for the default, or -1 for the longest allowed.")
	}
	return nil
}

func unavailable(reason string, retryAfter time.Duration) *soap.Fault {
	fields := []soap.Field{{Name: "reason", Value: reason}}
	if retryAfter > 0 {
		fields = append(fields, soap.Field{Name: "retryAfter", Value: decimal(int64((retryAfter + time.Second - 1) / time.Second))})
	}
	fault := typed(soap.Server, "The sessions cannot be reached: "+reason+". Try again later.", "StoreUnavailableFault", fields...)
	fault.RetryAfter = retryAfter
	return fault
}

func typed(code soap.Code, reason, detail string, fields ...soap.Field) *soap.Fault {
	return &soap.Fault{Code: code, Reason: reason, Detail: &soap.Detail{Name: detail, Fields: fields}}
}

// idOf returns the id of the session that an error is about.
func idOf(err error) string {
	if e, ok := errors.AsType[*sessionError](err); ok {
		return string(e.id)
	}
	return ""
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
