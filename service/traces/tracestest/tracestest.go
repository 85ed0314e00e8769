// Package tracestest receives traces in tests, as a collector does.
package tracestest

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Collector is what a collector has received.
type Collector struct {
	URL string // of OTLP over HTTP, or over gRPC

	mu       sync.Mutex
	requests []*collector.ExportTraceServiceRequest
	headers  []http.Header
	paths    []string
}

// Start starts a collector that is sent OTLP over HTTP, until the test ends.
func Start(tb testing.TB) *Collector {
	tb.Helper()
	c := new(Collector)
	s := httptest.NewServer(c.Handler(tb))
	tb.Cleanup(s.Close)
	c.URL = s.URL
	return c
}

// Handler returns what answers OTLP over HTTP.
func (c *Collector) Handler(tb testing.TB) http.Handler {
	tb.Helper()
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				tb.Error(err)
				return
			}
			body = unpacked
		}
		text, err := io.ReadAll(body)
		request := new(collector.ExportTraceServiceRequest)
		if err == nil && r.Header.Get("Content-Type") == "application/json" {
			err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, request)
		} else if err == nil {
			err = proto.Unmarshal(text, request)
		}
		if err != nil {
			tb.Error(err)
		}
		c.keep(request, r.URL.Path, r.Header)
	})
}

// StartGRPC starts a collector that is sent OTLP over gRPC, until the test ends.
func StartGRPC(tb testing.TB) *Collector {
	tb.Helper()
	c := new(Collector)
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s := grpc.NewServer()
	collector.RegisterTraceServiceServer(s, rpc{Collector: c})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	tb.Cleanup(func() {
		s.Stop()
		require.NoError(tb, <-served)
	})
	c.URL = "http://" + l.Addr().String()
	return c
}

// rpc answers OTLP over gRPC.
type rpc struct {
	collector.UnimplementedTraceServiceServer
	*Collector
}

// Export implements [collector.TraceServiceServer].
func (r rpc) Export(_ context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.keep(request, "", nil)
	return new(collector.ExportTraceServiceResponse), nil
}

func (c *Collector) keep(request *collector.ExportTraceServiceRequest, path string, h http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, request)
	c.paths = append(c.paths, path)
	c.headers = append(c.headers, h)
}

// Request returns the path and the header of the first request.
func (c *Collector) Request() (path string, h http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths[0], c.headers[0]
}

// Span is a span that was received.
type Span struct {
	*tracepb.Span

	Resource map[string]string // attributes
}

// Get returns an attribute as text, or "".
func (s Span) Get(name string) string { return textOf(s.Attributes)[name] }

// Spans returns all spans that were received.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Span
	for _, request := range c.requests {
		for _, r := range request.GetResourceSpans() {
			for _, scope := range r.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					all = append(all, Span{s, textOf(r.GetResource().GetAttributes())})
				}
			}
		}
	}
	return all
}

// Wait returns the spans with a name when there are n, in the order in which they began.
func (c *Collector) Wait(tb testing.TB, name string, n int) []Span {
	tb.Helper()
	var found []Span
	require.Eventually(tb, func() bool {
		found = nil
		for _, s := range c.Spans() {
			if s.Name == name {
				found = append(found, s)
			}
		}
		return len(found) >= n
	}, time.Minute, 5*time.Millisecond, "%d spans with the name %s", n, name)
	require.Len(tb, found, n)
	return found
}

// Below returns the spans directly below one.
func (c *Collector) Below(parent Span) []Span {
	var found []Span
	for _, s := range c.Spans() {
		if string(s.ParentSpanId) == string(parent.SpanId) {
			found = append(found, s)
		}
	}
	return found
}

// Text returns all that was received as text, in which a test looks for secrets.
func (c *Collector) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	for _, request := range c.requests {
		text.WriteString(protojson.Format(request))
	}
	return text.String()
}

func textOf(attributes []*commonpb.KeyValue) map[string]string {
	all := make(map[string]string, len(attributes))
	for _, a := range attributes {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		default:
			all[a.GetKey()] = strings.Trim(protojson.Format(a.GetValue()), "{} \n")
		}
	}
	return all
}
