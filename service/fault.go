package service

import (
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
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
	if errors.Is(err, backend.ErrNotFound) {
		return typed(soap.Client, "There is no such session: it was never made, has expired or was deleted.",
			"SessionNotFoundFault", soap.Field{Name: "id", Value: idOf(err)})
	}
	if errors.Is(err, sessionstore.ErrDeleted) {
		return typed(soap.Client, "The session was deleted, and its id is not taken again so soon. Nothing was changed: make a new session.",
			"SessionDeletedFault", soap.Field{Name: "id", Value: idOf(err)})
	}
	if e, ok := errors.AsType[*sessionstore.VersionConflictError](err); ok {
		return conflict(e)
	}
	if e, ok := errors.AsType[*sessionstore.InvalidIDError](err); ok {
		return typed(soap.Client, "Invalid session ID: "+e.Reason+".",
			"InvalidSessionIdFault", soap.Field{Name: "id", Value: e.Text}, soap.Field{Name: "reason", Value: e.Reason})
	}
	if e, ok := errors.AsType[*AnswerTooLargeError](err); ok {
		return tooLarge("The sessions have "+decimal(e.Actual)+" bytes together, one answer may have "+decimal(e.Limit)+
			": ask for fewer at a time.", e.Limit, e.Actual)
	}
	if e, ok := errors.AsType[*backend.TooLargeError](err); ok {
		return tooLarge("The session needs "+decimal(e.Actual)+" bytes, the store takes "+decimal(e.Limit)+
			" at most. Nothing was changed.", e.Limit, e.Actual)
	}
	if e, ok := errors.AsType[*sessionstore.UnreadableError](err); ok {
		return typed(soap.Server, "What is stored under this id cannot be read as a session, and is left untouched: "+e.Reason+".",
			"UnreadableSessionFault", soap.Field{Name: "id", Value: string(e.ID)}, soap.Field{Name: "reason", Value: e.Reason})
	}
	if e, ok := errors.AsType[*backend.UnavailableError](err); ok {
		return unavailable(e)
	}
	return untyped(err)
}

// untyped makes the general faults of the client's.
func untyped(err error) *soap.Fault {
	if e, ok := errors.AsType[*sessionstore.TooManyError](err); ok {
		return soap.ClientFault("These are " + strconv.Itoa(e.Actual) + " sessions, and one call may be about " + strconv.Itoa(e.Limit) +
			": make several calls.")
	}
	if e, ok := errors.AsType[*sessionstore.UnknownPrincipalError](err); ok {
		if e.Attribute == "" {
			return soap.ClientFault("This service finds no sessions by an attribute: its operator has to name one (serve --principal).")
		}
		return soap.ClientFault("This service does not find sessions by that attribute. Name one of those that its operator has set (serve --principal), or none.")
	}
	if e, ok := errors.AsType[*perldata.UnrepresentableError](err); ok {
		return soap.ClientFault("The session cannot be stored: " + e.Reason + ".")
	}
	if _, ok := errors.AsType[*sessionstore.InvalidTTLError](err); ok {
		return soap.ClientFault("The time to live must be a positive number of seconds, 0 for the default, or -1 for the longest allowed.")
	}
	return nil
}

func unavailable(e *backend.UnavailableError) *soap.Fault {
	reason, advice := e.Reason, "Try again later."
	if e.Unknown {
		reason += "; it is not known whether the change was made"
		advice = "Read the session before repeating the change."
	}
	fields := []soap.Field{{Name: "reason", Value: reason}}
	if e.RetryAfter > 0 {
		fields = append(fields, soap.Field{Name: "retryAfter", Value: decimal(int64((e.RetryAfter + time.Second - 1) / time.Second))})
	}
	fault := typed(soap.Server, "The sessions cannot be reached: "+reason+". "+advice, "StoreUnavailableFault", fields...)
	fault.RetryAfter = e.RetryAfter
	return fault
}

func conflict(e *sessionstore.VersionConflictError) *soap.Fault {
	fields := []soap.Field{{Name: "id", Value: string(e.ID)}}
	if e.Current != "" {
		fields = append(fields, soap.Field{Name: "currentVersion", Value: e.Current})
	}
	return typed(soap.Client, "The session has another version than the one given: it was changed since it was read. "+
		"Nothing was changed now: read it again.", "VersionConflictFault", fields...)
}

func tooLarge(reason string, limit, actual int64) *soap.Fault {
	return typed(soap.Client, reason, "PayloadTooLargeFault",
		soap.Field{Name: "limit", Value: decimal(limit)}, soap.Field{Name: "actual", Value: decimal(actual)})
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
