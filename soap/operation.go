package soap

import (
	"context"
	"time"

	"memcachedsoap/soap/xmlscan"
)

// Operation says how to recognise an operation and how to read and write its
// messages.
type Operation[Req, Resp any] struct {
	// Name is the expanded name of the Body's child that calls the operation.
	Name Name
	// Action is the SOAPAction that the operation's binding declares.
	Action string
	// Decode reads the payload, from the start tag that the scanner has just read
	// to the end tag. The bytes that the scanner returns stay valid until the call
	// is answered; copy what must live longer. Errors: [ClientFault]s and those of
	// the scanner.
	Decode func(*xmlscan.Scanner, Request) (Req, error)
	// More reads another child of the Body after the payload. It is given the
	// result of Decode and follows the same rules. nil means that the Body must
	// have no other child.
	More func(*xmlscan.Scanner, Req) error
	// BareEnvelope accepts messages whose Envelope is in no namespace and answers
	// them as SOAP 1.1. Operations without it reject them.
	BareEnvelope bool
	// Attributes returns what the start tag of the answer's Envelope contains, such
	// as namespace declarations that Append needs. Each attribute begins with a
	// space. The Envelope declares the prefix soap itself. nil means none.
	Attributes func(Resp) string
	// Append appends the payload of the answer to dst, and what follows it in the
	// Body.
	Append func(ctx context.Context, dst []byte, resp Resp) ([]byte, error)
}

// Handle registers an operation. Each call runs fn after the whole message was read
// and checked. If fn's error is or wraps a [*Fault], that is the answer; see
// [Options] for other errors. Call Handle before the dispatcher serves. It panics if
// the name is registered already.
func Handle[Req, Resp any](d *Dispatcher, op Operation[Req, Resp], fn func(context.Context, Req) (Resp, error)) {
	d.register(&operation{name: op.Name, action: op.Action, bare: op.BareEnvelope, more: op.More != nil, decode: func(s *xmlscan.Scanner, r Request) (invocation, error) {
		req, err := op.Decode(s, r)
		if err != nil {
			return invocation{}, err
		}
		var call invocation
		version, stamped := r.Version, r.stamped
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
			dst = appendOpening(dst, version, attributes, stamped)
			dst, err = op.Append(ctx, dst, resp)
			return append(dst, `</soap:Body></soap:Envelope>`...), err
		}
		return call, nil
	}})
}

// appendOpening appends an answer up to the start tag of its Body.
func appendOpening(dst []byte, v Version, attributes string, stamped bool) []byte {
	dst = append(dst, xmlDeclaration...)
	dst = append(dst, `<soap:Envelope xmlns:soap="`...)
	dst = append(dst, v.namespace()...)
	dst = append(dst, '"')
	dst = append(dst, attributes...)
	dst = append(dst, '>')
	if stamped {
		dst = append(dst, `<soap:Header>`...)
		dst = appendTimestamp(dst, time.Now())
		dst = append(dst, `</soap:Header>`...)
	}
	return append(dst, `<soap:Body>`...)
}

// invocation is a call whose payload has been read.
type invocation struct {
	more func(*xmlscan.Scanner) error // reads another child of the Body; nil if there must be none
	run  run
}

// run runs a call and appends the answer.
type run func(ctx context.Context, dst []byte) ([]byte, error)

type operation struct {
	name   Name
	action string
	bare   bool
	more   bool // the Body may have other children
	decode func(*xmlscan.Scanner, Request) (invocation, error)
}

// register adds an operation to the table. The table is by namespace first, so that
// an unknown operation in a known namespace gets a fault of its own.
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

// Alias registers other names of namespaces. For a namespace without operations,
// alias returns the namespace whose operations it means, or "". Call Alias before
// the dispatcher serves.
func (d *Dispatcher) Alias(alias func(space string) string) { d.aliases = append(d.aliases, alias) }

// Independent accepts children of the Body before the payload of operations that
// have More (SOAP 1.1 section 5.6). is reports whether the scanner's element is one.
// read reads it to its end and returns the result for [Request.Before]. It is given
// its result for the element before, at first nil. Call Independent before the
// dispatcher serves.
func (d *Dispatcher) Independent(is func(*xmlscan.Scanner) bool, read func(s *xmlscan.Scanner, before any) (any, error)) {
	d.isIndependent, d.readIndependent = is, read
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
