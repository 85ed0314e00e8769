package httpd

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/wsdl"
)

// mergeSlashes lets a path with slashes too many reach what it means: people write
// the address with a slash at its end, and programs join two paths with a slash each.
type mergeSlashes struct{ next http.Handler }

// ServeHTTP implements [http.Handler].
func (m mergeSlashes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mergePath(r.URL)
	m.next.ServeHTTP(w, r)
}

//go:noinline // its variables would take stack while the request is answered
func mergePath(u *url.URL) {
	if u.RawPath == "" {
		u.Path = merged(u.Path)
	} else if path, err := url.PathUnescape(merged(u.RawPath)); err == nil { // encoded slashes stay
		u.RawPath, u.Path = merged(u.RawPath), path
	}
}

// merged returns a path without slashes too many.
func merged(path string) string {
	if !strings.Contains(path, "//") && !strings.HasSuffix(path, "/") {
		return path
	}
	return "/" + strings.Join(strings.FieldsFunc(path, func(r rune) bool { return r == '/' }), "/")
}

// serveEndpoint answers GET with a query that asks for the contract, and browsers. It
// passes other requests on.
func (s *Server) serveEndpoint(answer echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch r := c.Request(); {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			return answer(c)
		case requestsContract(r):
			return s.serveContract(c)
		case s.requestsPage(r):
			return s.servePage(c)
		}
		return answer(c)
	}
}

// serveContract answers with the contract.
func (s *Server) serveContract(c echo.Context) error {
	r := c.Request()
	document := []byte(wsdl.Schema())
	if asksForWSDL(r) {
		document = wsdl.WithAddress(s.address(r))
	}
	h := c.Response().Header()
	h.Set("ETag", wsdl.ETag(document))
	h.Set(echo.HeaderCacheControl, "no-cache") // clients revalidate it and get a 304
	h.Set(echo.HeaderVary, strings.Join(addressHeaders(), ", "))
	h.Set(echo.HeaderContentType, "text/xml; charset=utf-8")
	// Code generators compare the time of the document with that of their output.
	http.ServeContent(c.Response(), r, "", s.started, bytes.NewReader(document))
	return nil
}

// requestsContract reports whether a request is for the contract, on a path of the
// endpoint.
func requestsContract(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (asksForWSDL(r) || asksFor(r, "xsd"))
}

func asksForWSDL(r *http.Request) bool { return asksFor(r, "wsdl", "singleWsdl") }

// asksFor reports whether the query has a parameter with one of the names, in any
// case. Its value has no meaning: .NET writes ?xsd=xsd0, Java ?xsd=1, for what the
// WSDL imports in other services.
func asksFor(r *http.Request, names ...string) bool {
	for name := range r.URL.Query() {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return true
		}
	}
	return false
}

// answerError answers a request that the router rejects, in plain text.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	if refused, ok := errors.AsType[*echo.HTTPError](err); ok {
		status = refused.Code
	}
	if err := c.String(status, http.StatusText(status)+"\n"); err != nil {
		s.options.Logger.Warn("could not send the answer", "error", err)
	}
}
