package traces

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/span"
)

// defaultQueue is how many spans wait for the collector, unless
// OTEL_BSP_MAX_QUEUE_SIZE says something else.
const defaultQueue = sdk.DefaultMaxQueueSize

// flushTime is how long Close waits for the collector.
const flushTime = 5 * time.Second

// Traces records spans and sends them to a collector. The zero value has metrics only. All
// methods may be called from any goroutine.
type Traces struct {
	provider *sdk.TracerProvider
	exporter exporter
	tracer   *span.Tracer
	asServer []trace.SpanStartOption
	ignores  bool // what requests say of their trace
}

var _ metric.Source = (*Traces)(nil)

// Open reads the variables of the environment. It returns nil if they ask for no traces.
// A [*SettingError] says which variable cannot be used. The collector need not answer yet.
func Open(ctx context.Context, version string, logger *slog.Logger) (*Traces, error) {
	e := readEnvironment()
	if !e.enabled() {
		if !e.disabled() && len(e) > 0 {
			logger.Warn("there are no traces: OTEL_TRACES_EXPORTER=otlp or OTEL_EXPORTER_OTLP_ENDPOINT would switch them on", "variables", e.names())
		}
		return nil, nil //nolint:nilnil // no traces are a valid result
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	if names := e.withoutEffect(); len(names) > 0 {
		logger.Warn("variables without effect on traces", "variables", names)
	}
	sent, err := e.newExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	described, err := describe(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// The SDK has one handler a process. It gets what no method returns.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		logger.Warn("a problem with traces", "error", shortened(err.Error()))
	}))
	t := &Traces{ignores: e["OTEL_PROPAGATORS"] != "" && !e.propagates()}
	t.exporter.init(sent, logger)
	queue := defaultQueue
	if n, err := strconv.Atoi(e["OTEL_BSP_MAX_QUEUE_SIZE"]); err == nil {
		queue = n
	}
	t.provider = sdk.NewTracerProvider(
		sdk.WithResource(described),
		sdk.WithSpanProcessor(&bounded{sdk.NewBatchSpanProcessor(&t.exporter), &t.exporter, int64(queue)}),
	)
	t.tracer, t.asServer = span.NewTracer(t.provider), []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}
	endpoint, _ := e.exporter("ENDPOINT")
	logger.Info("traces", "endpoint", endpoint, "protocol", e.protocol())
	return t, nil
}

// describe describes this process to the collector. What the environment says wins.
func describe(ctx context.Context, version string) (*resource.Resource, error) {
	return resource.New(ctx, //nolint:wrapcheck // by Open
		resource.WithService(), resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithAttributes(attribute.String("service.name", "memcachedsoap"), attribute.String("service.version", version)),
		resource.WithFromEnv(),
	)
}

// protocol returns the protocol that the collector is sent.
func (e environment) protocol() string {
	if protocol, _ := e.exporter("PROTOCOL"); protocol != "" {
		return protocol
	}
	return "http/protobuf"
}

// newExporter makes the exporter, which reads its variables itself.
func (e environment) newExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	endpoint, _ := e.exporter("ENDPOINT")
	scheme := "http"
	if e.secure() {
		scheme = "https"
	}
	if e.protocol() == "grpc" {
		var options []otlptracegrpc.Option
		if endpoint == "" {
			options = append(options, otlptracegrpc.WithEndpointURL(scheme+"://localhost:4317"))
		}
		return otlptracegrpc.New(ctx, options...) //nolint:wrapcheck // by Open
	}
	var options []otlptracehttp.Option
	if endpoint == "" { // the exporter of Go would take https, other than the specification
		options = append(options, otlptracehttp.WithEndpointURL(scheme+"://localhost:4318/v1/traces"))
	}
	return otlptracehttp.New(ctx, options...) //nolint:wrapcheck // by Open
}

// Tracer returns the tracer of work that is part of no request. That of nil is nil, which
// records nothing.
func (t *Traces) Tracer() *span.Tracer {
	if t == nil {
		return nil
	}
	return t.tracer
}

// Metrics implements [metric.Source].
func (t *Traces) Metrics() []metric.Metric { return t.exporter.Metrics() }

// Close sends what was not yet sent. It waits for the collector for 5 seconds at most, and
// then drops the rest.
func (t *Traces) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	err := t.provider.Shutdown(ctx)
	t.exporter.giveUp()
	<-t.exporter.ended
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}
