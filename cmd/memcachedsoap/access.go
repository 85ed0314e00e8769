package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
)

// validateAccess rejects settings that let in everybody without saying so.
func (c *serveCommand) validateAccess() error {
	switch {
	case c.AuthFile != "" && c.AllowAnonymous:
		return errors.New("--auth-file cannot be combined with --allow-anonymous: to let in programs without credentials, give a caller their addresses")
	case !access.CheckRealm(c.AuthRealm):
		return errors.New("--auth-realm must have at most 200 ASCII characters without quotes and backslashes")
	case c.AuthFile != "" || c.AllowAnonymous:
		return nil
	}
	for _, address := range c.Listen {
		if err := checkLocal("--listen", address); err != nil {
			return err
		}
	}
	return checkLocal("--metrics-listen", c.MetricsListen)
}

// checkLocal rejects an address that other machines reach.
func checkLocal(flag, address string) error {
	if address == "" || strings.HasPrefix(address, "unix:") || httpd.IsSystemd(address) {
		return nil // whether others reach a socket of systemd is known when it is there
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil //nolint:nilerr // validateAddresses has said what is wrong with it
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s %s: other machines reach this address, and everybody there could read and change all sessions. "+
		"Name the callers in a file and set --auth-file, or set --allow-anonymous if the network lets in nobody else", flag, address)
}

// guard returns the guard of --auth-file, which is reloaded, or nil if everybody may call.
func (c *serveCommand) guard(files *reloader, logger *slog.Logger) (*access.Guard, error) {
	if c.AuthFile == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	callers := access.NewGuard(new(access.File), access.Options{Realm: c.AuthRealm, Tokens: true})
	return callers, files.add(reloadable{flag: "--auth-file " + c.AuthFile, paths: []string{c.AuthFile}, reload: func() error {
		n, err := callers.Reload(c.AuthFile)
		if err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), "access: "))
		}
		logger.Info("callers", "file", c.AuthFile, "number", n)
		return nil
	}})
}
