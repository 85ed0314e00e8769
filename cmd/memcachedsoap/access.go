package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

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
		return nil //nolint:nilerr // listening says what is wrong with it
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s %s: other machines reach this address, and everybody there could read and change all sessions. "+
		"Name the callers in a file and set --auth-file, or set --allow-anonymous if the network lets in nobody else", flag, address)
}

// guard returns the guard of --auth-file, or nil if everybody may call.
func (c *serveCommand) guard() (*access.Guard, error) {
	if c.AuthFile == "" {
		return nil, nil //nolint:nilnil // no guard is a valid result
	}
	file, err := access.Load(c.AuthFile)
	if err != nil {
		return nil, usageError("--auth-file %s: %s", c.AuthFile, strings.TrimPrefix(err.Error(), "access: "))
	}
	return access.NewGuard(file, access.Options{Realm: c.AuthRealm, Tokens: true}), nil
}

// watchAuthFile reloads --auth-file when it changes and on SIGHUP, until stop is called.
func (c *serveCommand) watchAuthFile(ctx context.Context, g *access.Guard, logger *slog.Logger) (stop func()) {
	if g == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() { g.Watch(ctx, c.AuthFile, hangups, logger) })
	return func() {
		signal.Stop(hangups)
		cancel()
		running.Wait()
	}
}
