package httpd

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// Paths of the probes of health.
const (
	LivenessPath  = "/healthz"
	ReadinessPath = "/readyz"
)

// probeMethods returns the methods of the probes of health: that of Kubernetes and
// Apache, that of wget --spider and curl -I, and the default of HAProxy.
func probeMethods() []string { return []string{http.MethodGet, http.MethodHead, http.MethodOptions} }

func isProbe(path string) bool { return path == LivenessPath || path == ReadinessPath }

// ServerHealth is the state of a server that stores sessions.
type ServerHealth struct {
	Server string // as configured; "" if the sessions are in this process
	Err    error  // why it cannot be used, for the log; nil if it can
	Reason string // the same in one sentence that names no address
	State  string // what its pool is and what is known of it; "" if there is one pool only
	Index  string // whether findSessions can use the index of the server, in one sentence; "" without an index
}

// more returns what the line of the server says of its pool and its index.
func (h ServerHealth) more() string {
	var text strings.Builder
	for _, part := range []string{h.State, h.Index} {
		if part != "" {
			text.WriteString("; " + part)
		}
	}
	return text.String()
}

// liveness answers that the process runs.
func (s *Server) liveness(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readiness answers whether the service can serve sessions: it is not stopping, and
// a server that stores sessions answers; with the query ?all, every server, and the
// audit log can be written. The body tells the state of each.
func (s *Server) readiness(c echo.Context) error {
	if s.stopping.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	servers := s.options.Health(c.Request().Context())
	up := 0
	var lines strings.Builder
	var failed error
	for _, server := range servers {
		switch {
		case server.Err == nil:
			up++
			if server.Server != "" {
				lines.WriteString(server.Server + " up" + server.more() + "\n")
			}
		case server.Server != "":
			server.Index = "" // a server that is down has none
			lines.WriteString(server.Server + " down: " + server.Reason + server.more() + "\n")
		}
		if failed == nil {
			failed = server.Err
		}
	}
	unaudited := s.options.AuditLog()
	if unaudited != nil {
		lines.WriteString("audit log cannot be written: " + unaudited.Error() + "\n")
		failed = errors.Join(failed, unaudited)
	}
	all := c.Request().URL.Query().Has("all")
	if up == 0 || all && (up < len(servers) || unaudited != nil) {
		s.options.Logger.Warn("not ready", "error", failed)
		return c.String(http.StatusServiceUnavailable, "not ready\n"+lines.String())
	}
	return c.String(http.StatusOK, "ready\n"+lines.String())
}
