package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"memcachedsoap/sessionstore/memcached/connect"
)

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
func isSecured(server string) bool { return strings.HasPrefix(server, "tls:") }

// validateSecured rejects settings that would have no effect. Who sets them expects
// that the connections are encrypted, or that the server asks for a password.
func (c *serveCommand) validateSecured() error {
	if (c.ServerCert == "") != (c.ServerKey == "") {
		return errors.New("--server-cert and --server-key need each other")
	}
	if !slices.ContainsFunc(slices.Concat(c.Servers, c.Local), isSecured) {
		for flag, value := range map[string]string{"ca": c.ServerCA, "cert": c.ServerCert, "name": c.ServerName} {
			if value != "" {
				return fmt.Errorf("--server-%s is for servers with TLS: list them as tls:HOST:PORT", flag)
			}
		}
	}
	if c.ServerAuthFile != "" && len(c.Servers) == 0 {
		return errors.New("--server-auth-file needs --servers")
	}
	return nil
}
