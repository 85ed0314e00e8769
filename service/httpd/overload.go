package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// The answer to a request above the limit of concurrent requests is a fault of
// SOAP 1.1. Whether the request is in SOAP 1.1 or 1.2 cannot be known before its
// body is read. All toolkits show the sentence or the HTTP status 503.
const (
	overloadedStart = `<?xml version="1.0" encoding="UTF-8"?>` +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>` +
		`<faultcode>soap:Server</faultcode><faultstring xml:lang="en">` +
		`The service is overloaded: it is answering as many requests as it may. Retry after a second. (request id `
	overloadedEnd = `)</faultstring><detail></detail></soap:Fault></soap:Body></soap:Envelope>`
)

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
			// The id consists of characters that XML does not need to escape.
			body := overloadedStart + h.Get(echo.HeaderXRequestID) + overloadedEnd
			return c.Blob(http.StatusServiceUnavailable, "text/xml; charset=utf-8", []byte(body))
		}
	}
}
