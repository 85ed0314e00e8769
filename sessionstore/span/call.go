package span

import "go.opentelemetry.io/otel/attribute"

// Request says that the span is that of a request by HTTP. route is the path that answers,
// or "".
func (s Span) Request(method, route string) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(attribute.String(httpMethod, method))
	if route == "" {
		s.span.SetName(method)
		return
	}
	s.span.SetName(method + " " + route)
	s.span.SetAttributes(attribute.String(httpRoute, route))
}

// Call says which call the request of a span is. dialect is "" if the message was refused
// before the dialect was known, and operation if it names none. fault is the type of the
// fault that is its answer, or "". failed says that the fault is none of the caller.
func (s Span) Call(dialect, operation, fault string, failed bool) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(attribute.String(rpcSystem, "soap"))
	if dialect != "" {
		s.span.SetAttributes(attribute.String(dialectName, dialect))
	}
	if dialect != "" && operation != "" {
		s.span.SetName(dialect + "/" + operation)
		s.span.SetAttributes(attribute.String(rpcMethod, dialect+"/"+operation))
	}
	if fault != "" {
		s.span.SetAttributes(attribute.String(faultType, fault))
	}
	if failed {
		s.Fail(fault)
	}
}

// Answer says with which HTTP status a request was answered.
func (s Span) Answer(status int) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int(httpStatus, status))
	}
}
