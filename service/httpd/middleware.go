package httpd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"memcachedsoap/soap"
)

// record is what the log line of a request tells. It travels in the context.
type record struct {
	id   string
	call soap.Call // zero if the request was not answered as SOAP
	soap bool
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	rec, _ := ctx.Value(recordKey{}).(*record)
	return rec
}

// RequestID returns the id of the request that a context belongs to, or "".
func RequestID(ctx context.Context) string {
	if rec := recordOf(ctx); rec != nil {
		return rec.id
	}
	return ""
}

// Observe notes a SOAP call for the log line of its request. It is a
// [soap.Observer].
func Observe(ctx context.Context, call soap.Call) {
	if rec := recordOf(ctx); rec != nil {
		rec.call, rec.soap = call, true
	}
}

// identify gives every request an id: that of a trusted proxy, or a new one.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		rec := &record{}
		if given := r.Header.Get(echo.HeaderXRequestID); isRequestID(given) && s.trusts(peer(r)) {
			rec.id = given
		} else {
			rec.id = newRequestID()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, rec.id)
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), recordKey{}, rec)))
		return next(c)
	}
}

func newRequestID() string {
	var bits [8]byte
	rand.Read(bits[:]) // never fails: it ends the program instead
	return hex.EncodeToString(bits[:])
}

func isRequestID(text string) bool {
	return text != "" && len(text) <= 64 && only(text, hostCharacters)
}

// announceStop tells clients of a stopping server to open a new connection,
// elsewhere, for the next request.
func (s *Server) announceStop(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.stopping.Load() {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		return next(c)
	}
}

// log writes one line for each request.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err) // now, so that the line tells the status sent
		}
		r := c.Request()
		rec := recordOf(r.Context())
		level := slog.LevelInfo
		attrs := make([]slog.Attr, 0, 15)
		attrs = append(attrs,
			slog.String("request_id", rec.id),
			slog.String("client", s.client(r).String()),
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path),
			slog.Int("status", c.Response().Status),
			slog.Duration("duration", time.Since(started)),
		)
		if user := s.user(r); user != "" {
			attrs = append(attrs, slog.String("user", user))
		}
		if rec.soap {
			attrs = appendCall(attrs, rec.call)
			if rec.call.Fault != nil && rec.call.Fault.Code == soap.Server {
				level = slog.LevelError
			}
		}
		s.options.Logger.LogAttrs(r.Context(), level, "request", attrs...)
		return nil
	}
}

// appendCall appends what the log tells of a call.
func appendCall(attrs []slog.Attr, call soap.Call) []slog.Attr {
	attrs = append(attrs,
		slog.String("operation", call.Operation.Local),
		slog.String("soap", call.Version.String()),
		slog.Int("bytes_in", call.BytesIn),
		slog.Int("bytes_out", call.BytesOut),
	)
	attrs = append(attrs, call.Notes...)
	if call.Fault != nil {
		attrs = append(attrs, slog.String("fault", call.Fault.Code.String()), slog.String("reason", call.Fault.Reason))
		if call.Fault.Err != nil {
			attrs = append(attrs, slog.String("error", call.Fault.Err.Error()))
		}
	}
	return attrs
}

// bound refuses requests beyond those that may be in flight.
func (s *Server) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.inFlight <- struct{}{}:
			defer func() { <-s.inFlight }()
			return next(c)
		default:
			s.turnedAway.Add(1)
			c.Response().Header().Set(echo.HeaderRetryAfter, "1")
			return c.String(http.StatusServiceUnavailable, "Too many requests are being answered. Try again later.\n")
		}
	}
}
