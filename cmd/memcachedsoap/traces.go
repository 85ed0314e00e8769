package main

import (
	"context"
	"errors"
	"log/slog"

	"memcachedsoap/service/httpd"
	"memcachedsoap/service/traces"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/span"
)

// openedTraces are the traces of a daemon; its fields are nil if there are none.
type openedTraces struct {
	requests httpd.Tracer
	work     *span.Tracer
	metrics  metric.Source
}

// openTraces opens the traces for which the variables of OpenTelemetry in the environment
// ask, and returns the function that sends what is left and closes them.
func openTraces(ctx context.Context, logger *slog.Logger) (opened openedTraces, closeTraces func(), err error) {
	t, err := traces.Open(ctx, version, logger)
	if setting, ok := errors.AsType[*traces.SettingError](err); ok {
		return openedTraces{}, nil, usageError("%v", setting)
	}
	if err != nil || t == nil {
		return openedTraces{}, func() {}, err
	}
	return openedTraces{t, t.Tracer(), t}, func() { //nolint:contextcheck // it has a time of its own
		if err := t.Close(); err != nil {
			logger.Warn("could not send the last traces", "error", err)
		}
	}, nil
}
