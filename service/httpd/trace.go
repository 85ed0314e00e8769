package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore/span"
)

// Tracer begins the spans of requests.
type Tracer interface {
	// Begin returns the context of a request with its span. route is the path of the
	// endpoint that answers, without anything that a client has chosen, or "".
	Begin(r *http.Request, route string) (context.Context, span.Span)
}

// begin returns the context of a call with its span, if there is a tracer. The line of a
// call in the log names the trace if it is recorded.
func (s *Server) begin(c echo.Context) (context.Context, span.Span) {
	if s.options.Tracer == nil {
		return c.Request().Context(), span.Span{}
	}
	ctx, recorded := s.options.Tracer.Begin(c.Request(), tracedRoute(c))
	if recorded.Recorded() {
		requestlog.Add(ctx, slog.String("trace_id", recorded.TraceID()))
	}
	return ctx, recorded
}

// tracedRoute returns the route of a request in traces: that of calls, or "".
func tracedRoute(c echo.Context) string {
	if routes := []string{EndpointPath, CGIPath, SessionsPath, SessionsPath + "/*"}; slices.Contains(routes, c.Path()) {
		return c.Path()
	}
	return ""
}
