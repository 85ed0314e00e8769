package httpd

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"
)

// answerOnAnyPath answers a SOAP message on a path that is not one of the endpoint. It
// passes other requests on. The message, not the path, says what it is about.
func (s *Server) answerOnAnyPath(endpoint echo.HandlerFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if r := c.Request(); s.options.AnyPath && isMessage(r) && !isChanges(r.URL.Path) {
				return endpoint(c)
			}
			return next(c)
		}
	}
}

// isMessage reports whether a request is one of a SOAP client: it has a media type of
// SOAP, or it has none and a SOAPAction.
func isMessage(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	kind := r.Header.Get(echo.HeaderContentType)
	if kind == "" {
		return len(r.Header.Values("SOAPAction")) > 0
	}
	name, _, err := mime.ParseMediaType(kind)
	if err != nil && name == "" {
		return false
	}
	switch name {
	case "text/xml", "application/xml", "application/soap+xml", "multipart/related":
		return true
	}
	return false
}
