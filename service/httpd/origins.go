package httpd

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/requestlog"
)

// What a client learns of a refused request. The log has the host and the origin.
const (
	foreignHost   = "The host in the URL of this request is not one of this service. Use another URL of it, or ask its operator to name the host in serve --allowed-hosts."
	foreignOrigin = "Requests of web pages of another origin are refused. In a program, send no Origin and no Sec-Fetch-Site, and send a Content-Type."
)

// isForeignOrigin reports whether a web page of another origin may have sent a request.
// Browsers send some requests without asking the server first (CORS): those of forms, of
// sendBeacon, and of fetch in the mode no-cors. The answer would be hidden from the page,
// but the session stored or deleted.
func (s *Server) isForeignOrigin(r *http.Request) bool {
	return !s.isSameOrigin(r) || isOldBrowser(r)
}

// refuseForeignOrigin answers a request of a web page of another origin with 403.
func (s *Server) refuseForeignOrigin(c echo.Context) error {
	s.foreignOrigins.Inc()
	return refuseRequest(c, "origin", http.StatusForbidden, foreignOrigin)
}

// isSameOrigin reports whether a request comes from a page of the origin of this
// server, or from no page at all. Behind a proxy, and with [Options.PublicURL], the
// page knows the server under another host than Host.
func (s *Server) isSameOrigin(r *http.Request) bool {
	if s.checkOrigin(r, r.Host) {
		return true
	}
	f := s.forwarded(r)
	if s.checkOrigin(r, f.authority(r, f.schemeOf(r))) {
		return true
	}
	u, err := url.Parse(s.options.PublicURL)
	return err == nil && s.checkOrigin(r, withoutDefaultPort(u.Host, u.Scheme))
}

// checkOrigin reports whether a request to a host comes from a page of that origin, or
// from no page at all.
func (s *Server) checkOrigin(r *http.Request, host string) bool {
	if host == "" && r.Header.Get(echo.HeaderOrigin) != "" {
		return false // the origin "null" has no host, either
	}
	if host != r.Host {
		r = r.WithContext(r.Context()) // a copy
		r.Host = strings.ToLower(host)
	}
	return s.origins.Check(r) == nil
}

// isOldBrowser reports whether an old browser may have sent a POST for a page of any
// origin. Such a browser says nothing of the origin. It sends no Content-Type if the
// page does not set one, and asks the server before it sends one of SOAP.
func isOldBrowser(r *http.Request) bool {
	if r.Method != http.MethodPost || r.Header.Get(echo.HeaderContentType) != "" {
		return false
	}
	if r.Header.Get(echo.HeaderOrigin) != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return false // it is not old
	}
	if r.Header.Get("Referer") != "" || strings.HasPrefix(r.UserAgent(), "Mozilla/") {
		return true
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Sec-") {
			return true
		}
	}
	return false
}

// refuseRequest answers with a fault; with a sentence if the client has not sent a message,
// in the form of the REST dialect below [SessionsPath].
func refuseRequest(c echo.Context, because string, status int, sentence string) error {
	r := c.Request()
	requestlog.Add(r.Context(), slog.String("refused", because), slog.String("host", r.Host),
		slog.String("origin", r.Header.Get(echo.HeaderOrigin)))
	switch {
	case isSessions(r.URL.Path) && !isMessage(r):
		return c.JSON(status, map[string]string{"error": sentence})
	case r.Method != http.MethodPost || isConsole(r.URL.Path):
		return c.String(status, sentence+"\n")
	}
	return c.Blob(status, faultType, fault("Client", sentence))
}
