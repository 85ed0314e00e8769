// Package dialect is what all dialects of the service share: it translates the
// faults of package service into faults of SOAP, and the calls of package soap into
// what the counters and the log need.
package dialect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore/span"
	"memcachedsoap/soap"
)

// FaultOf returns the SOAP fault for an error of the service. It is nil if
// [service.FaultOf] is.
func FaultOf(err error) *soap.Fault {
	if f := overloadFault(err); f != nil {
		return f
	}
	f := service.FaultOf(err)
	if f == nil {
		return nil
	}
	fault := &soap.Fault{Code: soap.Server, Reason: f.Reason, RetryAfter: f.RetryAfter, Err: f.Err}
	if f.Blame == service.BlameCaller {
		fault.Code = soap.Client
	}
	if e, ok := errors.AsType[*access.UnauthenticatedError](err); ok {
		fault.Status, fault.Challenges = statusOf(e), challengesOf(e)
	}
	fault.Overload = isLimit(err) // the client is to wait, as under overload
	if f.Type != "" {
		fields := make([]soap.Field, len(f.Fields))
		for i, field := range f.Fields {
			fields[i] = soap.Field(field)
		}
		fault.Detail = &soap.Detail{Name: f.Type, Fields: fields}
	}
	return fault
}

// tooLarge is the reason of the fault of [admission.ErrTooLarge].
const tooLarge = "The request needs more memory than the service gives to one request. Send fewer values, or ask for fewer sessions."

// statusOf returns the HTTP status of a fault for a request without a caller. It is 401
// only if credentials of HTTP can help, which the status promises.
func statusOf(e *access.UnauthenticatedError) int {
	switch {
	case e.Refusal == access.TooManyAttempts:
		return http.StatusTooManyRequests
	case len(e.Challenges) == 0:
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// challengesOf returns the challenges of such a fault: only the status 401 has them.
func challengesOf(e *access.UnauthenticatedError) []string {
	if e.Refusal == access.TooManyAttempts {
		return nil
	}
	return e.Challenges
}

// overloadFault returns the fault for an error that says that the service has too much
// to do, or a request too much for it; else nil.
func overloadFault(err error) *soap.Fault {
	switch {
	case errors.Is(err, admission.ErrOverloaded), errors.Is(err, access.ErrBusy):
		return &soap.Fault{Code: soap.Server, Reason: admission.Overloaded, RetryAfter: time.Second, Overload: true, Err: err}
	case errors.Is(err, admission.ErrTooLarge):
		return &soap.Fault{Code: soap.Client, Reason: tooLarge, Err: err}
	}
	return nil
}

// Authorize finds the caller of a request before its message is read, for
// [soap.Options].
func Authorize(ctx context.Context) error {
	return access.Authenticate(ctx)
}

// overload is the type of the faults of an overloaded service.
const overload = "Overload"

// callerLimit is the type of the faults of a caller that exceeds its limits.
const callerLimit = "CallerLimit"

func isLimit(err error) bool {
	_, ok := errors.AsType[*access.LimitError](err)
	return ok
}

// Audited returns an observer that calls another one, and writes a line into the audit
// log for each call that was refused. It does so after the answer: other calls have
// their lines before it.
func Audited(observe soap.Observer, l *audit.Log) soap.Observer {
	if l == nil {
		return observe
	}
	return func(ctx context.Context, call soap.Call) {
		observe(ctx, call)
		if call.Fault != nil {
			service.AuditRefusal(ctx, l, call.Operation.Local, call.Fault.Err)
		}
	}
}

// Observer returns an observer that counts each call and adds it to the log record
// of its request.
func Observer(counters *service.Counters) soap.Observer {
	counters.AddFaultType(overload)
	counters.AddFaultType(callerLimit)
	for _, code := range []soap.Code{soap.Client, soap.Server, soap.MustUnderstand, soap.VersionMismatch} {
		counters.AddFaultType(code.String())
	}
	return func(ctx context.Context, call soap.Call) {
		cause := causeOf(call.Fault)
		counters.Count(service.Call{
			Operation: call.Operation.Local, Fault: faultType(cause),
			BytesIn: call.BytesIn, BytesOut: call.BytesOut, Duration: call.Duration,
		})
		if call.Fault != nil {
			if reason, refused := service.Refusal(call.Fault.Err); refused {
				counters.CountRefusal(reason)
			}
		}
		addToLog(ctx, call, cause)
		span.Of(ctx).Call(requestlog.Dialect(ctx), call.Operation.Local, faultType(cause), cause != nil && cause.Code == soap.Server)
	}
}

// causeOf returns the fault that the service has for the cause of a fault, or the
// fault itself if the service has none. A dialect may send another code and no
// detail, as that of the Perl programs does: what operators see is not to depend on
// it.
func causeOf(f *soap.Fault) *soap.Fault {
	if f == nil || f.Err == nil {
		return f
	}
	if cause := FaultOf(f.Err); cause != nil {
		return cause
	}
	return f
}

// faultType names a fault by the type of its detail, or by its code in SOAP 1.1: a
// closed set, so that there are few counters.
func faultType(f *soap.Fault) string {
	switch {
	case f == nil:
		return ""
	case isLimit(f.Err):
		return callerLimit
	case f.Overload:
		return overload
	case f.Detail != nil:
		return f.Detail.Name
	}
	return f.Code.String()
}

// addToLog adds what the log says about a call to the record of its request. The
// cause of its fault decides the level.
func addToLog(ctx context.Context, call soap.Call, cause *soap.Fault) {
	const most = 8
	attrs := append(make([]slog.Attr, 0, most), slog.String("operation", call.Operation.Local))
	if call.Version != 0 { // a dialect may be another one than SOAP
		attrs = append(attrs, slog.String("soap", call.Version.String()))
	}
	attrs = append(attrs, slog.Int("bytes_in", call.BytesIn), slog.Int("bytes_out", call.BytesOut))
	if c := access.CallerOf(ctx); c != nil {
		attrs = append(attrs, slog.String("caller", c.Name))
	}
	if call.Fault != nil {
		attrs = append(attrs, slog.String("fault", call.Fault.Code.String()), slog.String("reason", call.Fault.Reason))
		if call.Fault.Err != nil {
			attrs = append(attrs, slog.String("error", call.Fault.Err.Error()))
		}
	}
	requestlog.Add(ctx, attrs...)
	if cause != nil && cause.Code == soap.Server && !cause.Overload {
		requestlog.Fail(ctx)
	}
}
