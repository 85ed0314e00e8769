package rpc

import (
	"errors"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore"
	"memcachedsoap/soap"
)

// fault returns the fault of an error in this dialect. It has no typed detail, as those
// of LemonLDAP::NG have none.
func fault(err error) error {
	if _, already := errors.AsType[*soap.Fault](err); err == nil || already {
		return err
	}
	f := lemonldap.FaultOf(err)
	if f == nil {
		return err
	}
	f.Detail = nil
	return f
}

// errNoID returns the fault for a call without an id. LemonLDAP::NG has the code Server
// for it; the log and the metrics blame the client.
func errNoID(operation string) error {
	return &soap.Fault{
		Code: soap.Server, Reason: operation + " needs the id of a session as its first parameter.",
		Err: &sessionstore.InvalidIDError{Reason: "it is missing"},
	}
}

func errNoAttributes(operation, place string) error {
	return soap.ClientFault(operation + " needs a struct or a Map of attributes as its " + place + " parameter.")
}

func errNoNames() error {
	return soap.ClientFault("The second parameter of get_key_from_all_sessions must be the name of an attribute, an array of names, or nil.")
}

// unreadable returns the fault of an answer that exceeds a limit because of one session:
// this service cannot show it.
func unreadable(err error) error {
	if f, exceeds := errors.AsType[*soap.Fault](err); exceeds {
		f.Err = &sessionstore.UnreadableError{Reason: "it exceeds the limits of one answer"}
	}
	return err
}
