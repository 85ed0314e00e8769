package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/discovery"
)

// servers are the memcached servers that keep the sessions, and how to connect to all
// servers.
type servers struct {
	list       []string
	connector  *connect.Connector
	discovered memcached.Discovered // nil if the list is configured
}

// discover returns the servers of --servers, or of the place that --servers names.
func (c *serveCommand) discover(ctx context.Context, logger *slog.Logger) (found servers, stop func(), err error) {
	stop = func() {}
	if found.connector, err = c.connector(logger); err != nil {
		return found, nil, err
	}
	if len(c.Servers) == 0 || !discovery.IsPlace(c.Servers[0]) {
		found.list = c.Servers
		return found, stop, nil
	}
	d, err := discovery.New(discovery.Options{
		Place: c.Servers[0], Connector: found.connector, Interval: c.DiscoveryInterval, Logger: logger,
	})
	if err != nil {
		return found, nil, err
	}
	if found.list, err = d.Take(ctx); err != nil {
		return found, nil, err
	}
	d.Watch() //nolint:contextcheck // until it is closed
	found.discovered = d
	return found, d.Close, nil
}

// connector makes what connects to all memcached servers. It reads the files.
func (c *serveCommand) connector(logger *slog.Logger) (*connect.Connector, error) {
	connector, err := connect.New(connect.Options{
		CAFile: c.ServerCA, CertFile: c.ServerCert, KeyFile: c.ServerKey, ServerName: c.ServerName, AuthFile: c.ServerAuthFile, Logger: logger,
	})
	if err != nil {
		return nil, fmt.Errorf("memcached: %w", err)
	}
	return connector, nil
}

// isSecured says whether a server of a list speaks TLS.
func isSecured(server string) bool {
	return strings.HasPrefix(server, "tls:") || discovery.IsSecured(server)
}

// validateDiscovery rejects a place where the list of servers is, if it is not alone:
// nobody would know which order the servers have.
func (c *serveCommand) validateDiscovery() error {
	switch {
	case slices.ContainsFunc(c.Servers, discovery.IsPlace) && len(c.Servers) > 1:
		return errors.New("--servers must be either one of cfg:HOST:PORT and srv:NAME, or servers, not both")
	case slices.ContainsFunc(c.Local, discovery.IsPlace):
		return errors.New("--local cannot be discovered: list its servers, or use memory:SIZE")
	case c.DiscoveryInterval < time.Second:
		return errors.New("--discovery-interval must be at least 1s")
	}
	return nil
}

// validateSecured rejects settings that would have no effect. Who sets them expects
// that the connections are encrypted, or that the server asks for a password.
func (c *serveCommand) validateSecured() error {
	if (c.ServerCert == "") != (c.ServerKey == "") {
		return errors.New("--server-cert and --server-key need each other")
	}
	if !slices.ContainsFunc(slices.Concat(c.Servers, c.Local), isSecured) {
		for flag, value := range map[string]string{"ca": c.ServerCA, "cert": c.ServerCert, "name": c.ServerName} {
			if value != "" {
				return fmt.Errorf("--server-%s is for servers with TLS: list them as tls:HOST:PORT, cfg:tls:HOST:PORT or srv:tls:NAME", flag)
			}
		}
	}
	if c.ServerAuthFile != "" && len(c.Servers) == 0 {
		return errors.New("--server-auth-file needs --servers")
	}
	return nil
}
