package httpd

import "github.com/labstack/echo/v4"

// closeOnShutdown makes clients of a stopping server open a new connection, to
// another instance, for their next request.
func (s *Server) closeOnShutdown(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.stopping.Load() {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		return next(c)
	}
}
