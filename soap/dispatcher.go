package soap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/soap/xmlscan"
)

// DefaultTimeout bounds one call unless [Options] say otherwise.
const DefaultTimeout = 10 * time.Second

// Options are the settings of a [Dispatcher]. The zero value is usable.
type Options struct {
	Limits  Limits
	Timeout time.Duration // for one call, once its request was read; 0 means DefaultTimeout
	// FaultOf maps an error of an operation that is no [*Fault] to one; nil,
	// or a nil result, hides the error behind an opaque Server fault.
	FaultOf func(error) *Fault
	// RequestID returns the id under which the log knows the request, or "".
	// Server faults carry it.
	RequestID func(context.Context) string
	Observe   Observer     // nil: nobody is told
	Logger    *slog.Logger // for panics; nil: slog.Default()
}

// Dispatcher is an [http.Handler] that answers SOAP messages. Register
// operations with [Handle] before it serves.
type Dispatcher struct {
	options    Options
	operations map[string]map[string]*operation // by namespace, by local name
	actions    map[string]Name                  // by SOAPAction
	aliases    []func(space string) string
}

// NewDispatcher makes a dispatcher without operations.
func NewDispatcher(o Options) *Dispatcher {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.FaultOf == nil {
		o.FaultOf = func(error) *Fault { return nil }
	}
	if o.RequestID == nil {
		o.RequestID = func(context.Context) string { return "" }
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, Call) {}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Dispatcher{options: o, operations: map[string]map[string]*operation{}, actions: map[string]Name{}}
}

// ServeHTTP answers one request: with SOAP, or with 405 or 415 where no SOAP
// client is speaking.
func (d *Dispatcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "This is a SOAP endpoint: send a SOAP message by POST.", http.StatusMethodNotAllowed)
		return
	}
	kind, ok := contentType(r.Header.Get("Content-Type"))
	if !ok {
		w.Header().Set("Accept-Post", mediaType11+", "+mediaType12)
		http.Error(w, "This is a SOAP endpoint: send "+mediaType11+" or "+mediaType12+".", http.StatusUnsupportedMediaType)
		return
	}
	x := &exchange{Dispatcher: d, w: w, r: r, media: kind, version: kind.version, started: time.Now()}
	x.serve() //nolint:contextcheck // the context is the request's, which x holds
}

// media is what the Content-Type of a request says.
type media struct {
	version Version
	charset string
	action  string // SOAP 1.2's parameter (RFC 3902)
	mime    bool   // a package with attachments
}

// contentType reads a Content-Type. A missing one is taken as SOAP 1.1, and
// so is application/xml; false means that no SOAP client is speaking.
func contentType(header string) (media, bool) {
	switch header {
	case "":
		return media{version: V11}, true
	case contentType11: // what most clients send need not be taken apart
		return media{version: V11, charset: "utf-8"}, true
	}
	name, params, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return media{}, false
	}
	m := media{version: V11, charset: params["charset"], action: params["action"]}
	switch name {
	case mediaType11, "application/xml":
	case mediaType12:
		m.version = V12
	case "multipart/related":
		m.mime = true
		if strings.Contains(params["start-info"]+params["type"], mediaType12) {
			m.version = V12
		}
	default:
		return media{}, false
	}
	return m, true
}

// exchange is one request and its answer.
type exchange struct {
	*Dispatcher
	w       http.ResponseWriter
	r       *http.Request
	media   media
	version Version
	started time.Time

	name    Name // of the operation, once known
	request Request
	bytesIn int
	notes   []slog.Attr
}

// scratch is what a call needs for a moment and the next one can use again.
type scratch struct {
	scan   xmlscan.Scanner
	body   []byte // as received; nothing that lives longer may point into it
	answer []byte
	packed []byte // the answer, compressed
}

// maxKept bounds the buffers that are kept for the next call: a rare large
// session must not hold its memory for ever.
const maxKept = 256 << 10

//nolint:gochecknoglobals // a pool is shared by nature
var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (x *exchange) serve() {
	sc, _ := scratches.Get().(*scratch)
	answer, err := x.run(sc)
	status := http.StatusOK
	var fault *Fault
	if err != nil {
		fault = x.faultOf(err)
		status = faultStatus
		answer = fault.appendEnvelope(answer[:0], x.version, x.name.Space, x.options.RequestID(x.r.Context()))
		if fault.RetryAfter > 0 {
			x.w.Header().Set("Retry-After", strconv.Itoa(int((fault.RetryAfter+time.Second-1)/time.Second)))
		}
	}
	sent := x.write(sc, status, answer)
	sc.keep(answer)
	x.options.Observe(x.r.Context(), Call{
		Operation: x.name, Version: x.version, Fault: fault,
		BytesIn: x.bytesIn, BytesOut: sent, Duration: time.Since(x.started), Notes: x.notes,
	})
}

// keep gives the scratch back unless a large message has made it a hoard.
func (sc *scratch) keep(answer []byte) {
	sc.answer = answer[:0]
	sc.scan.Reset(nil, xmlscan.Limits{})
	if max(cap(sc.body), cap(sc.answer), cap(sc.packed)) <= maxKept {
		scratches.Put(sc)
	}
}

