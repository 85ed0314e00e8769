package soap

import (
	"context"

	"memcachedsoap/soap/xmlscan"
)

// Operation says how an operation is found and how its messages are read and
// written.
type Operation[Req, Resp any] struct {
	// Name is the expanded name of the child of the Body that calls it.
	Name Name
	// Action is the SOAPAction that its binding declares.
	Action string
	// Decode reads the payload. The scanner stands at the payload's start tag
	// and must be left behind its end tag. What Decode keeps it must copy. Its
	// errors are [ClientFault]s and the scanner's own.
	Decode func(*xmlscan.Scanner) (Req, error)
	// Append appends the payload of the answer to dst.
	Append func(dst []byte, resp Resp) ([]byte, error)
}

// Handle registers an operation. Each call of it runs fn, after the whole
// message was found to be in order. An error of fn that is, or wraps, a
// [*Fault] is answered with it; see [Options] for others. Handle must not be
// called once the dispatcher serves. It panics if the name is taken.
func Handle[Req, Resp any](d *Dispatcher, op Operation[Req, Resp], fn func(context.Context, Req) (Resp, error)) {
	d.register(op.Name, op.Action, func(s *xmlscan.Scanner) (invocation, error) {
		req, err := op.Decode(s)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, dst []byte) ([]byte, error) {
			resp, err := fn(ctx, req)
			if err != nil {
				return dst, err
			}
			return op.Append(dst, resp)
		}, nil
	})
}

// invocation is a call whose request has been read.
type invocation func(ctx context.Context, dst []byte) ([]byte, error)

type operation struct {
	name   Name
	action string
	decode func(*xmlscan.Scanner) (invocation, error)
}

// register enters an operation into the table. Namespaces come first: a
// message in a namespace of ours that calls an unknown operation deserves a
// better answer than one in a foreign namespace.
func (d *Dispatcher) register(name Name, action string, decode func(*xmlscan.Scanner) (invocation, error)) {
	byLocal := d.operations[name.Space]
	if byLocal == nil {
		byLocal = map[string]*operation{}
		d.operations[name.Space] = byLocal
	}
	if byLocal[name.Local] != nil {
		panic("soap: operation registered twice: " + name.String())
	}
	byLocal[name.Local] = &operation{name: name, action: action, decode: decode}
	d.actions[action] = name
}

// Operations returns the name of every registered operation with its
// SOAPAction.
func (d *Dispatcher) Operations() map[Name]string {
	all := map[Name]string{}
	for _, byLocal := range d.operations {
		for _, op := range byLocal {
			all[op.name] = op.action
		}
	}
	return all
}
