package httpd

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/access"
)

// ChangesPath is where instances of the service tell each other what has changed.
const ChangesPath = "/changes"

func isChanges(path string) bool {
	return path == ChangesPath || strings.HasPrefix(path, ChangesPath+"/")
}

// Where portals and handlers of LemonLDAP::NG publish messages and subscribe to them.
const (
	PublishPath   = "/publish"
	SubscribePath = "/subscribe"
)

// passOn lets a handler answer that finds the caller itself and needs no slot.
func (s *Server) passOn(handler http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		handler.ServeHTTP(c.Response(), c.Request().WithContext(s.identify(c.Request().Context(), c.Request())))
		return nil
	}
}

// identify returns the context of a request with a record of what the request tells of
// its sender. It refuses nobody: the refusal is a fault, and only package soap knows in
// which version of SOAP.
func (s *Server) identify(ctx context.Context, r *http.Request) context.Context {
	if s.options.Access == nil {
		return ctx
	}
	f := s.forwarded(r)
	client, _ := s.clientCertificate(r) // checkCertificate refuses what is none
	return s.options.Access.Begin(ctx, access.Sent{
		Address: f.client, Unix: f.unix, Authorization: r.Header.Values(echo.HeaderAuthorization), Certificate: client.names,
	})
}
