package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"

	"memcachedsoap/service/certificate"
	"memcachedsoap/service/httpd"
)

// open opens all addresses, or none and an error.
func (c *serveCommand) open(ctx context.Context, keeper *certificate.Keeper, logger *slog.Logger) (listeners []net.Listener, metrics net.Listener, err error) {
	sockets := httpd.InheritedSockets(c.addresses()...)
	if listeners, err = c.listeners(ctx, sockets, keeper, logger); err != nil {
		return nil, nil, err
	}
	if metrics, err = c.metricsListener(ctx, sockets); err != nil {
		return nil, nil, errors.Join(err, closeAll(listeners))
	}
	if err = sockets.Close(); err != nil {
		if metrics != nil {
			listeners = append(listeners, metrics)
		}
		return nil, nil, errors.Join(err, closeAll(listeners))
	}
	return listeners, metrics, nil
}

// listeners opens the addresses of --listen: all of them, or none and an error. The TCP
// addresses are for TLS if there is a certificate.
func (c *serveCommand) listeners(ctx context.Context, sockets *httpd.Sockets, keeper *certificate.Keeper, logger *slog.Logger) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range c.Listen {
		opened, err := c.openAddress(ctx, "--listen", address, sockets, c.connectionLimits())
		if err != nil {
			return nil, errors.Join(err, closeAll(listeners))
		}
		for _, l := range opened {
			if keeper != nil {
				l = httpd.Secure(l, keeper, logger)
			}
			listeners = append(listeners, l)
		}
	}
	return listeners, nil
}

// openAddress opens an address of a flag. Several sockets of systemd may have the same
// one, and only now it is known whether other machines reach them.
func (c *serveCommand) openAddress(ctx context.Context, flag, address string, sockets *httpd.Sockets, limits httpd.Limits) ([]net.Listener, error) {
	if !httpd.IsSystemd(address) {
		l, err := httpd.Listen(ctx, address, limits)
		return []net.Listener{l}, err
	}
	opened, err := sockets.Listen(address, limits)
	if err != nil || c.AuthFile != "" || c.AllowAnonymous {
		return opened, err
	}
	for _, l := range opened {
		if tcp, ok := l.Addr().(*net.TCPAddr); ok {
			err = errors.Join(err, checkLocal(flag, tcp.String()))
		}
	}
	if err != nil {
		return nil, usageError("%v", errors.Join(err, closeAll(opened)))
	}
	return opened, nil
}

// connectionLimits returns the bounds of a listener's connections.
func (c *serveCommand) connectionLimits() httpd.Limits {
	return httpd.Limits{
		Connections: c.MaxConnections, PerClient: c.MaxConnectionsPerClient, Proxies: c.TrustedProxies, Rate: int64(c.MinRate),
	}
}

// closeAll closes listeners.
func closeAll(listeners []net.Listener) error {
	var err error
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}

// logListening logs a line for each listener. It ends with the URL of the
// WSDL, which the developer of a client needs next.
func (c *serveCommand) logListening(listeners []net.Listener, logger *slog.Logger) {
	for _, l := range listeners {
		attributes := []any{"address", l.Addr().String(), "endpoint", httpd.EndpointPath, "version", version}
		secure := httpd.IsSecure(l)
		if secure {
			attributes = append(attributes, "tls", true)
		}
		if url := wsdlURL(c.PublicURL, l.Addr(), secure); url != "" {
			attributes = append(attributes, "wsdl", url)
		}
		logger.Info("listening", attributes...)
	}
	if c.AllowAnonymous {
		logger.Warn("--allow-anonymous: everybody who reaches the service may read, change and find all sessions")
	}
}

// wsdlURL returns the URL of the WSDL: of the public URL if there is one, else
// of the address on which the service listens, with TLS or without. A unix socket has
// no URL.
func wsdlURL(publicURL string, address net.Addr, secure bool) string {
	if publicURL != "" {
		return publicURL + "?wsdl"
	}
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return ""
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() { // every interface: the loopback one is among them
		host = "localhost"
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port)) + httpd.EndpointPath + "?wsdl"
}
