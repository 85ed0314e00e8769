package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/standby"
)

// standbySettings are the settings of serve for a standby.
type standbySettings struct {
	Standby       poolSettings   `embed:"" prefix:"standby-" set:"servers=Pool that answers while servers of --servers are down: its memcached servers, in the forms of --servers, and in the order and with the weights that the programs on this pool have. memcachedsoap replicate must keep it equal to --servers. No server may be in both pools. Default: what is on a server that is down is unavailable."`
	StandbyWrites standby.Writes `name:"standby-writes" enum:"auto,yes,no" default:"auto" placeholder:"WHEN" group:"Standby:" help:"Whether sessions are stored on --standby while their server of --servers is down. auto: where memcachedsoap replicate --two-way runs, or has run last. yes: always; without two-way replication they are lost afterwards. no: never, so that changes fail until the server is back. Default ${default}."`
}

// validateStandby rejects a standby that could not take the place of the servers.
func (c *serveCommand) validateStandby() error {
	if len(c.Standby.Servers) == 0 {
		if c.StandbyWrites != standby.WritesAuto {
			return errors.New("--standby-writes needs --standby")
		}
		return c.Standby.validatePool(standbyPool)
	}
	if len(c.Servers) == 0 {
		return errors.New("--standby needs --servers: it takes their place while they are down")
	}
	if len(c.Previous.Servers) > 0 {
		return errors.New("--standby cannot be combined with --previous-servers: a replicator would copy sessions that are being moved. Leave the standby out during the move")
	}
	if err := c.Standby.validatePool(standbyPool); err != nil {
		return err
	}
	for _, pool := range []namedPool{{ownPool, &c.poolSettings}, {standbyPool, &c.Standby}} {
		if err := pool.settings.validateReplicable(pool.flags); err != nil {
			return err
		}
	}
	if name := sameServer(c.Servers, c.Standby.Servers); name != "" {
		return fmt.Errorf("--servers and --standby both have %s: a pool and its standby need servers of their own", name)
	}
	return nil
}

// discoveredPool is a pool that stops looking for its servers when it is closed.
type discoveredPool struct {
	*memcached.Backend

	stop func()
}

// Close closes the pool.
func (p discoveredPool) Close() error {
	p.stop()
	return p.Backend.Close()
}

// withStandby puts the standby around the pool of the servers, if there is one. origin is
// that pool without what else is around it. trusted makes a change stream of the pool one
// that counts only while both are equal. The servers need not answer yet, but those that
// do must not be in both pools. If it fails, it closes the pool.
func (c *serveCommand) withStandby(ctx context.Context, origin, pool backend.Pool, logger *slog.Logger) ( //nolint:ireturn // one of two
	together backend.Pool, trusted func(backend.Stream) backend.Stream, err error,
) {
	if len(c.Standby.Servers) == 0 {
		return pool, func(s backend.Stream) backend.Stream { return s }, nil
	}
	other, err := c.openStandby(ctx, origin, logger)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	b := standby.New(pool, other, standby.Options{
		Writes:   c.StandbyWrites,
		Answered: func(ctx context.Context, side standby.Side) { requestlog.AddPool(ctx, string(side)) },
		Changed: func(side standby.Side, server string, state standby.State) { //nolint:contextcheck // it belongs to no request
			level := slog.LevelInfo
			if state != standby.Equal {
				level = slog.LevelWarn
			}
			logger.Log(context.Background(), level, "state of a replicated server: "+state.Sentence(), "pool", string(side), "server", server, "state", state.String())
		},
	})
	return b, b.Trusted, nil
}

// openStandby opens the pool of the standby.
func (c *serveCommand) openStandby(ctx context.Context, origin backend.Pool, logger *slog.Logger) (*discoveredPool, error) {
	logger = logger.With("pool", standbyPool.servers())
	servers, stop, err := c.Standby.discover(ctx, standbyPool, logger)
	if err != nil {
		return nil, err
	}
	opened, err := c.Standby.openPool(standbyPool, servers, logger)
	if err != nil {
		stop()
		return nil, err
	}
	opened.ComparePlacement()
	pool := &discoveredPool{opened, stop}
	within, cancel := context.WithTimeout(ctx, sharedTime)
	defer cancel()
	var shared []memcached.Shared
	if servers, ok := origin.(*memcached.Backend); ok {
		shared, _ = memcached.SharedServers(within, servers, opened)
	}
	if len(shared) > 0 {
		err = fmt.Errorf("%s of --servers and %s of --standby are the same server: a pool and its standby need servers of their own",
			shared[0].One, shared[0].Other)
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// sharedTime bounds how long the start waits for servers that do not answer.
const sharedTime = 3 * time.Second
