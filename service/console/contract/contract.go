package contract

import (
	"embed"
	"html/template"
	"net/http"

	"memcachedsoap/service/console/page"
	"memcachedsoap/wsdl"
)

//go:embed template/*.html
var templates embed.FS

// endpoint is the path of the endpoint, below where the paths of the service begin.
const endpoint = "soap"

// Options are the settings of [Contract].
type Options struct {
	// PublicURL is the address of the endpoint if the operator has named one.
	PublicURL string
	// Callers says that only callers of an auth file may call.
	Callers bool
}

// Contract is the pages about the contract. All methods may be called from any goroutine.
type Contract struct {
	options          Options
	pages            *page.Pages
	index, operation *template.Template
	operations       []operation
	samples          []Sample
}

// operation is what the page of an operation shows.
type operation struct {
	wsdl.Operation

	Action                        string
	RequestSample, ResponseSample string
	Inputs                        []Input
	Types                         []namedType // of the elements in both messages
}

type namedType struct {
	Name string
	wsdl.Type
}

// New returns the pages about the contract.
func New(pages *page.Pages, o Options) *Contract {
	c := &Contract{
		options: o, pages: pages, samples: Samples(),
		index:     pages.Parse(templates, "template/elements.html", "template/index.html"),
		operation: pages.Parse(templates, "template/elements.html", "template/operation.html"),
	}
	known := types(wsdl.Types())
	for _, o := range wsdl.Operations() {
		shown := operation{
			Operation: o, Action: wsdl.Action(o.Name), Inputs: known.inputs(o.Request),
			RequestSample: known.envelope(o.Name, o.Request), ResponseSample: known.envelope(o.Name+"Response", o.Response),
		}
		for _, name := range known.used(o.Request, o.Response) {
			shown.Types = append(shown.Types, namedType{Name: name, Type: known[name]})
		}
		c.operations = append(c.operations, shown)
	}
	return c
}

// view is the data of the templates.
type view struct {
	Address    string // of the endpoint, as the client knows it
	Quotable   string // the address between quotes of any language
	Contract   string // link to the WSDL
	Endpoint   string // path of the endpoint, below where the paths of the service begin
	Namespace  string
	Callers    bool
	Operations []operation
	Operation  operation // that the page is about
	Samples    []Sample
}

// Serve answers a GET, as the Pages of package httpd do. The query says which page it is:
// all of them have the same path, the only one that a proxy may publish.
func (c *Contract) Serve(w http.ResponseWriter, r *http.Request, address, prefix string) {
	if c.pages.ServeAsset(w, r) {
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	v := view{Address: address, Quotable: quotable(address), Contract: "?wsdl", Endpoint: endpoint, Namespace: wsdl.Namespace, Callers: c.options.Callers}
	p := page.Page{Title: "Service", Template: c.index, Current: "service", Base: page.Base(r), Public: true}
	if r.URL.Path == "/" {
		if prefix != "" {
			p.Base = prefix + "/" // the path of the page may have no slash at its end
		}
		p.AtRoot = true
		v.Contract = p.Base + endpoint + "?wsdl"
		if c.options.PublicURL != "" {
			v.Contract = address + "?wsdl"
		}
	}
	name := r.URL.Query().Get("op")
	if name == "" {
		v.Operations = c.operations
		for _, s := range c.samples {
			v.Samples = append(v.Samples, s.at(v.Quotable))
		}
		p.Data = v
		c.pages.Render(w, r, http.StatusOK, p)
		return
	}
	for _, o := range c.operations {
		if o.Name == name {
			v.Operation, p.Title, p.Template = o, o.Name, c.operation
			p.Data = v
			c.pages.Render(w, r, http.StatusOK, p)
			return
		}
	}
	c.pages.FailOn(w, r, http.StatusNotFound, p, page.Refusal{Title: "No such operation", Text: "The page of the service lists its operations."})
}
