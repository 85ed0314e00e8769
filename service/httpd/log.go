package httpd

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
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
	r, status, level := c.Request(), c.Response().Status, record.Level()
	if (isProbe(r.URL.Path) || isChanges(r.URL.Path)) && status < http.StatusBadRequest {
		level = slog.LevelDebug
	}
	handler := s.options.Logger.Handler()
	if !handler.Enabled(r.Context(), level) {
		return
	}
	now := time.Now()
	head := append(make([]slog.Attr, 0, requestlog.Head),
		slog.String("request_id", requestlog.ID(r.Context())),
		slog.String("client", record.Client),
		slog.String("method", r.Method),
		slog.String("path", loggedPath(r.URL.Path)),
		slog.Int("status", status),
		slog.Duration("duration", now.Sub(started)),
	)
	if user := s.user(r); user != "" {
		head = append(head, slog.String("user", user))
	}
	if aborted {
		head = append(head, slog.Bool("aborted", true)) // the client has a part of the answer
	}
	line := record.Line(now, "request", head...)
	line.Level = level
	_ = handler.Handle(r.Context(), line) // a logger drops this error, too
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
	const zeros = "0000000000000000"
	var digits [len(zeros)]byte
	// Ids must differ, also between instances. They need not be secret: they only name lines.
	number := strconv.AppendUint(digits[:0], rand.Uint64(), 16) //nolint:gosec // see above
	return zeros[len(number):] + string(number)
}

func isRequestID(text string) bool {
	return text != "" && len(text) <= 64 && only(text, hostCharacters)
}
