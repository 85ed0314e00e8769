package httpd

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/admission"
	"memcachedsoap/sessionstore/span"
)

// admit makes the request a call: one of those that admission bounds and that have a span.
// It counts the bytes of its body by the connection, which must arrive at a least rate.
func (s *Server) admit(handler http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		call := s.beginCall(c)
		defer call.end(c)
		handler.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

// call is a request that was admitted.
type call struct {
	body     arrivingBody
	request  *admission.Request
	recorded span.Span
}

// beginCall gives the request its records. It changes the request and makes no copy of it:
// the request is a copy already, that of log.
//
//go:noinline // its variables would take stack while the request is answered
func (s *Server) beginCall(c echo.Context) *call {
	r, l := c.Request(), new(call)
	if conn := connOf(r.Context()); conn != nil && r.ContentLength != 0 {
		conn.enter(receiving)
		l.body = arrivingBody{ReadCloser: r.Body, conn: conn}
		r.Body = &l.body
	}
	ctx, recorded := s.begin(c)
	l.recorded, l.request = recorded, s.options.Admission.Begin(s.identify(ctx, r))
	*r = *r.WithContext(l.request)
	return l
}

// end ends a call that was answered.
func (l *call) end(c echo.Context) {
	l.recorded.Answer(c.Response().Status)
	l.recorded.End()
	l.request.End()
}

// arrivingBody is a body whose connection must bring it at a least rate, until its
// end.
type arrivingBody struct {
	io.ReadCloser

	conn  *conn
	ended bool // was read to its end, or cannot be read on
}

func (b *arrivingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.conn.enter(busy)
		b.ended = true
	}
	return n, err //nolint:wrapcheck // io.EOF must stay as it is
}
