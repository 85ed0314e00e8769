package httpd

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// Pages answers people who open an address of the service in a browser, with a GET or
// HEAD. The address is that of the endpoint, and the prefix the path that a trusted proxy
// puts before the paths of the service, both as the client knows them. The answer may
// depend on the headers of [addressHeaders], for which the server sets Vary.
type Pages func(w http.ResponseWriter, r *http.Request, address, prefix string)

// servePage answers with a page for people.
func (s *Server) servePage(c echo.Context) error {
	r := c.Request()
	c.Response().Header().Set(echo.HeaderVary, "Accept, "+strings.Join(addressHeaders(), ", "))
	s.options.Pages(c.Response(), r, s.address(r), s.forwarded(r).prefix)
	return nil
}

// showPage answers browsers that open the address of the endpoint, and what the page
// loads. It passes other requests on, such as those of a monitoring program, which gets
// 405 for a GET.
func (s *Server) showPage(next echo.HandlerFunc) echo.HandlerFunc {
	if s.options.Pages == nil {
		return next
	}
	return func(c echo.Context) error {
		r := c.Request()
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		accepts := strings.ToLower(r.Header.Get(echo.HeaderAccept))
		if reads && (strings.Contains(accepts, echo.MIMETextHTML) || asksFor(r, "asset")) {
			return s.servePage(c)
		}
		return next(c)
	}
}
