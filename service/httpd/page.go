package httpd

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for page.html
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/wsdl"
)

//go:embed page.html
var pageHTML string

// page is what a person sees who opens the address of the service in a browser.
type page struct {
	template   *template.Template
	policy     string // Content-Security-Policy
	operations []wsdl.Description
}

func newPage() page {
	_, rest, _ := strings.Cut(pageHTML, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return page{
		template: template.Must(template.New("page").Parse(pageHTML)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		operations: wsdl.Descriptions(),
	}
}

// servePage answers with the page.
func (s *Server) servePage(c echo.Context) error {
	r := c.Request()
	address := s.address(r)
	contract := "?wsdl" // works below every path that a proxy publishes
	if r.URL.Path == "/" {
		contract = EndpointPath[1:] + "?wsdl"
		if s.options.PublicURL != "" || s.forwarded(r).prefix != "" {
			contract = address + "?wsdl" // the path of the page may have no slash at its end
		}
	}
	var body bytes.Buffer
	if err := s.page.template.Execute(&body, map[string]any{
		"Address": address, "Contract": contract, "Operations": s.page.operations,
	}); err != nil {
		return err //nolint:wrapcheck // the router logs it
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, s.page.policy)
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set(echo.HeaderReferrerPolicy, "no-referrer")
	h.Set(echo.HeaderCacheControl, "no-cache")
	h.Set(echo.HeaderVary, "Accept, "+strings.Join(addressHeaders(), ", "))
	return c.HTMLBlob(http.StatusOK, body.Bytes())
}

// showPage answers browsers that open the address of the endpoint. It passes other
// requests on, such as those of a monitoring program, which gets 405 for a GET.
func (s *Server) showPage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if reads && strings.Contains(strings.ToLower(r.Header.Get(echo.HeaderAccept)), echo.MIMETextHTML) {
			return s.servePage(c)
		}
		return next(c)
	}
}