// run reads the message, calls its operation and returns the answer. A panic
// becomes an opaque fault and a logged stack, so that one bad call does not
// cost the connection.
func (x *exchange) run(sc *scratch) (answer []byte, err error) {
	answer = sc.answer[:0]
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares it the same way
			panic(p) // it asks net/http to drop the connection without a word
		}
		err = opaque(fmt.Errorf("soap: panic: %v", p))
		x.options.Logger.LogAttrs(x.r.Context(), slog.LevelError, "panic in an operation",
			slog.String("operation", x.name.Local), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	}()
	doc, err := x.document(sc)
	if err != nil {
		return answer, err
	}
	call, err := x.read(&sc.scan, doc)
	if err != nil {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(x.r.Context(), exchangeKey{}, x), x.options.Timeout)
	defer cancel()
	return call(ctx, answer)
}

// document reads the body and returns it in UTF-8.
func (x *exchange) document(sc *scratch) ([]byte, error) {
	limit := x.options.Limits.body()
	// One byte of room behind the body saves a second growth for its end.
	room := int(min(max(x.r.ContentLength, 0), int64(limit))) + 1
	body, err := readAll(slices.Grow(sc.body[:0], room), http.MaxBytesReader(x.w, x.r.Body, int64(limit)), limit)
	sc.body = body
	x.bytesIn = len(body)
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, bodyTooLarge(limit)
	}
	if err != nil {
		return nil, &Fault{Code: Client, Reason: "The request ended before its body was complete.", Err: err}
	}
	body, err = inflate(body, x.r.Header.Get("Content-Encoding"), limit)
	if err != nil {
		return nil, err
	}
	if x.media.mime {
		return unpackage(body, x.r.Header.Get("Content-Type"), x.options.Limits)
	}
	return utf8Document(body, x.media.charset)
}

// read reads the whole message and returns the call that it asks for. Nothing
// is done before the last byte was found to be in order.
func (x *exchange) read(scan *xmlscan.Scanner, doc []byte) (run, error) {
	scan.Reset(doc, x.options.Limits.XML)
	env := envelope{scan: scan, version: x.version}
	err := env.open()
	var op *operation
	if err == nil {
		op, err = x.find(scan)
	}
	if env.bare && (err != nil || !op.bare) {
		return nil, versionMismatch()
	}
	x.version = env.version
	if err != nil {
		return nil, readFault(err)
	}
	x.name = op.name
	call, err := op.decode(scan)
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
	x.request.Version, x.request.EncodingStyle = env.version, env.encodingStyle
	return call.run, nil
}

// find finds the operation by the expanded name of the payload. The SOAPAction
// only has a say when it names another operation of ours.
func (x *exchange) find(scan *xmlscan.Scanner) (*operation, error) {
	alias := ""
	byLocal := x.operations[string(scan.Space())]
	if byLocal == nil {
		alias = string(scan.Space())
		byLocal = x.aliased(alias)
	}
	if byLocal == nil {
		return nil, &Fault{
			Code: Client, Subcode: Name{rpcNamespace, procedureNotPresent},
			Reason: "The element in the Body is in a namespace that this service does not know. See its WSDL.",
		}
	}
	op := byLocal[string(scan.Local())]
	if op == nil {
		return nil, &Fault{
			Code: Client, Subcode: Name{rpcNamespace, procedureNotPresent},
			Reason: "This service has no operation of the name in the Body. See its WSDL.",
		}
	}
	action := strings.Trim(x.r.Header.Get("SOAPAction"), ` "`)
	if action == "" {
		action = x.media.action
	}
	x.request.Action, x.request.Name = action, op.name
	if alias != "" {
		x.request.Name.Space = alias
	}
	if other, known := x.actions[action]; known && other != op.name && other.Space == op.name.Space {
		return nil, ClientFault("The SOAPAction names the operation " + other.Local + ", the Body calls " + op.name.Local + ".")
	}
	return op, nil
}

// aliased returns the operations of the namespace that another one stands
// for, or nil.
func (x *exchange) aliased(space string) map[string]*operation {
	for _, alias := range x.aliases {
		if byLocal := x.operations[alias(space)]; byLocal != nil {
			return byLocal
		}
	}
	return nil
}

// readFault turns an error of reading a message into a fault. The scanner's
// errors are made for people and quote nothing.
func readFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if _, ok := errors.AsType[*xmlscan.LimitError](err); ok {
		return &Fault{Code: Client, Reason: "The message is too large: " + reason(err), Err: err}
	}
	if _, ok := errors.AsType[*xmlscan.ContentError](err); ok {
		return &Fault{Code: Client, Reason: "The message does not fit the contract: " + reason(err), Err: err}
	}
	return &Fault{Code: Client, Reason: "The message is not well-formed XML as SOAP allows it: " + reason(err), Err: err}
}

// reason cuts the package's name off an error text.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "xmlscan: ") + "." }

// faultOf finds the fault for an error of an operation.
func (x *exchange) faultOf(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if f := x.options.FaultOf(err); f != nil {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Fault{Code: Server, Reason: "The service did not finish in time. Try again later.", Err: err}
	}
	return opaque(err)
}

// write sends the answer in one piece and returns the number of bytes of it.
func (x *exchange) write(sc *scratch, status int, answer []byte) int {
	h := x.w.Header()
	h.Set("Content-Type", x.version.contentType())
	if len(answer) >= CompressFrom {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(x.r.Header) {
			sc.packed = appendGzip(sc.packed[:0], answer)
			answer = sc.packed
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(answer)))
	// Sessions are credentials: no cache on the way may keep one.
	h.Set("Cache-Control", "no-store")
	x.w.WriteHeader(status)
	_, _ = x.w.Write(answer) // a client that has gone away is told nothing
	return len(answer)
}
