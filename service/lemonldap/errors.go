package lemonldap

import (
	"errors"

	"memcachedsoap/service/dialect"
	"memcachedsoap/soap"
)

// RequestError says that a request cannot be done as it is. Nothing was read or written.
type RequestError struct{ reason string }

// Error implements error.
func (e *RequestError) Error() string { return "lemonldap: " + e.reason }

// The errors of requests.
var (
	ErrUnknownType = &RequestError{"Unknown type of sessions: use global, persistent, saml, cas, oidc or offline."}
	ErrPersistent  = &RequestError{"This service keeps no persistent sessions: memcached may forget them, and second factors with them. Keep them in another module of LemonLDAP::NG, or start the service with serve --lemonldap-persistent."}
	ErrSecret      = &RequestError{"The secret is wrong: it must be the present time, within 15 seconds, encrypted with LemonLDAP::NG's key. Check the key and the clocks."}
	ErrNoSecret    = &RequestError{"The secret must be a string."}
)

// FaultOf returns the fault for an error of [Sessions]. It is nil for an error about which
// a client must learn nothing.
func FaultOf(err error) *soap.Fault {
	if e, ok := errors.AsType[*RequestError](err); ok {
		return &soap.Fault{Code: soap.Client, Reason: e.reason, Err: err}
	}
	return dialect.FaultOf(err)
}
