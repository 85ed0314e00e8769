package httpd

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/wsdl"
)

// serveContract answers GET with the query ?wsdl, case-insensitive, with the
// contract. It passes other requests on.
func (s *Server) serveContract(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !requestsContract(r) {
			return next(c)
		}
		document := wsdl.WithAddress(s.address(r))
		h := c.Response().Header()
		h.Set("ETag", wsdl.ETag(document))
		h.Set(echo.HeaderCacheControl, "no-cache") // clients revalidate it and get a 304
		h.Set(echo.HeaderVary, strings.Join(addressHeaders(), ", "))
		h.Set(echo.HeaderContentType, "text/xml; charset=utf-8")
		// Code generators compare the time of the document with that of their output.
		http.ServeContent(c.Response(), r, "", s.started, bytes.NewReader(document))
		return nil
	}
}

// requestsContract reports whether a request is for the contract, on a path of the
// endpoint.
func requestsContract(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && asksForWSDL(r)
}

func asksForWSDL(r *http.Request) bool {
	for name := range r.URL.Query() {
		if strings.EqualFold(name, "wsdl") {
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
