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

// requestsPage reports whether a GET or HEAD at the address of the endpoint is from a
// browser, or for what the page loads. Others are not, such as that of a monitoring
// program, which gets 405.
func (s *Server) requestsPage(r *http.Request) bool {
	if s.options.Pages == nil {
		return false
	}
	accepts := strings.ToLower(r.Header.Get(echo.HeaderAccept))
	return strings.Contains(accepts, echo.MIMETextHTML) || asksFor(r, "asset")
}
