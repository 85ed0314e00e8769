package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// overloaded is what a client learns of a request above the limit of concurrent
// requests.
const overloaded = "The service is overloaded: it is answering as many requests as it may. Retry after a second."

// faultType is the media type of a [fault].
const faultType = "text/xml; charset=utf-8"

// fault returns a fault of SOAP 1.1, like those of package soap, with the answer to a
// request whose message was not read. Whether the message is in SOAP 1.1 or 1.2 cannot
// be known then. All toolkits show the sentence or the HTTP status. The sentence has no
// characters that XML needs escaped.
func fault(code, sentence string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>` +
		`<faultcode>soap:` + code + `</faultcode><faultstring xml:lang="en">` + sentence +
		`</faultstring><detail></detail></soap:Fault></soap:Body></soap:Envelope>`)
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
			// A request id consists of characters that XML does not need escaped.
			return c.Blob(http.StatusServiceUnavailable, faultType, fault("Server", overloaded+" (request id "+h.Get(echo.HeaderXRequestID)+")"))
		}
	}
}
