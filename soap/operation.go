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
	// and must be left behind its end tag. The bytes that the scanner hands out
	// stay as they are until the call has been answered; what is kept longer
	// must be a copy. Its errors are [ClientFault]s and the scanner's own.
	Decode func(*xmlscan.Scanner) (Req, error)
	// More reads another child of the Body, behind the payload, in the way of
	// Decode, whose result it is given. nil: there must be none.
	More func(*xmlscan.Scanner, Req) error
	// BareEnvelope takes messages whose Envelope is in no namespace, too, and
	// answers them as those of SOAP 1.1. Other operations refuse them.
	BareEnvelope bool
	// Attributes are written into the start tag of the answer's Envelope, such
	// as declarations that Append relies on; each begins with a blank. The
	// Envelope itself declares the prefix soap. nil: there are none.
	Attributes func(Resp) string
	// Append appends the payload of the answer to dst, and whatever is to
	// follow it in the Body.
	Append func(dst []byte, resp Resp) ([]byte, error)
}

// Handle registers an operation. Each call of it runs fn, after the whole
// message was found to be in order. An error of fn that is, or wraps, a
// [*Fault] is answered with it; see [Options] for others. Handle must not be
// called once the dispatcher serves. It panics if the name is taken.
func Handle[Req, Resp any](d *Dispatcher, op Operation[Req, Resp], fn func(context.Context, Req) (Resp, error)) {
	d.register(&operation{name: op.Name, action: op.Action, bare: op.BareEnvelope, decode: func(s *xmlscan.Scanner) (invocation, error) {
		req, err := op.Decode(s)
		if err != nil {
			return invocation{}, err
		}
		var call invocation
		if op.More != nil {
			call.more = func(s *xmlscan.Scanner) error { return op.More(s, req) }
		}
		call.run = func(ctx context.Context, dst []byte) ([]byte, error) {
			resp, err := fn(ctx, req)
			if err != nil {
				return dst, err
			}
			attributes := ""
			if op.Attributes != nil {
				attributes = op.Attributes(resp)
			}
			dst = appendOpening(dst, RequestOf(ctx).Version, attributes)
			dst, err = op.Append(dst, resp)
			return append(dst, `</soap:Body></soap:Envelope>`...), err
		}
		return call, nil
	}})
}

// appendOpening appends an answer up to the start tag of its Body.
func appendOpening(dst []byte, v Version, attributes string) []byte {
	dst = append(dst, xmlDeclaration...)
	dst = append(dst, `<soap:Envelope xmlns:soap="`...)
	dst = append(dst, v.namespace()...)
	dst = append(dst, '"')
	dst = append(dst, attributes...)
	return append(dst, `><soap:Body>`...)
}

// invocation is a call whose payload has been read.
type invocation struct {
	more func(*xmlscan.Scanner) error // reads another child of the Body; nil: there must be none
	run  run
}

// run does a call and appends the answer.
type run func(ctx context.Context, dst []byte) ([]byte, error)

type operation struct {
	name   Name
	action string
	bare   bool
	decode func(*xmlscan.Scanner) (invocation, error)
}

// register enters an operation into the table. Namespaces come first: a
// message in a namespace of ours that calls an unknown operation deserves a
// better answer than one in a foreign namespace.
func (d *Dispatcher) register(op *operation) {
	byLocal := d.operations[op.name.Space]
	if byLocal == nil {
		byLocal = map[string]*operation{}
		d.operations[op.name.Space] = byLocal
	}
	if byLocal[op.name.Local] != nil {
		panic("soap: operation registered twice: " + op.name.String())
	}
	byLocal[op.name.Local] = op
	d.actions[op.action] = op.name
}

// Alias lets namespaces stand for others: for one without operations alias
// returns the namespace whose operations are meant, or "". Like [Handle] it
// must not be called once the dispatcher serves.
func (d *Dispatcher) Alias(alias func(space string) string) { d.aliases = append(d.aliases, alias) }

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
