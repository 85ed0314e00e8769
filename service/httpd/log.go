package httpd

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/requestlog"
)

// log gives each request an id and a log record, and writes the record as one line
// after the answer. Successful probes of health and questions of other instances are
// logged at debug level only.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := time.Now()
		r := c.Request()
		id := s.requestID(r)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		ctx, record := requestlog.New(r.Context(), id)
		record.Client = s.clientText(r)
		c.SetRequest(r.WithContext(ctx))
		aborted, err := unlessAborted(next, c)
		if err != nil {
			c.Error(err) // now, so that the line has the status that was sent
		}
		s.writeLine(c, record, started, aborted)
		if aborted {
			panic(http.ErrAbortHandler) // net/http closes the connection
		}
		return nil
	}
}

// writeLine writes the line of a request that was answered, or whose answer was broken off.
// It is a function of its own because its variables are large: while the request is
// answered, the stack of the connection has no room for them.
//
//go:noinline
func (s *Server) writeLine(c echo.Context, record *requestlog.Record, started time.Time, aborted bool) {
	r, status := c.Request(), c.Response().Status
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("request_id", requestlog.ID(r.Context())),
		slog.String("client", record.Client),
		slog.String("method", r.Method),
		slog.String("path", loggedPath(r.URL.Path)),
		slog.Int("status", status),
		slog.Duration("duration", time.Since(started)),
	)
	if user := s.user(r); user != "" {
		attrs = append(attrs, slog.String("user", user))
	}
	if aborted {
		attrs = append(attrs, slog.Bool("aborted", true)) // the client has a part of the answer
	}
	level := record.Level()
	if (isProbe(r.URL.Path) || isChanges(r.URL.Path)) && status < http.StatusBadRequest {
		level = slog.LevelDebug
	}
	s.options.Logger.LogAttrs(r.Context(), level, "request", append(attrs, record.Attrs()...)...)
}

// unlessAborted calls a handler, and reports whether it has broken off its answer.
func unlessAborted(next echo.HandlerFunc, c echo.Context) (aborted bool, err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(cause)
		}
	}()
	return false, next(c)
}

// requestID returns the id of a request: that of a trusted proxy, or a new one.
func (s *Server) requestID(r *http.Request) string {
	if given := r.Header.Get(echo.HeaderXRequestID); isRequestID(given) && s.trusts(peer(r)) {
		return given
	}
	var bits [8]byte
	rand.Read(bits[:]) // never fails: it ends the program instead
	return hex.EncodeToString(bits[:])
}

func isRequestID(text string) bool {
	return text != "" && len(text) <= 64 && only(text, hostCharacters)
}
