package httpd

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"
)

// answersOnAnyPath reports whether a request is a SOAP message that the endpoint answers
// on each path. The message, not the path, says what it is about.
func (s *Server) answersOnAnyPath(r *http.Request) bool {
	return s.options.AnyPath && isMessage(r) && !isChanges(r.URL.Path)
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
