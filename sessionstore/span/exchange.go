package span

import (
	"context"
	"net"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Server is a memcached server as the spans of its exchanges describe it.
type Server struct {
	name       string
	attributes []attribute.KeyValue
}

// NewServer returns the description of the server at an address.
func NewServer(a net.Addr) *Server {
	s := &Server{a.String(), []attribute.KeyValue{attribute.String(dbSystem, "memcached")}}
	host, port, err := net.SplitHostPort(s.name)
	number, invalid := strconv.Atoi(port)
	if a.Network() == "unix" || err != nil || invalid != nil {
		s.attributes = append(s.attributes, attribute.String(serverAddress, s.name))
	} else {
		s.attributes = append(s.attributes, attribute.String(serverAddress, host), attribute.Int(serverPort, number))
	}
	return s
}

// Exchange begins the span of an exchange with a server: a command and its answer.
// attempt counts from 1.
func (s *Server) Exchange(ctx context.Context, command string, attempt int) Span {
	if !Of(ctx).Recorded() {
		return Span{}
	}
	attributes := append(slices.Clip(s.attributes), attribute.String(dbOperation, command), attribute.Int(attemptNumber, attempt))
	return child(ctx, command+" "+s.name, trace.SpanKindClient, attributes...)
}

// Connect begins the span of making a connection to a server.
func (s *Server) Connect(ctx context.Context) Span {
	if !Of(ctx).Recorded() {
		return Span{}
	}
	return child(ctx, "connect "+s.name, trace.SpanKindClient, s.attributes...)
}

// Result is what came of an exchange.
type Result string

// Results. A read has found its item or not; a write was made, or not because there is
// an item, because the item has changed, or because there is none.
const (
	Hit      Result = "hit"
	Miss     Result = "miss"
	Done     Result = "done"
	Exists   Result = "exists"
	Conflict Result = "conflict"
	Absent   Result = "absent"
	TooLarge Result = "too large"
)

// Result says what came of an exchange that has succeeded.
func (s Span) Result(r Result) {
	if s.span != nil {
		s.span.SetAttributes(attribute.String(result, string(r)))
	}
}

// Items says how many items an exchange has asked for, and how many were there.
func (s Span) Items(asked, found int) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int(dbBatchSize, asked), attribute.Int(dbReturned, found))
	}
}
