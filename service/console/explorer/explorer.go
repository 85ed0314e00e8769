package explorer

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/requestlog"
)

// Path is where the session explorer is: it and the paths below it.
const Path = "/" + below

// below is Path as links have it behind the base of a page.
const below = "console/sessions"

// dialect is what the audit log calls what people do here.
const dialect = "console"

// Type is a type of sessions.
type Type struct {
	Name string // for people
	Kind string // as [sessionstore.TypedID] has it; "" is global
}

// Options are the settings of an [Explorer]. A field that is 0 means its default.
type Options struct {
	// Types are the types of sessions that people can choose; none means the global ones.
	Types    []Type
	Counters *service.Counters
	AuditLog *audit.Log // nil if there is none
	Logger   *slog.Logger
	// CallTimeout is how long a request may take; 30 s. It does not hold for searches.
	CallTimeout time.Duration
	// WriteTimeout is how long a browser that gets the results of a search may take
	// nothing; 60 s.
	WriteTimeout time.Duration
	// SearchTime is how long a search of all sessions may take; 5 min.
	SearchTime time.Duration
	// MaxMatches is how many sessions a search finds at most; 500.
	MaxMatches int
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if len(o.Types) == 0 {
		o.Types = []Type{{Name: "global"}}
	}
	for value, fallback := range map[*time.Duration]time.Duration{
		&o.CallTimeout: 30 * time.Second, &o.WriteTimeout: time.Minute, &o.SearchTime: 5 * time.Minute,
	} {
		if *value == 0 {
			*value = fallback
		}
	}
	if o.MaxMatches == 0 {
		o.MaxMatches = 500
	}
	return o
}

// Operations returns the names of the operations that only this package has, for
// [service.NewCounters].
func Operations() []string { return []string{inspectSession, searchSessions, listSessions} }

// Names of operations in metrics and logs.
const (
	inspectSession = "inspectSession"
	searchSessions = "searchSessions"
	listSessions   = "listSessions"
	findSessions   = "findSessions"
	updateSession  = "updateSession"
	touchSession   = "touchSession"
	renameSession  = "renameSession"
	deleteSession  = "deleteSession"
	deleteSessions = "deleteSessions"
)

//go:embed template/*.html
var files embed.FS

// maxSearches is how many searches of all sessions run at a time.
const maxSearches = 2

// Explorer is the handler of the session explorer.
type Explorer struct {
	sessions  *service.Service
	pages     *page.Pages
	options   Options
	templates map[string]*template.Template
	links     *links
	windows   windows
	searches  chan struct{} // slots
	mux       *http.ServeMux
}

// New returns the session explorer of a service.
func New(sessions *service.Service, pages *page.Pages, o Options) *Explorer {
	e := &Explorer{
		sessions: sessions, pages: pages, options: o.withDefaults(), templates: make(map[string]*template.Template),
		links: newLinks(sessions.ShareKey), searches: make(chan struct{}, maxSearches), mux: http.NewServeMux(),
	}
	for _, name := range []string{"home", "found", "search", "list", "session", "edit", "done", "problem"} {
		e.templates[name] = pages.Parse(files, "template/parts.html", "template/"+name+".html")
	}
	for pattern, route := range map[string]route{
		"GET " + Path:                        {serve: (*exchange).home},
		"POST " + Path + "/id":               {serve: (*exchange).findID},
		"POST " + Path + "/query":            {serve: (*exchange).ask},
		"GET " + Path + "/found/{query}":     {findSessions, (*exchange).found},
		"POST " + Path + "/found/{query}":    {deleteSessions, (*exchange).logOut},
		"GET " + Path + "/search/{query}":    {searchSessions, (*exchange).search},
		"GET " + Path + "/server/{server}":   {listSessions, (*exchange).list},
		"GET " + Path + "/one/{session}":     {inspectSession, (*exchange).show},
		"POST " + Path + "/one/{session}":    {inspectSession, (*exchange).show},
		"GET " + Path + "/edit/{session}":    {inspectSession, (*exchange).editForm},
		"POST " + Path + "/edit/{session}":   {updateSession, (*exchange).edit},
		"POST " + Path + "/extend/{session}": {touchSession, (*exchange).extend},
		"POST " + Path + "/rename/{session}": {renameSession, (*exchange).rename},
		"POST " + Path + "/end/{session}":    {deleteSession, (*exchange).end},
	} {
		e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			(&exchange{Explorer: e, w: w, r: r, ctx: r.Context()}).answer(route)
		})
	}
	return e
}

