package httpd

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// ConsolePath is where the console is.
const ConsolePath = "/console"

// searchPath begins the paths of pages that are sent while all sessions are searched.
const searchPath = ConsolePath + "/sessions/search/"

func isConsole(path string) bool {
	return path == ConsolePath || strings.HasPrefix(path, ConsolePath+"/")
}

// serveConsole passes requests on to the console. It finds the callers and takes slots
// itself.
func (s *Server) serveConsole() echo.HandlerFunc {
	serve := s.admit(s.options.Console)
	return func(c echo.Context) error {
		r := c.Request()
		if s.options.ConsoleLocal && !s.isLocal(r) {
			return echo.ErrNotFound
		}
		if !isStream(r) {
			return serve(c)
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.streams, cancel)()
		c.SetRequest(r.WithContext(ctx))
		return serve(c)
	}
}

// isStream reports whether the answer to a request may last for minutes: when the server
// stops, it ends.
func isStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get(echo.HeaderAccept), "text/event-stream") || strings.HasPrefix(r.URL.Path, searchPath)
}

// isLocal reports whether a request comes from this machine, also through the proxies
// that say whose request it is.
func (s *Server) isLocal(r *http.Request) bool {
	f := s.forwarded(r)
	return f.unix || f.client.IsLoopback()
}

// consoleParts are the parts of paths below [ConsolePath] that the log shows. All others
// may be ids or names.
func consoleParts() []string {
	return []string{"assets", "events", "sessions"}
}

// consoleRoute returns the part of a path that is below [ConsolePath] for the log.
func consoleRoute(below string) string {
	var route strings.Builder
	for i, part := range strings.FieldsFunc(below, func(r rune) bool { return r == '/' }) {
		switch {
		case i == 0 && slices.Contains(consoleParts(), part):
			route.WriteString("/" + part)
		case i < 3:
			route.WriteString("/PART")
		}
	}
	return route.String()
}
