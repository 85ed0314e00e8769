package httpd

import (
	"github.com/labstack/echo/v4"
)

// guard refuses requests that may not reach their handler, and reads the rest of the
// body of each. It answers SOAP messages on any path with the endpoint if the options
// say so. It is one function, and decides before it calls the handler, because each
// function around a handler takes a part of the stack of the connection.
func (s *Server) guard(endpoint echo.HandlerFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if s.stopping.Load() {
				closeOnShutdown(c)
			}
			return s.readOn(c, s.choose(c, endpoint, next))
		}
	}
}

// choose returns what answers a request: the handler of its route, the endpoint, or
// the refusal.
func (s *Server) choose(c echo.Context, endpoint, route echo.HandlerFunc) echo.HandlerFunc {
	r := c.Request()
	switch refusal := s.checkCertificate(c); {
	case refusal != nil:
		return refusal
	case s.isForeignHost(r):
		return s.refuseForeignHost
	case s.isForeignOrigin(r):
		return s.refuseForeignOrigin
	case s.answersOnAnyPath(r):
		return endpoint
	}
	return route
}

// closeOnShutdown makes clients of a stopping server open a new connection, to
// another instance, for their next request.
func closeOnShutdown(c echo.Context) {
	c.Response().Header().Set(echo.HeaderConnection, "close")
}
