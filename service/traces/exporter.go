package traces

import (
	"context"
	"log/slog"
	"sync/atomic"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"memcachedsoap/sessionstore/metric"
)

// exporter counts what another exporter sends, logs when the collector stops or starts to
// take it, and can give up what is under way.
type exporter struct {
	sdk.SpanExporter

	logger  *slog.Logger
	closing context.Context //nolint:containedctx // ends what is under way
	giveUp  context.CancelFunc
	ended   chan struct{} // closed when nothing is sent any more

	queued                atomic.Int64 // spans that have ended and were not yet sent
	sent, failed, dropped metric.Counter
	broken                bool // the last batch was not taken; the batches come one at a time
}

func (e *exporter) init(next sdk.SpanExporter, logger *slog.Logger) {
	e.SpanExporter, e.logger, e.ended = next, logger, make(chan struct{})
	e.closing, e.giveUp = context.WithCancel(context.Background())
}

// ExportSpans sends a batch. It handles errors itself.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	e.queued.Add(-int64(len(spans)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.closing, cancel)() //nolint:contextcheck // Close ends it, too
	err := e.SpanExporter.ExportSpans(ctx, spans)
	counter := &e.sent
	if err != nil {
		counter = &e.failed
	}
	counter.Add(int64(len(spans)))
	switch {
	case err != nil && !e.broken:
		e.logger.Warn("the collector does not take the traces: spans are lost until it does", "error", shortened(err.Error()))
	case err == nil && e.broken:
		e.logger.Info("the collector takes the traces again")
	}
	e.broken = err != nil
	return nil
}

// shortened returns the beginning of a text: a collector may answer anything.
func shortened(text string) string {
	const most = 300
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// Shutdown is called after the last batch.
func (e *exporter) Shutdown(ctx context.Context) error {
	defer close(e.ended)
	return e.SpanExporter.Shutdown(ctx) //nolint:wrapcheck // the SDK hands it on
}

// bounded drops the spans that the queue of a processor has no room for. The processor
// would drop them, too, but does not tell how many.
type bounded struct {
	sdk.SpanProcessor

	exporter *exporter
	most     int64 // spans in the queue
}

// OnEnd implements [sdk.SpanProcessor].
func (b *bounded) OnEnd(s sdk.ReadOnlySpan) {
	if b.exporter.queued.Add(1) > b.most {
		b.exporter.queued.Add(-1)
		b.exporter.dropped.Inc()
		return
	}
	b.SpanProcessor.OnEnd(s)
}

// Metrics implements [metric.Source].
func (e *exporter) Metrics() []metric.Metric {
	return []metric.Metric{
		e.sent.Metric("trace_spans_sent_total", "Spans that the collector has taken."),
		e.failed.Metric("trace_spans_failed_total", "Spans of batches that the collector has not taken, or not as a whole."),
		e.dropped.Metric("trace_spans_dropped_total", "Spans that were dropped because the queue was full."),
		metric.GaugeOf("trace_spans_queued", "Spans that wait to be sent to the collector.", float64(e.queued.Load())),
	}
}
