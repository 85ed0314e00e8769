package httpd

import (
	"io"

	"github.com/labstack/echo/v4"
)

// admit makes the request a call: one of those that admission bounds and that have a span.
// It counts the bytes of its body by the connection, which must arrive at a least rate.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if conn := connOf(r.Context()); conn != nil && r.ContentLength != 0 {
			conn.enter(receiving)
			r.Body = &arrivingBody{ReadCloser: r.Body, conn: conn}
		}
		ctx, recorded := s.begin(c)
		request := s.options.Admission.Begin(s.identify(ctx, r))
		defer request.End()
		defer answered(c, recorded)
		c.SetRequest(r.WithContext(request))
		return next(c)
	}
}

// arrivingBody is a body whose connection must bring it at a least rate, until its
// end.
type arrivingBody struct {
	io.ReadCloser

	conn *conn
}

func (b *arrivingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.conn.enter(busy)
	}
	return n, err //nolint:wrapcheck // io.EOF must stay as it is
}
