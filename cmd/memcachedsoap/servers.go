package main

import (
	"context"
	"fmt"
	"log/slog"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/discovery"
)

// servers are the memcached servers of a pool, and how to connect to them.
type servers struct {
	list       []string
	connector  *connect.Connector
	discovered memcached.Discovered // nil if the list is configured
	behind     []string             // the servers behind those of the list, if these are proxies
}

// discover returns the servers that are listed, or those of the place that the list
// names. It waits for that place until the context ends.
func (p *poolSettings) discover(ctx context.Context, flags poolPrefix, logger *slog.Logger) (found servers, stop func(), err error) {
	stop = func() {}
	if found.connector, err = p.connector(flags, logger); err != nil {
		return found, nil, err
	}
	if len(p.Servers) == 0 || !discovery.IsPlace(p.Servers[0]) {
		found.list = p.Servers
		return found, stop, nil
	}
	d, err := discovery.New(discovery.Options{
		Place: p.Servers[0], Connector: found.connector, Interval: p.DiscoveryInterval, Logger: logger,
	})
	if err != nil {
		return found, nil, flags.wrap(err)
	}
	if found.list, err = d.Take(ctx); err != nil {
		return found, nil, flags.wrap(err)
	}
	d.Watch() //nolint:contextcheck // until it is closed
	found.discovered = d
	return found, d.Close, nil
}

// connector makes what connects to the servers. It reads the files.
func (p *poolSettings) connector(flags poolPrefix, logger *slog.Logger) (*connect.Connector, error) {
	connector, err := connect.New(connect.Options{
		CAFile: p.ServerCA, CertFile: p.ServerCert, KeyFile: p.ServerKey, ServerName: p.ServerName, AuthFile: p.ServerAuthFile, Logger: logger,
	})
	if err != nil {
		return nil, flags.wrap(fmt.Errorf("memcached: %w", err))
	}
	return connector, nil
}

// openPool opens the pool. The servers need not answer yet.
func (p *poolSettings) openPool(flags poolPrefix, servers servers, logger *slog.Logger) (*memcached.Backend, error) {
	pool, err := p.newPool(flags, servers, logger)
	if err == nil {
		pool.CheckServers()
	}
	return pool, err
}

// newPool makes the pool, which connects to no server before it is used.
func (p *poolSettings) newPool(flags poolPrefix, servers servers, logger *slog.Logger) (*memcached.Backend, error) {
	proxy := p.Proxy
	if flags != ownPool && proxy == memcached.RefuseProxy {
		proxy = memcached.NoProxy
	}
	pool, err := memcached.New(memcached.Options{
		Servers: servers.list, Hash: p.Hash, KetamaPoints: p.KetamaPoints, KeyPrefix: p.KeyPrefix,
		HashKeyPrefix: p.HashKeyPrefix, Connector: servers.connector, Discovered: servers.discovered,
		OnDeadServer: p.OnDeadServer, Timeout: p.StoreTimeout, Logger: logger,
		Proxy: proxy, FollowServers: servers.behind, MaxConns: p.MaxServerConnections, MaxIdleConns: p.MaxServerConnections,
	})
	if err != nil {
		return nil, flags.wrap(err)
	}
	return pool, nil
}

// wrap says to which pool of a command with several an error belongs.
func (p poolPrefix) wrap(err error) error {
	if p == ownPool {
		return err
	}
	return fmt.Errorf("%s: %w", p.servers(), err)
}
