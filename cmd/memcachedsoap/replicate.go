package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"memcachedsoap/service/console/live"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/metrics"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/storable"
)

// Run replicates until the context ends, or once.
func (c *replicateCommand) Run(ctx context.Context, std streams) error {
	shown, std := c.bar(std)
	logger, lines, closeLog := c.openLog(std) //nolint:contextcheck // the lines of the end come after that of the context
	defer closeLog()                          // last, so that it has all lines
	if shown == nil {
		shown = newLoggedProgress(logger)
	}
	files := &reloader{logger: logger}
	if err := c.watchConfig(files, logger); err != nil {
		return err
	}
	defer files.start()()
	traced, closeTraces, err := openTraces(ctx, logger)
	if err != nil {
		return err
	}
	defer closeTraces()
	from, closeFrom, err := c.From.openReplica(ctx, fromPool, logger)
	if err != nil {
		return err
	}
	defer closeFrom()
	to, closeTo, err := c.To.openReplica(ctx, toPool, logger)
	if err != nil {
		return err
	}
	defer closeTo()
	replicator := replication.New(replication.Options{
		From: from, To: to, TwoWay: c.TwoWay, AllKeys: c.AllKeys, Reconcile: c.Reconcile, Logger: logger, Tracer: traced.work,
		Rules: sessionstore.NewReplicaRules(storable.Codec{}, c.IgnoreAttributes),
	})
	if !c.Once {
		self := live.Self("replicate", version, time.Now())
		registerReplica(from, self, c.MetricsListen, replicator.State)
		registerReplica(to, self, c.MetricsListen, replicator.State)
	}
	shown.poll = func() (string, func() count) { return progressOf(replicator) }
	stopMetrics, err := c.startMetrics(ctx, metrics.Replicator{
		Version: version, Started: time.Now(), Replication: replicator, Pools: sides{{fromPool, from}, {toPool, to}}, Traces: traced.metrics, Log: lines,
	}, func() (bool, string) { return readinessOf(replicator.State()) }, logger)
	if err != nil {
		return err
	}
	defer stopMetrics()
	defer notifySystemd(ctx, logger)()
	logger.Info("replicating", "from", from.Servers(), "to", to.Servers(), "two_way", c.TwoWay, "version", version)
	return keepApart(ctx, from, to, func(ctx context.Context) error {
		if c.Once {
			return c.once(ctx, replicator, shown, logger)
		}
		return c.follow(ctx, replicator, shown, logger)
	})
}

// openReplica opens a pool that is made equal to another one. Its servers need not
// answer yet. close closes it.
func (p *poolSettings) openReplica(ctx context.Context, flags poolPrefix, logger *slog.Logger) (pool *memcached.Backend, closePool func(), err error) {
	logger = logger.With("pool", flags.name())
	servers, stopDiscovery, err := p.discover(ctx, flags, logger)
	if err != nil {
		return nil, nil, err
	}
	if pool, err = p.openPool(flags, servers, logger); err != nil {
		stopDiscovery()
		return nil, nil, err
	}
	pool.ComparePlacement()
	return pool, func() {
		if err := pool.Close(); err != nil {
			logger.Warn("could not close the pool", "error", err)
		}
		stopDiscovery()
	}, nil
}

// name is how logs and metrics call the pool.
func (p poolPrefix) name() string { return string(p[:max(len(p)-1, 0)]) }

// sides has the metrics of both pools. The tier of each is the name of its pool.
type sides []struct {
	flags poolPrefix
	pool  metric.Source
}

// Metrics implements [metric.Source].
func (s sides) Metrics() []metric.Metric {
	var all []metric.Metric
	for _, side := range s {
		for _, m := range side.pool.Metrics() {
			m.Tier = side.flags.name()
			all = append(all, m)
		}
	}
	return all
}

// startMetrics serves metrics and probes at --metrics-listen, if it is set.
func (c *replicateCommand) startMetrics(ctx context.Context, from metrics.Replicator, ready func() (bool, string), logger *slog.Logger) (stop func(), err error) {
	if c.MetricsListen == "" {
		return func() {}, nil
	}
	l, err := c.listenMetrics(ctx)
	if err != nil {
		return nil, err
	}
	scrapes := metrics.NewHandler(metrics.NewReplicatorRegistry(from), logger)
	return startMetrics(ctx, l, scrapes, httpd.NewProbes(ready), httpd.Options{AllowedHosts: c.AllowedHosts, Logger: logger}), nil
}

// listenMetrics opens the address of --metrics-listen.
func (c *replicateCommand) listenMetrics(ctx context.Context) (net.Listener, error) {
	limits := httpd.Limits{Connections: metricsConnections}
	if !httpd.IsSystemd(c.MetricsListen) {
		return httpd.Listen(ctx, c.MetricsListen, limits)
	}
	opened, err := httpd.InheritedSockets(c.MetricsListen).Listen(c.MetricsListen, limits)
	if err != nil {
		return nil, err
	}
	return onlyListener(opened)
}
