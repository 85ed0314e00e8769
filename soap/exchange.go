package soap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/soap/xmlscan"
)

// exchange is one request and its answer.
type exchange struct {
	*Dispatcher
	w       http.ResponseWriter
	r       *http.Request
	media   media
	version Version
	started time.Time

	name    Name // of the operation, once known
	stamped bool // the request has a Timestamp of WS-Security, so the answer gets one
	bytesIn int
	tags    int // start tags of the document at most

	reserved int64 // by the meter
}

// scratch is the memory of one call that a later call can reuse.
type scratch struct {
	scan   xmlscan.Scanner
	answer []byte
	packed []byte // the answer, compressed
}

// maxKept is the greatest size in bytes of a buffer that is kept for later calls:
// the memory of a rare large session must be freed.
const maxKept = 256 << 10

//nolint:gochecknoglobals // a pool is shared by nature
var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (x *exchange) serve() {
	received, inflated := newBody(), newBody()
	var whole []byte
	err := x.options.Authorize(x.r.Context())
	if err == nil {
		whole, err = x.receive(received)
	}
	if err == nil {
		err = x.options.Admission.Start(x.r.Context())
	}
	sc, _ := scratches.Get().(*scratch) // not before the work begins: a body may take long
	answer := sc.answer[:0]
	if err == nil {
		answer, err = x.run(sc, whole, inflated)
	}
	var fault *Fault
	if err != nil {
		fault = x.faultOf(err)
		answer = x.appendFault(answer[:0], fault)
	}
	sc.answer = answer[:0]
	sent := x.pack(sc, answer)
	sc.scan.Reset(nil, xmlscan.Limits{})
	received.release()
	inflated.release()
	x.finish(sc, fault, sent)
}

// finish sends an answer.
//
//go:noinline // its variables would take stack while the operation runs
func (x *exchange) finish(sc *scratch, fault *Fault, sent []byte) {
	if err := x.options.Admission.Send(x.r.Context(), int64(cap(sc.answer)+cap(sc.packed))); err != nil {
		fault = x.faultOf(err)
		x.w.Header().Del("Content-Encoding")
		sent = x.appendFault(nil, fault)
	}
	x.write(fault, sent)
	sc.keep()
	x.options.Observe(x.r.Context(), Call{
		Operation: x.name, Version: x.version, Fault: fault,
		BytesIn: x.bytesIn, BytesOut: len(sent), Duration: time.Since(x.started),
	})
}

// appendFault appends an answer that is a fault.
func (x *exchange) appendFault(dst []byte, fault *Fault) []byte {
	return fault.appendEnvelope(dst, x.version, x.name.Space, x.options.RequestID(x.r.Context()), x.stamped)
}

// keep returns the scratch to the pool unless its buffers have grown too large.
func (sc *scratch) keep() {
	if max(cap(sc.answer), cap(sc.packed)) <= maxKept {
		scratches.Put(sc)
	}
}

// run reads the message, calls its operation and returns the answer. After a panic
// it logs the stack and returns a fault, so that the connection stays open.
func (x *exchange) run(sc *scratch, received []byte, inflated *body) (answer []byte, err error) {
	answer = sc.answer[:0]
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares it the same way
			panic(p) // it makes net/http close the connection without an answer
		}
		err = opaque(fmt.Errorf("soap: panic: %v", p))
		x.options.Logger.LogAttrs(x.r.Context(), slog.LevelError, "panic in an operation",
			slog.String("operation", x.name.Local), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	}()
	doc, err := x.document(received, inflated)
	if err != nil {
		if refusal := x.secure(nil); refusal != nil {
			err = refusal
		}
		return answer, err
	}
	call, err := x.read(&sc.scan, doc)
	if err != nil {
		return answer, err
	}
	ctx := withTimeLimit(x.r.Context(), x.options.Timeout)
	defer ctx.end()
	return call(ctx, answer)
}

// document returns what was received in UTF-8.
func (x *exchange) document(received []byte, inflated *body) ([]byte, error) {
	limit := x.options.Limits.body()
	if x.media.problem != nil {
		return nil, x.media.problem
	}
	m := meter{x}
	named := codingsOf(x.r.Header)
	plain, err := inflate(received, named, x.media.isPlain, limit, inflated, m)
	if err != nil {
		return nil, err
	}
	room := charsetRoom * int64(len(plain))
	if x.media.mime {
		room = packageRoom(len(plain), limit)
	}
	if err := m.need(int64(inflated.size()) + room); err != nil {
		return nil, err
	}
	var doc []byte
	if x.media.mime {
		doc, err = unpackage(plain, x.media, x.options.Limits)
	} else {
		doc, err = utf8Document(plain, x.media.charset, named.charset())
	}
	if err != nil {
		return nil, err
	}
	return doc, m.document(doc, plain, inflated.size())
}

