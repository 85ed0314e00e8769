package httpd

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/access"
)

// identify returns the context of a request with a record of what the request tells of
// its sender. It refuses nobody: the refusal is a fault, and only package soap knows in
// which version of SOAP.
func (s *Server) identify(r *http.Request) context.Context {
	if s.options.Access == nil {
		return r.Context()
	}
	f := s.forwarded(r)
	client, _ := s.clientCertificate(r) // checkCertificate refuses what is none
	return s.options.Access.Begin(r.Context(), access.Sent{
		Address: f.client, Unix: f.unix, Authorization: r.Header.Values(echo.HeaderAuthorization), Certificate: client.names,
	})
}
