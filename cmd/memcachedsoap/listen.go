package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"

	"memcachedsoap/service/httpd"
)

// listeners opens the addresses of --listen: all of them, or none and an
// error.
func (c *serveCommand) listeners(ctx context.Context) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range c.Listen {
		l, err := httpd.Listen(ctx, address, c.connectionLimits())
		if err != nil {
			return nil, errors.Join(err, closeAll(listeners))
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
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
		if url := wsdlURL(c.PublicURL, l.Addr()); url != "" {
			attributes = append(attributes, "wsdl", url)
		}
		logger.Info("listening", attributes...)
	}
}

// wsdlURL returns the URL of the WSDL: of the public URL if there is one, else
// of the address on which the service listens. A unix socket has no URL.
func wsdlURL(publicURL string, address net.Addr) string {
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
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port)) + httpd.EndpointPath + "?wsdl"
}