// route is what a pattern leads to.
type route struct {
	operation string // "" if it does nothing with sessions
	serve     func(*exchange) error
}

// ServeHTTP answers a request. Its context has the records of [access.Guard] and of
// package admission.
func (e *Explorer) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.mux.ServeHTTP(w, r) }

// maxForm bounds the body of a request: a value of a form, with each byte as three, and
// what else the form has.
const maxForm = 512 << 10

// exchange is a request and its answer.
type exchange struct {
	*Explorer

	w   http.ResponseWriter
	r   *http.Request
	ctx context.Context //nolint:containedctx // of the request, with a deadline
}

// answer answers a request of a caller who may look at sessions.
func (x *exchange) answer(to route) {
	began := time.Now()
	requestlog.SetDialect(x.ctx, dialect)
	requestlog.Add(x.ctx, slog.String("dialect", dialect))
	if to.operation != "" {
		requestlog.Add(x.ctx, slog.String("operation", to.operation))
	}
	if to.operation != searchSessions { // which bounds its time itself
		var cancel context.CancelFunc
		x.ctx, cancel = context.WithTimeout(x.ctx, x.options.CallTimeout)
		defer cancel()
	}
	err := x.admit(to)
	if err == nil {
		err = to.serve(x)
	}
	if _, sent := errors.AsType[*answered](err); err != nil && !sent {
		x.fail(err)
	}
	x.observe(to, time.Since(began), err)
}

// admit lets only requests pass that may be answered, and bounds what they take.
func (x *exchange) admit(to route) error {
	if err := access.Authenticate(x.ctx); err != nil {
		return err
	}
	if err := x.sessions.MayView(x.ctx, 0); err != nil {
		return err
	}
	if x.r.Method != http.MethodPost {
		x.r.Body = http.NoBody // [http.Request.FormValue] would read a form there, without a bound
	} else if err := x.takeForm(); err != nil {
		return err
	}
	if to.operation == searchSessions {
		return nil // it has slots of its own
	}
	return admission.Admission{}.Start(x.ctx)
}

// errToken says that a form was not made for the browser that has sent it.
var errToken = errors.New("explorer: the token of the form is not that of the browser")

// takeForm reads the form of a request.
func (x *exchange) takeForm() error {
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxForm)
	size := x.r.ContentLength
	if size < 0 || size > maxForm {
		size = maxForm // it is not known, or more than is read
	}
	if err := (admission.Admission{}).Receive(x.ctx, size); err != nil {
		return err
	}
	if err := x.r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return &problem{http.StatusRequestEntityTooLarge, "Too much", "The form is too large: it takes 64 KiB of a value."}
		}
		return &problem{http.StatusBadRequest, "Not a form", "The body of the request cannot be read as a form."}
	}
	if !page.CheckToken(x.r) {
		return errToken
	}
	return nil
}

// observe counts the request and adds to its log line.
func (x *exchange) observe(to route, took time.Duration, err error) {
	reason, refused := service.Refusal(err)
	if refused {
		service.AuditRefusal(x.ctx, x.options.AuditLog, to.operation, err)
	}
	if c := access.CallerOf(x.ctx); c != nil {
		requestlog.Add(x.ctx, slog.String("caller", c.Name))
	}
	if err != nil {
		requestlog.Add(x.ctx, slog.String("error", err.Error()))
	}
	if x.options.Counters == nil || to.operation == "" {
		return
	}
	x.options.Counters.Count(service.Call{Operation: to.operation, Fault: faultType(err), Duration: took})
	if refused {
		x.options.Counters.CountRefusal(reason)
	}
}
