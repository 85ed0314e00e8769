package httpd

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// maxUnread is how many bytes of a body the server reads and throws away after it has
// refused the request. It needs no memory for them.
const maxUnread = 128 << 20

// maxSilence is how long the server waits for the next bytes of a client that was told
// not to send its body.
const maxSilence = time.Second

// readOn reads the rest of a body that the handler did not read, and throws it away.
// Many clients send a whole request before they read the answer (JAX-WS, PHP,
// Python's http.client): if the server closed the connection earlier, they would get
// a reset connection and not the answer, which says what is wrong. The answer waits
// in the buffer of net/http meanwhile. The time to read a request bounds this, too.
func (s *Server) readOn(c echo.Context, answer echo.HandlerFunc) error {
	r := c.Request()
	if r.ContentLength == 0 {
		return answer(c)
	}
	if r.Header.Get("Expect") != "" {
		return s.answerBeforeBody(c, answer)
	}
	err := answer(c)
	if r.ContentLength <= maxUnread && !isAtEnd(r.Body) { // else the rest would not be the end
		discard(r.Body)
	}
	return err
}

// isAtEnd reports whether a body is known to be read to its end.
func isAtEnd(body io.Reader) bool {
	arriving, ok := body.(*arrivingBody)
	return ok && arriving.ended
}

// answerBeforeBody answers a client that waits for 100 Continue. net/http sends that
// when the handler reads the body; a handler that does not read it wants none of it.
func (s *Server) answerBeforeBody(c echo.Context, answer echo.HandlerFunc) error {
	r := c.Request()
	body := &startedBody{ReadCloser: r.Body}
	r.Body = body
	err := answer(c)
	if body.started {
		discard(body)
		return err
	}
	if err != nil {
		c.Error(err) // now: the client waits for it
	}
	response := http.NewResponseController(c.Response())
	if response.Flush() != nil {
		return nil //nolint:nilerr // the client has gone
	}
	// A client that does not wait sends its body all the same, and then reads.
	until := time.Now().Add(s.options.ReadTimeout)
	buffer := make([]byte, 32<<10)
	for rest := maxUnread; rest > 0; {
		if response.SetReadDeadline(earlier(until, time.Now().Add(maxSilence))) != nil {
			return nil //nolint:nilerr // the connection has gone
		}
		n, err := body.Read(buffer)
		if err != nil {
			return nil //nolint:nilerr // the client has closed, or is silent
		}
		rest -= n
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// discard reads a body to its end, [maxUnread] bytes at most.
func discard(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, maxUnread) // what is left after an error closes the connection
}

// startedBody knows whether it was read.
type startedBody struct {
	io.ReadCloser

	started bool
}

// Read reads.
func (b *startedBody) Read(p []byte) (int, error) {
	b.started = true
	return b.ReadCloser.Read(p) //nolint:wrapcheck // as io.Reader
}
