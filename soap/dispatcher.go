package soap

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"memcachedsoap/soap/xmlscan"
)

// DefaultTimeout is the default of [Options.Timeout].
const DefaultTimeout = 10 * time.Second

// Options are the settings of a [Dispatcher]. The zero value is usable.
type Options struct {
	Limits  Limits
	Timeout time.Duration // of one call, from the end of its request; 0 means DefaultTimeout
	// FaultOf returns the fault for an error of an operation that is not a
	// [*Fault]. If FaultOf or its result is nil, the client gets a Server fault
	// that says nothing about the error.
	FaultOf func(error) *Fault
	// RequestID returns the id of the request in the log, or "". Server faults
	// contain it.
	RequestID func(context.Context) string
	// Authorize is called before the body of a message is read, so that a client that it
	// refuses costs no memory. Its error is the answer, as that of an operation is. nil
	// refuses nobody.
	Authorize func(context.Context) error
	// Security is called when the Header of a message was read, before its Body is.
	// It is given what the Security header for this service contains, or nil if the
	// message has none or cannot be read. Its error is the answer, as that of an
	// operation is. nil means that the service does not understand the Security header.
	Security  func(context.Context, *Security) error
	Observe   Observer     // nil means none
	Admission Admission    // bounds of all requests in flight; nil means none
	Logger    *slog.Logger // for panics; nil means slog.Default()
}

// Dispatcher is an [http.Handler] that answers SOAP messages. Register
// operations with [Handle] before it serves.
type Dispatcher struct {
	options    Options
	operations map[string]map[string]*operation // by namespace, by local name
	actions    map[string]Name                  // by SOAPAction
	aliases    []func(space string) string

	contentTypes map[Version][]string // values of headers of answers: all answers share them
	noStore      []string

	isIndependent   func(*xmlscan.Scanner) bool // see Independent; nil if it was not called
	readIndependent func(*xmlscan.Scanner, any) (any, error)
}

// NewDispatcher returns a dispatcher without operations.
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
	if o.Authorize == nil {
		o.Authorize = func(context.Context) error { return nil }
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, Call) {}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Admission == nil {
		o.Admission = unbounded{}
	}
	return &Dispatcher{
		options: o, operations: map[string]map[string]*operation{}, actions: map[string]Name{},
		contentTypes: map[Version][]string{V11: {V11.contentType()}, V12: {V12.contentType()}},
		noStore:      []string{"no-store"}, // sessions are credentials: no cache may store one
	}
}

// ServeHTTP answers one request: with SOAP, or with 405 or 415 if the request is
// not that of a SOAP client.
func (d *Dispatcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if x := d.begin(w, r); x != nil {
		x.serve() //nolint:contextcheck // the context is the request's, which x holds
	}
}

// begin returns the exchange of a request, or answers it and returns nil.
//
//go:noinline // its variables would take stack while the request is answered
func (d *Dispatcher) begin(w http.ResponseWriter, r *http.Request) *exchange {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "This is a SOAP endpoint: send a SOAP message with POST.", http.StatusMethodNotAllowed)
		return nil
	}
	kind, ok := contentType(strings.Join(r.Header.Values("Content-Type"), ", "))
	if !ok {
		w.Header().Set("Accept-Post", mediaType11+", "+mediaType12)
		http.Error(w, "This is a SOAP endpoint: send "+mediaType11+" or "+mediaType12+".", http.StatusUnsupportedMediaType)
		return nil
	}
	return &exchange{Dispatcher: d, w: w, r: r, media: kind, version: kind.version, started: time.Now()}
}
