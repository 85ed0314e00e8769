package page

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
)

// ConsolePath is where the console is. The assets of all its pages are below it.
const ConsolePath = "/console"

//go:embed template/*.html refusal/*.html
var templates embed.FS

// layout is the template of a whole page.
const layout = "layout"

// Options are the settings of [Pages].
type Options struct {
	Console bool         // the console is on: the navigation leads to it
	Logger  *slog.Logger // nil means slog.Default()
}

// Pages renders pages. All methods may be called from any goroutine.
type Pages struct {
	options Options
	assets  assets
	layout  *template.Template
	refusal *template.Template
}

// New returns the frame of the pages.
func New(o Options) *Pages {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	p := &Pages{options: o, assets: newAssets(), layout: template.Must(template.ParseFS(templates, "template/*.html"))}
	p.refusal = p.Parse(templates, "refusal/*.html")
	return p
}

// Parse returns the layout with the templates of some files. One of them must define
// "main", what is between the navigation and the footer. Their data is a [View]. It
// panics if a template has an error.
func (p *Pages) Parse(files fs.FS, patterns ...string) *template.Template {
	return template.Must(template.Must(p.layout.Clone()).ParseFS(files, patterns...))
}

// Page is what [Pages.Render] renders.
type Page struct {
	Title    string
	Template *template.Template // of [Pages.Parse]
	Data     any                // the template finds it as .Data
	// Current is the link of the navigation that leads to this page: "service",
	// "console" or "sessions".
	Current string
	// Base is where the paths of the service begin, with a slash at its end. "" means the
	// relative path, which is right unless the browser's path may lack the slash at its end.
	Base string
	// Public says that the page is not one of the console: its assets are a query of its
	// own path, which a proxy publishes even if it publishes no other.
	Public bool
	// AtRoot says that the page is where the paths of the service begin. The script then
	// finds them below the path that the browser shows, also if Base is wrong.
	AtRoot bool
}

// View is the data of a template.
type View struct {
	Page

	Token  string // for the field of a form, see [CheckToken]
	Caller string // name of the caller; "" if none is known

	pages *Pages
}

// TokenField returns the name of the field of a form that has the token.
func (View) TokenField() string { return tokenField }

// Console reports whether the console is on.
func (v View) Console() bool { return v.pages.options.Console }

// Asset returns the address of an asset.
func (v View) Asset(name string) string { return v.assetBase() + v.pages.assets.named(name) }

func (v View) assetBase() string {
	if v.Public {
		return "?" + assetQuery + "="
	}
	return v.Base + ConsolePath[1:] + "/assets/"
}

// Render answers a request with a page, or with one that says that the service is busy.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, page Page) {
	if p.Send(w, r, status, page) != nil {
		p.busy(w, r, page)
	}
}

// Send answers a request with a page. The work of the request is done then: the page waits
// for the browser without a slot of package admission. Errors are those of
// [admission.Admission.Send]; then nothing was sent.
func (p *Pages) Send(w http.ResponseWriter, r *http.Request, status int, page Page) error {
	view := p.view(w, r, page)
	var body bytes.Buffer
	if err := page.Template.ExecuteTemplate(&body, layout, view); err != nil {
		p.options.Logger.ErrorContext(r.Context(), "could not render a page", "page", page.Title, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return nil
	}
	if err := (admission.Admission{}).Send(r.Context(), int64(body.Len())); err != nil {
		return err
	}
	setHead(w.Header())
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // an error means that the client has gone
	}
	return nil
}

// Stream answers a request with a page that is sent while it is made: what its template
// has written is sent whenever the template calls one of its data that flushes. The
// status is 200. A template that fails breaks the answer off.
func (p *Pages) Stream(w http.ResponseWriter, r *http.Request, page Page) {
	view := p.view(w, r, page)
	setHead(w.Header())
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if err := page.Template.ExecuteTemplate(w, layout, view); err != nil {
		p.options.Logger.ErrorContext(r.Context(), "could not render a page", "page", page.Title, "error", err)
		panic(http.ErrAbortHandler) // nobody must take a part of the page for all
	}
}

// view returns the data of the template of a page.
func (p *Pages) view(w http.ResponseWriter, r *http.Request, page Page) View {
	if page.Base == "" {
		page.Base = Base(r)
	}
	view := View{Page: page, pages: p}
	if c := access.CallerOf(r.Context()); c != nil {
		view.Caller = c.Name
	}
	if !page.Public {
		view.Token = token(w, r)
	}
	return view
}

func setHead(h http.Header) {
	setPolicy(h)
	h.Set("Content-Type", "text/html; charset=UTF-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store") // it may show a session
	}
}

// policy is the Content-Security-Policy of all answers, without exceptions.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// setPolicy says in the head of an answer what the browser may do with it.
func setPolicy(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // a path may have the id of a session
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// Base returns the relative path from the path of a request to where the paths of the
// service begin, with a slash at its end. It counts the slashes that the browser knows:
// the router may have removed some.
func Base(r *http.Request) string {
	path := r.URL.EscapedPath()
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		path = u.EscapedPath()
	}
	if up := strings.Count(path, "/") - 1; up > 0 {
		return strings.Repeat("../", up)
	}
	return "./"
}

// Redirect answers a POST: the browser gets the page at path, which is below where the
// paths of the service begin and has no slash at its beginning.
func Redirect(w http.ResponseWriter, r *http.Request, path string) {
	h := w.Header()
	setPolicy(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", Base(r)+path) // http.Redirect would lose the prefix of a proxy
	w.WriteHeader(http.StatusSeeOther)
}
