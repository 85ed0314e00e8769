package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/moving"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/storable"
)

// validatePrevious rejects a previous pool from which no session can be moved.
func (c *serveCommand) validatePrevious() error {
	switch {
	case len(c.Previous.Servers) == 0:
		return nil
	case len(c.Servers) == 0:
		return errors.New("--previous-servers needs --servers: sessions are moved to them")
	}
	if err := c.Previous.validatePool(previousPool); err != nil {
		return err
	}
	return validateMove(ownPool, &c.poolSettings, previousPool, &c.Previous)
}

// validateMove rejects two pools between which no session can be moved.
func validateMove(present poolPrefix, to *poolSettings, previous poolPrefix, from *poolSettings) error {
	for _, pool := range []struct {
		flags    poolPrefix
		settings *poolSettings
	}{{present, to}, {previous, from}} {
		switch {
		case pool.settings.OnDeadServer == memcached.Rehash:
			return fmt.Errorf("sessions cannot be moved with %s=rehash: a session may be on several servers. Set it to fail during the move",
				pool.flags.flag("on-dead-server"))
		case pool.settings.Proxy == memcached.DirectProxy:
			return fmt.Errorf("sessions cannot be moved with %s=direct: a proxy hides which server has a session. List the servers behind it",
				pool.flags.flag("proxy"))
		}
	}
	return nil
}

// origins are the pools that keep the sessions.
type origins struct {
	servers  servers
	previous servers // none unless sessions are moved
	process  *process
}

// discoverOrigins returns the servers of the pool and of the previous one.
func (c *serveCommand) discoverOrigins(ctx context.Context, logger *slog.Logger) (found origins, stop func(), err error) {
	var stopPresent, stopPrevious func()
	found.process = newProcess("serve", c.settings)
	found.servers, stopPresent, err = c.discover(ctx, ownPool, logger)
	found.servers.behind = c.FollowServers
	if err != nil || len(c.Previous.Servers) == 0 {
		return found, stopPresent, err
	}
	found.previous, stopPrevious, err = c.Previous.discover(ctx, previousPool, logger)
	if err != nil {
		stopPresent()
		return found, nil, err
	}
	return found, func() {
		stopPrevious()
		stopPresent()
	}, nil
}

// openOrigin opens the pool that keeps the sessions, with the previous one around it if
// sessions are moved. open opens it once more, for following its changes.
func (c *serveCommand) openOrigin(ctx context.Context, in origins, logger *slog.Logger) ( //nolint:ireturn // one of two
	pool backend.Pool, open func() (backend.Pool, error), err error,
) {
	if len(in.previous.list) == 0 {
		open = func() (backend.Pool, error) { return c.openPool(ownPool, in.servers, logger) }
		origin, err := c.openPool(ownPool, in.servers, logger)
		if err != nil {
			return nil, nil, err
		}
		origin.ComparePlacement()
		in.process.register(origin)
		if err := refuseMoved(ctx, origin); err != nil {
			return nil, nil, errors.Join(err, origin.Close())
		}
		return origin, open, nil
	}
	phase := new(moving.Phase)
	open = func() (backend.Pool, error) {
		moved, _, _, err := c.openMoving(in, phase, logger)
		if err != nil {
			return nil, err
		}
		return moved, nil
	}
	moved, present, previous, err := c.openMoving(in, phase, logger)
	if err != nil {
		return nil, nil, err
	}
	if samePool(present, previous) {
		return nil, nil, errors.Join(errSamePool, moved.Close())
	}
	present.CompareMove(previous, phase.Begin)
	in.process.register(present)
	return moved, open, nil
}

// openMoving opens the present pool and the previous one.
func (c *serveCommand) openMoving(in origins, phase *moving.Phase, logger *slog.Logger) (
	moved *moving.Backend, present, previous *memcached.Backend, err error,
) {
	if present, err = c.openPool(ownPool, in.servers, logger); err != nil {
		return nil, nil, nil, err
	}
	if previous, err = c.Previous.openPool(previousPool, in.previous, logger.With("pool", previousPool.servers())); err != nil {
		return nil, nil, nil, errors.Join(err, present.Close())
	}
	options := moveOptions(present, previous)
	options.Phase = phase
	options.Failed = func(ctx context.Context, key string, err error) {
		logger.WarnContext(ctx, "could not move a session that another program has stored at its previous place",
			"session", sessionstore.ID(key).Fingerprint(), "error", err)
	}
	return moving.New(present, previous, options), present, previous, nil
}

// moveOptions returns how sessions are moved from one pool to another one.
func moveOptions(present, previous *memcached.Backend) moving.Options {
	rules := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	return moving.Options{
		Rules: rules, Same: memcached.SamePlaces(present, previous),
		Decide: func(key string, previous, present backend.Item, deletion func() (*backend.Item, error)) (backend.Item, error) {
			return replication.Right(key, previous, present, rules, deletion)
		},
	}
}

// placementSamples is how many keys are tried to compare two pools.
const placementSamples = 1000

// samePool says whether no key has another place in the second pool.
func samePool(one, other *memcached.Backend) bool {
	same := memcached.SamePlaces(one, other)
	for i := range placementSamples {
		key := strconv.Itoa(i)
		if !same(one.ServerOf(key), other.ServerOf(key)) {
			return false
		}
	}
	return true
}

// refuseTime bounds how long the start waits for servers that do not answer.
const refuseTime = 3 * time.Second

// refuseMoved refuses a list of servers from which the sessions were moved to another one.
func refuseMoved(ctx context.Context, origin *memcached.Backend) error {
	within, cancel := context.WithTimeout(ctx, refuseTime)
	defer cancel()
	if moved, ok := errors.AsType[*memcached.MovedError](origin.RefuseMoved(within)); ok {
		return moved
	}
	return nil
}

var errSamePool = errors.New("--previous-servers is the same pool as --servers, so that no session moves: leave it out")