// read reads and checks the whole message, to its last byte, and returns the call
// to run.
func (x *exchange) read(scan *xmlscan.Scanner, doc []byte) (run, error) {
	scan.Reset(doc, x.options.Limits.XML)
	scan.SetTags(x.tags)
	env := envelope{scan: scan, version: x.version, readsSecurity: x.options.Security != nil}
	err := env.open()
	x.stamped = env.stamped
	var op *operation
	request := Request{Version: env.version, EncodingStyle: env.encodingStyle, stamped: x.stamped}
	if env.securityErr == nil {
		if refusal := x.secure(env.security); refusal != nil {
			x.version = env.version
			return nil, refusal
		}
	}
	if err == nil {
		err = x.skipIndependent(&env, &request)
	}
	if err == nil {
		op, err = x.find(scan, &request)
	}
	if env.bare && (err != nil || !op.bare) {
		return nil, versionMismatch()
	}
	x.version = env.version
	if err != nil {
		return nil, readFault(err)
	}
	x.name = op.name
	call, err := op.decode(scan, request)
	if err != nil {
		fault := readFault(err)
		if fault.Code == Client && fault.Subcode == (Name{}) {
			fault.Subcode = Name{rpcNamespace, badArguments}
		}
		return nil, fault
	}
	if err := env.close(call.more); err != nil {
		return nil, readFault(err)
	}
	return call.run, nil
}

// secure asks Options.Security about what was read of a message, also if the message
// cannot be read: a client that is refused does not learn what is wrong with it.
func (x *exchange) secure(s *Security) error {
	if x.options.Security == nil {
		return nil
	}
	return x.options.Security(x.r.Context(), s)
}

// skipIndependent reads the independent elements before the payload, and the
// payload's start tag.
func (x *exchange) skipIndependent(env *envelope, request *Request) (err error) {
	for x.isIndependent != nil && x.isIndependent(env.scan) {
		if request.Before, err = x.readIndependent(env.scan, request.Before); err != nil {
			return err
		}
		if err := env.payload(); err != nil {
			return err
		}
	}
	return nil
}

// find finds the operation by the expanded name of the payload. A SOAPAction that
// names another registered operation is a fault; other SOAPActions have no effect.
// It adds the names as sent to the request.
func (x *exchange) find(scan *xmlscan.Scanner, request *Request) (*operation, error) {
	alias := ""
	byLocal := x.operations[string(scan.Space())]
	if byLocal == nil {
		alias = string(scan.Space())
		byLocal = x.aliased(alias)
	}
	if byLocal == nil {
		return nil, &Fault{
			Code: Client, Subcode: Name{rpcNamespace, procedureNotPresent},
			Reason: "The element in the Body has a namespace that this service does not know. See its WSDL.",
		}
	}
	op := byLocal[string(scan.Local())]
	if op == nil {
		return nil, &Fault{
			Code: Client, Subcode: Name{rpcNamespace, procedureNotPresent},
			Reason: "This service has no operation with the name of the element in the Body. See its WSDL.",
		}
	}
	if request.Before != nil && !op.more {
		return nil, severalElements()
	}
	action := strings.Trim(x.r.Header.Get("SOAPAction"), ` "`)
	if action == "" {
		action = x.media.action
	}
	request.Action, request.Name = action, op.name
	if alias != "" {
		request.Name.Space = alias
	}
	if other, known := x.actions[action]; known && other != op.name && other.Space == op.name.Space {
		return nil, ClientFault("The SOAPAction names the operation " + other.Local + " but the Body calls " + op.name.Local + ". Send the SOAPAction of the operation that the Body calls.")
	}
	return op, nil
}

// aliased returns the operations of the namespace for which alias is another name,
// or nil.
func (x *exchange) aliased(space string) map[string]*operation {
	for _, alias := range x.aliases {
		if byLocal := x.operations[alias(space)]; byLocal != nil {
			return byLocal
		}
	}
	return nil
}

// readFault returns the fault for an error of reading a message. The client may
// read the scanner's errors: they quote at most shortened names.
func readFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if _, ok := errors.AsType[*xmlscan.LimitError](err); ok {
		return &Fault{Code: Client, Reason: "The message exceeds a limit of this service: " + reason(err), Err: err}
	}
	if _, ok := errors.AsType[*xmlscan.ContentError](err); ok {
		return &Fault{Code: Client, Reason: "The message does not fit the contract: " + reason(err), Err: err}
	}
	return &Fault{Code: Client, Reason: "The message is not well-formed XML that SOAP allows: " + reason(err), Err: err}
}

// reason returns the text of an error without the package's name.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "xmlscan: ") + "." }

// faultOf returns the fault for an error of an operation.
func (x *exchange) faultOf(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if f := x.options.FaultOf(err); f != nil {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Fault{Code: Server, Reason: "The service did not answer in time. Retry later.", Err: err}
	}
	return opaque(err)
}

// write sends an answer.
func (x *exchange) write(fault *Fault, answer []byte) {
	h := x.w.Header()
	h["Content-Type"] = x.contentTypes[x.version]
	h["Content-Length"] = []string{strconv.Itoa(len(answer))}
	h["Cache-Control"] = x.noStore
	status := http.StatusOK
	if fault != nil {
		status = fault.status()
		for _, challenge := range fault.Challenges {
			h.Add("WWW-Authenticate", challenge)
		}
		if fault.RetryAfter > 0 {
			h.Set("Retry-After", strconv.Itoa(int((fault.RetryAfter+time.Second-1)/time.Second)))
		}
	}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(answer) //nolint:gosec // it is XML; the client may have closed the connection
}
