package lemonldap

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/soap"
)

// Path is where the REST dialect is: it and the paths below it.
const Path = "/sessions"

// HandlerOptions are the settings of the REST dialect. A field that is 0 means its
// default.
type HandlerOptions struct {
	MaxBody    int // greatest size of a body in bytes; 4 MiB
	MaxEntries int // greatest number of values in a body, and in an answer about one session; 100,000
	MaxDepth   int // of nested values; 512
	// MaxLists is how many lists of all sessions are made at a time; 16.
	MaxLists int
	// CallTimeout is how long a call may take; 0: as long as the context lets it. It
	// does not hold for lists.
	CallTimeout time.Duration
	// WriteTimeout is how long a client of a list may take nothing; 60 s.
	WriteTimeout time.Duration
	// Observe is called after each answer. It may be nil.
	Observe soap.Observer
}

func (o HandlerOptions) withDefaults() HandlerOptions {
	if o.MaxBody == 0 {
		o.MaxBody = 4 << 20
	}
	if o.MaxLists == 0 {
		o.MaxLists = 16
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = time.Minute
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, soap.Call) {}
	}
	return o
}

func (o HandlerOptions) limits() perljson.Limits {
	return perljson.Limits{Depth: o.MaxDepth, Values: o.MaxEntries}
}

// Names of the operations in metrics and logs. A list of all sessions is none of the
// contract.
const (
	getSession    = "getSession"
	setSession    = "setSession"
	updateSession = "updateSession"
	deleteSession = "deleteSession"
	findSessions  = "findSessions"
	listSessions  = "listSessions"
)

// Operations returns the names of the operations that only this package has, for
// [service.NewCounters].
func Operations() []string { return []string{listSessions} }

// NewHandler returns the handler of the REST dialect. The context of a request has the
// records of [access.Guard] and of package admission.
func NewHandler(sessions *Sessions, o HandlerOptions) http.Handler {
	o = o.withDefaults()
	return &handler{sessions: sessions, options: o, lists: make(chan struct{}, o.MaxLists)}
}

type handler struct {
	sessions *Sessions
	options  HandlerOptions
	lists    chan struct{} // slots
}

// ServeHTTP answers a request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{handler: h, w: w, r: r, ctx: r.Context(), started: time.Now()}
	err := x.serve()
	if err != nil && !x.begun {
		x.fail(err)
	}
	x.observe(err)
	if err != nil && x.begun {
		panic(http.ErrAbortHandler) // the client must not take a part of a list for all
	}
}

// exchange is a request and its answer.
type exchange struct {
	*handler

	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context //nolint:containedctx // of the request, with a deadline
	started time.Time
	route   route

	bytesIn, bytesOut int
	begun             bool // a part of the answer was sent
}

// serve finds the caller before it reads the body.
func (x *exchange) serve() error {
	if err := access.Authenticate(x.ctx); err != nil {
		return err
	}
	if err := service.EnterDialect(x.ctx, access.LemonLDAPDialect); err != nil {
		return err
	}
	var err error
	if x.route, err = routeOf(x.r); err != nil {
		return err
	}
	requestlog.Add(x.ctx, slog.String("type", x.route.kind.Name))
	if err := access.Require(x.ctx, x.route.role); err != nil {
		return err
	}
	if x.route.unlimited() {
		return x.route.serve(x)
	}
	if timeout := x.options.CallTimeout; timeout > 0 {
		ctx, cancel := context.WithTimeout(x.ctx, timeout)
		defer cancel()
		x.ctx = ctx
	}
	return x.route.serve(x)
}

// start takes one of the slots for calls.
func (x *exchange) start() error { return admission.Admission{}.Start(x.ctx) }
