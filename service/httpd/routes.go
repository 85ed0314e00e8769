package httpd

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/wsdl"
)

// health says that the process runs and answers.
func (s *Server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readiness says whether the service can do its work: every server that holds
// sessions answers, and the service is not stopping.
func (s *Server) readiness(c echo.Context) error {
	if s.stopping.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	if err := s.options.Ready(c.Request().Context()); err != nil {
		s.options.Logger.Warn("not ready", "error", err)
		return c.String(http.StatusServiceUnavailable, "the store of the sessions does not answer\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// serveContract answers GET with ?wsdl, however it is spelt, with the
// contract, and hands everything else on.
func (s *Server) serveContract(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method != http.MethodGet && r.Method != http.MethodHead || !asksForWSDL(r) {
			return next(c)
		}
		document := wsdl.WithAddress(s.address(r))
		h := c.Response().Header()
		h.Set("ETag", wsdl.ETag(document))
		h.Set(echo.HeaderCacheControl, "no-cache") // ask, but a 304 will do
		h.Set(echo.HeaderVary, "Host, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Prefix")
		h.Set(echo.HeaderContentType, "text/xml; charset=utf-8")
		// Generators of code compare the time of the document with that of theirs.
		http.ServeContent(c.Response(), r, "", s.started, bytes.NewReader(document))
		return nil
	}
}

func asksForWSDL(r *http.Request) bool {
	for name := range r.URL.Query() {
		if strings.EqualFold(name, "wsdl") {
			return true
		}
	}
	return false
}

// answerError answers what the router itself refuses, in plain text.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	if refused, ok := errors.AsType[*echo.HTTPError](err); ok {
		status = refused.Code
	}
	if err := c.String(status, http.StatusText(status)+"\n"); err != nil {
		s.options.Logger.Warn("could not answer", "error", err)
	}
}
