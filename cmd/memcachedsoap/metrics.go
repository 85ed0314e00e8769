package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"memcachedsoap/service/httpd"
	"memcachedsoap/service/metrics"
)

const (
	// metricsConnections bounds the open connections of the metrics listener:
	// more than any operator has Prometheus servers.
	metricsConnections = 16
	// metricsGrace is the longest wait for scrapes in flight when the service has
	// stopped. A scrape takes milliseconds.
	metricsGrace = time.Second
)

// metricsListener opens the listener of the metrics, or returns nil if
// --metrics-listen is not set.
func (c *serveCommand) metricsListener(ctx context.Context, sockets *httpd.Sockets) (net.Listener, error) {
	if c.MetricsListen == "" {
		return nil, nil //nolint:nilnil // no listener is a valid result
	}
	opened, err := c.openAddress(ctx, "--metrics-listen", c.MetricsListen, sockets, httpd.Limits{Connections: metricsConnections, Rate: int64(c.MinRate)})
	if err != nil {
		return nil, err
	}
	return onlyListener(opened)
}

// onlyListener returns the listener of the metrics. They have one address.
func onlyListener(opened []net.Listener) (net.Listener, error) {
	if len(opened) > 1 {
		return nil, errors.Join(errors.New("--metrics-listen: several sockets of systemd have this name"), closeAll(opened))
	}
	return opened[0], nil
}

// serveMetrics answers scrapes on a listener until stop is called, see [startMetrics].
func (c *serveCommand) serveMetrics(ctx context.Context, l net.Listener, from metrics.Sources, probes http.Handler, logger *slog.Logger) (stop func()) {
	if l == nil {
		return func() {}
	}
	return startMetrics(ctx, l, metrics.NewHandler(metrics.NewRegistry(from), logger), probes, httpd.Options{
		MaxHeaderBytes: int(c.MaxHeader), ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout,
		AllowedHosts: c.AllowedHosts, PublicURL: c.PublicURL, Logger: logger,
	})
}

// startMetrics answers scrapes and probes on a listener until stop is called. stop
// returns when everything is closed. An error is logged only, because the program works
// without metrics.
func startMetrics(ctx context.Context, l net.Listener, scrapes, probes http.Handler, options httpd.Options) (stop func()) {
	options.Logger.Info("metrics", "address", l.Addr().String(), "path", httpd.MetricsPath)
	server := httpd.NewMetrics(scrapes, probes, options)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ctx, metricsGrace, l); err != nil {
			options.Logger.Warn("metrics are no longer served", "error", err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
