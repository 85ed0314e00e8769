package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	gowsdl "github.com/hooklift/gowsdl/soap"

	"memcachedsoap/wsdl"
)

// failure is an error with a text of one line and the exit code that the
// program ends with.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

// ExitCode returns the exit code. [kong.ExitCoder] requires it.
func (f *failure) ExitCode() int { return f.code }

// usageError returns the failure of a command whose arguments are invalid.
func usageError(format string, args ...any) error {
	return &failure{code: exitUsage, text: oneLine(fmt.Sprintf(format, args...))}
}

var errRedirected = errors.New("redirected")

// classify turns the error of a call into a failure: the text says what is
// wrong, the exit code lets scripts distinguish causes. timeout is the longest
// time that the call was allowed.
func classify(err error, timeout time.Duration) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	f := &failure{}
	if answer, ok := errors.AsType[*gowsdl.HTTPError](err); ok {
		f.code, f.text = classifyResponse(answer.StatusCode, answer.ResponseBody)
	} else if fault, ok := errors.AsType[*gowsdl.SOAPFault](err); ok {
		// With HTTP status 200, which SOAP 1.1 section 6.2 forbids; proxies do it.
		f.code, f.text = fault11{Code: fault.Code, Reason: fault.String}.classify()
	} else {
		f.code, f.text = classifyTransport(err, timeout)
	}
	f.text = oneLine(f.text)
	return f
}

// classifyTransport classifies the error of a call that has no response, or
// one that cannot be read.
func classifyTransport(err error, timeout time.Duration) (code int, text string) {
	if errors.Is(err, context.Canceled) {
		return exitFailed, "interrupted"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return exitUnavailable, "the service did not answer within " + timeout.String()
	}
	if errors.Is(err, errRedirected) {
		return exitFailed, "the service redirects to another address: set --url to that one"
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return exitFailed, "the response is longer than " + strconv.FormatInt(tooLong.Limit>>20, 10) + " MiB"
	}
	if e, ok := errors.AsType[*url.Error](err); ok { // its own text repeats the URL, which may hold a password
		return exitUnavailable, "the service cannot be reached: " + e.Err.Error()
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) {
		return exitUnavailable, "the connection was closed within the response: " + err.Error()
	}
	return exitFailed, "the response does not follow the contract; check --url: " + err.Error()
}

// classifyResponse classifies a response of HTTP status 400 or more. gowsdl
// v0.5.0 does not parse its body, although every fault of SOAP 1.1 has status 500.
func classifyResponse(status int, body []byte) (code int, text string) {
	var envelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Fault *fault11 `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal(body, &envelope); err == nil && envelope.Body.Fault != nil {
		return envelope.Body.Fault.classify()
	}
	text = fmt.Sprintf("the response has HTTP status %d %s and is not SOAP", status, http.StatusText(status))
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return exitUnavailable, text // a proxy does not reach the service, or the service rejects calls above its limit
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitFailed, text + ": --url needs the USER:PASSWORD@ of an account that may call the service"
	}
	return exitFailed, text + "; check --url"
}

// fault11 is a fault of SOAP 1.1 (section 4.4).
type fault11 struct {
	Code   string `xml:"faultcode"`
	Reason string `xml:"faultstring"`
	Detail struct {
		Types []struct {
			XMLName xml.Name
		} `xml:",any"`
	} `xml:"detail"`
}

// classify finds the exit code by the type of the fault, or else by its code.
func (f fault11) classify() (code int, text string) {
	text = f.Reason
	if text == "" {
		text = "the service reported a fault without a reason"
	}
	for _, detail := range f.Detail.Types {
		switch detail.XMLName {
		case xml.Name{Space: wsdl.Namespace, Local: "SessionNotFoundFault"}, xml.Name{Space: wsdl.Namespace, Local: "SessionDeletedFault"}:
			return exitNoSession, text
		case xml.Name{Space: wsdl.Namespace, Local: "VersionConflictFault"}, xml.Name{Space: wsdl.Namespace, Local: "SessionExistsFault"}:
			return exitConflict, text
		case xml.Name{Space: wsdl.Namespace, Local: "StoreUnavailableFault"}:
			return exitUnavailable, text
		}
	}
	name := f.Code[strings.LastIndexByte(f.Code, ':')+1:]
	if name, _, _ = strings.Cut(name, "."); name == "Client" { // section 4.4.1: dots make a code more specific
		return exitUsage, text
	}
	return exitFailed, text
}

// oneLine returns text from anywhere as one line that is safe on a terminal:
// without control characters, and cut after 400 characters.
func oneLine(text string) string {
	const most = 400
	runes := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) || r == ' ' }), " "))
	if len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return string(runes)
}
