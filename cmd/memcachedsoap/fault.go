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

// failure is an error with the exit code of the program and a text of one
// line.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

// ExitCode returns the exit code. It makes a failure a [kong.ExitCoder].
func (f *failure) ExitCode() int { return f.code }

// wrongUsage makes the failure of a command that cannot be carried out as it
// was given.
func wrongUsage(format string, args ...any) error {
	return &failure{code: exitUsage, text: oneLine(fmt.Sprintf(format, args...))}
}

var errRedirected = errors.New("redirected")

// explain turns the error of a call into a failure.
func explain(err error, timeout time.Duration) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	f := &failure{}
	if answer, ok := errors.AsType[*gowsdl.HTTPError](err); ok {
		f.code, f.text = refusal(answer.StatusCode, answer.ResponseBody)
	} else if fault, ok := errors.AsType[*gowsdl.SOAPFault](err); ok {
		// Under HTTP 200, which SOAP 1.1 section 6.2 forbids and proxies do.
		f.code, f.text = fault11{Code: fault.Code, Reason: fault.String}.explain()
	} else {
		f.code, f.text = breakdown(err, timeout)
	}
	f.text = oneLine(f.text)
	return f
}

// breakdown explains an error other than a refusal.
func breakdown(err error, timeout time.Duration) (code int, text string) {
	if errors.Is(err, context.Canceled) {
		return exitFailed, "interrupted"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return exitUnavailable, "the service did not answer within " + timeout.String()
	}
	if errors.Is(err, errRedirected) {
		return exitFailed, "the service has moved: give --url the address that this one redirects to"
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return exitFailed, "the answer is longer than " + strconv.FormatInt(tooLong.Limit>>20, 10) + " MiB"
	}
	if e, ok := errors.AsType[*url.Error](err); ok { // its own text repeats the URL
		return exitUnavailable, "the service cannot be reached: " + e.Err.Error()
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) {
		return exitUnavailable, "the connection broke within the answer: " + err.Error()
	}
	return exitFailed, "the answer is not what the contract says, is --url right? " + err.Error()
}

// refusal explains an answer of HTTP status 400 or more. gowsdl v0.5.0 leaves
// its body as it is, though SOAP 1.1 puts every fault under 500.
func refusal(status int, body []byte) (code int, text string) {
	var envelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Fault *fault11 `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal(body, &envelope); err == nil && envelope.Body.Fault != nil {
		return envelope.Body.Fault.explain()
	}
	text = fmt.Sprintf("the answer is HTTP status %d %s and not SOAP", status, http.StatusText(status))
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return exitUnavailable, text // a proxy has lost the service, or the service has too much to do
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitFailed, text + ": --url needs USER:PASSWORD@ of somebody who may"
	}
	return exitFailed, text + ", is --url right?"
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

// explain finds the exit code by the type of the fault, else by its code.
func (f fault11) explain() (code int, text string) {
	text = f.Reason
	if text == "" {
		text = "the service failed and does not say why"
	}
	for _, detail := range f.Detail.Types {
		switch detail.XMLName {
		case xml.Name{Space: wsdl.Namespace, Local: "SessionNotFoundFault"}, xml.Name{Space: wsdl.Namespace, Local: "SessionDeletedFault"}:
			return exitNoSession, text
		case xml.Name{Space: wsdl.Namespace, Local: "VersionConflictFault"}:
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

// oneLine makes text fit for one line of a terminal, whoever has sent it.
func oneLine(text string) string {
	const most = 400
	runes := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) || r == ' ' }), " "))
	if len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return string(runes)
}
