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
}

// Contract is the page about the contract.
type Contract struct {
	options  Options
	pages    *page.Pages
	template *template.Template
}

// New returns the page about the contract.
func New(pages *page.Pages, o Options) *Contract {
	return &Contract{options: o, pages: pages, template: pages.Parse(templates, "template/*.html")}
}

// view is the data of the template.
type view struct {
	Address    string // of the endpoint, as the client knows it
	Contract   string // link to the WSDL
	Operations []wsdl.Description
}

// Serve answers a GET, as the Pages of package httpd do.
func (c *Contract) Serve(w http.ResponseWriter, r *http.Request, address, prefix string) {
	if c.pages.ServeAsset(w, r) {
		return
	}
	base := page.Base(r)
	contract := "?wsdl" // works below every path that a proxy publishes
	if r.URL.Path == "/" {
		if prefix != "" {
			base = prefix + "/" // the path of the page may have no slash at its end
		}
		contract = base + endpoint + "?wsdl"
		if c.options.PublicURL != "" {
			contract = address + "?wsdl"
		}
	}
	w.Header().Set("Cache-Control", "no-cache")
	c.pages.Render(w, r, http.StatusOK, page.Page{
		Title: "Service", Template: c.template, Current: "service", Base: base, Public: true,
		Data: view{Address: address, Contract: contract, Operations: wsdl.Descriptions()},
	})
}
