package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/discovery"
)

// checkFiles implements [daemonSettings].
func (c *serveCommand) checkFiles() error {
	logger := slog.New(slog.DiscardHandler)
	files := &reloader{logger: logger}
	defer files.forget()
	if _, err := c.readSecrets(files, logger); err != nil {
		return err
	}
	if err := checkWritable(c.AuditLog); err != nil {
		return fmt.Errorf("--audit-log: %w", err)
	}
	if c.LemonLDAPEvents != "" {
		if _, err := c.lemonldapRedis(); err != nil {
			return err
		}
	}
	return c.checkPools(logger)
}

// checkPools makes the pools, which connect to no server.
func (c *serveCommand) checkPools(logger *slog.Logger) error {
	if len(c.Local) > 0 {
		connector, err := c.connector(ownPool, logger)
		if err != nil {
			return err
		}
		entries, err := c.nearCacheEntries(connector, logger)
		if err != nil {
			return err
		}
		_ = entries.Close() // it was not used
	}
	present, err := c.check(ownPool, logger, c.FollowServers...)
	if err != nil {
		return fmt.Errorf("%s: %w", ownPool.servers(), err) // the daemon has no other pool that is meant
	}
	previous, err := c.Previous.check(previousPool, logger)
	if err != nil {
		return err
	}
	if present != nil && previous != nil && samePool(present, previous) {
		return errSamePool
	}
	_, err = c.Standby.check(standbyPool, logger)
	return err
}

// checkFiles implements [daemonSettings].
func (c *replicateCommand) checkFiles() error {
	for _, pool := range c.pools() {
		if _, err := pool.settings.check(pool.flags, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
	}
	return nil
}

// check makes a pool, which is closed and connects to no server. The pool is nil if it
// has no list of servers.
func (p *poolSettings) check(flags poolPrefix, logger *slog.Logger, behind ...string) (*memcached.Backend, error) {
	if len(p.Servers) == 0 {
		return nil, nil //nolint:nilnil // as documented
	}
	connector, err := p.connector(flags, logger)
	if err != nil {
		return nil, err
	}
	if discovery.IsPlace(p.Servers[0]) {
		if _, err := discovery.New(discovery.Options{Place: p.Servers[0], Connector: connector, Interval: p.DiscoveryInterval, Logger: logger}); err != nil {
			return nil, flags.wrap(err)
		}
		return nil, nil //nolint:nilnil // as documented
	}
	pool, err := p.newPool(flags, servers{list: p.Servers, connector: connector, behind: behind}, logger)
	if err != nil {
		return nil, err
	}
	return pool, pool.Close()
}

// checkWritable says whether a file can be written, or made. It does neither.
func checkWritable(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if err == nil {
		return file.Close() //nolint:wrapcheck // it names the file
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err //nolint:wrapcheck // it names the file
	}
	const write, search = 2, 1 // W_OK and X_OK of access(2)
	if err := syscall.Access(filepath.Dir(path), write|search); err != nil {
		return fmt.Errorf("%s cannot be made: its folder: %w", path, err)
	}
	return nil
}
