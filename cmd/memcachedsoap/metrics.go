package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"memcachedsoap/service/httpd"
	"memcachedsoap/service/metrics"
)

const (
	// metricsConnections is more than the Prometheus servers of any operator.
	metricsConnections = 16
	// metricsGrace is for scrapes in flight when the service has stopped. They
	// take milliseconds, and nobody misses the last.
	metricsGrace = time.Second
)

// metricsListener opens the listener for scrapes; nil if none is wanted.
func (c *serveCommand) metricsListener(ctx context.Context) (net.Listener, error) {
	if c.MetricsListen == "" {
		return nil, nil //nolint:nilnil // none is what was asked for
	}
	return httpd.Listen(ctx, c.MetricsListen, metricsConnections)
}

// serveMetrics answers scrapes on a listener, if there is one, until stop is
// called, which returns when all is closed. What goes wrong meanwhile is
// logged: sessions are worth more than their figures.
func (c *serveCommand) serveMetrics(ctx context.Context, l net.Listener, from metrics.Sources, logger *slog.Logger) (stop func()) {
	if l == nil {
		return func() {}
	}
	server := httpd.NewMetrics(metrics.NewHandler(from, logger), httpd.Options{
		MaxHeaderBytes: int(c.MaxHeader), ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout,
		Logger: logger,
	})
	logger.Info("metrics", "address", l.Addr().String(), "path", httpd.MetricsPath)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ctx, metricsGrace, l); err != nil {
			logger.Warn("metrics are not served any more", "error", err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
