package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// overloaded is what a client learns of a request above the limit of concurrent
// requests.
const overloaded = "The service is overloaded: it is answering as many requests as it may. Retry after a second."

// overloadedFault returns the answer to such a request: a fault of SOAP 1.1, like
// those of package soap. Whether the request is in SOAP 1.1 or 1.2 cannot be known
// before its body is read. All toolkits show the sentence or the HTTP status 503. The
// request id consists of characters that XML does not need to escape.
func overloadedFault(requestID string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>` +
		`<faultcode>soap:Server</faultcode><faultstring xml:lang="en">` + overloaded +
		` (request id ` + requestID + `)</faultstring><detail></detail></soap:Fault></soap:Body></soap:Envelope>`)
}

// limitInFlight rejects requests above the limit of concurrent requests.
func (s *Server) limitInFlight(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.inFlight <- struct{}{}:
			defer func() { <-s.inFlight }()
			return next(c)
		default:
			s.rejected.Inc()
			h := c.Response().Header()
			h.Set(echo.HeaderRetryAfter, "1")
			return c.Blob(http.StatusServiceUnavailable, "text/xml; charset=utf-8", overloadedFault(h.Get(echo.HeaderXRequestID)))
		}
	}
}
