package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/lemonldap/events"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
)

// store opens the store that the settings and the files describe, and returns the function
// that closes it. The servers need not answer yet.
func (c *serveCommand) store(ctx context.Context, files reloaded, in origins, broker *events.Broker, logger *slog.Logger) (store *sessionstore.Store, closeStore func() error, err error) {
	options := sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{
			Default: time.Duration(c.SessionTTL) * time.Second,
			Longest: time.Duration(c.MaxSessionTTL) * time.Second,
			Idle:    time.Duration(c.SessionIdle) * time.Second,
		},
		CompressThreshold: int(c.CompressThreshold),
		Principals:        c.principals(),
		WithoutLookupKey:  c.lemonldapIndexed(),
		Reserve:           admission.Reserve,
		Sealer:            files.keys,
		NoLookupKeys:      !c.MD5Key || c.EncryptKeyFile != "",
		IndexState: func(state index.ServerState) {
			if state.Complete {
				logger.Info("the index is complete", "server", state.Server)
			} else {
				logger.Warn("the index is not complete: findSessions scans the servers until it is rebuilt", "server", state.Server, "reason", state.Reason)
			}
		},
		IndexFailed: func(ctx context.Context, id sessionstore.ID, err error) {
			logger.WarnContext(ctx, "could not update the secondary index", "request_id", requestlog.ID(ctx), "session", id.Fingerprint(), "error", err)
		},
		ExtensionFailed: func(ctx context.Context, id sessionstore.ID, err error) {
			logger.WarnContext(ctx, "could not extend session", "request_id", requestlog.ID(ctx), "session", id.Fingerprint(), "error", err)
		},
	}
	if c.EndOldestSession {
		options.MaxSessionsPerPrincipal = c.MaxSessionsPerPrincipal
		options.OldestEnded = service.AuditEnded(files.audited)
	}
	publishDeletions(broker, &options)
	if len(c.Servers) == 0 {
		items := memory.New(memory.Options{MaxBytes: int64(c.MemoryLimit)})
		return c.followingStore(followed{pool: items, items: items, events: broker}, options, logger) //nolint:contextcheck // closeStore stops what it starts
	}
	origin, open, err := c.openOrigin(ctx, in, logger)
	if err != nil {
		return nil, nil, err
	}
	peers := files.peers
	if peers != nil && len(in.previous.list) > 0 {
		logger.Warn("this instance follows the changes on the servers by itself while sessions are moved (--previous-servers)")
		peers = nil
	}
	joined, peer := peers.join(origin, open, logger)
	pool, trusted, err := c.withStandby(ctx, origin, joined, logger)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Local) == 0 {
		return c.followingStore(followed{pool: pool, items: pool, events: broker, open: open, peer: peer, trusted: trusted}, options, logger) //nolint:contextcheck // closeStore stops what it starts
	}
	entries, err := c.nearCacheEntries(in.servers.connector, logger)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	cache := near.New(pool, near.Options{
		Cache: entries, TTL: time.Duration(c.LocalMaxAge) * time.Second, StaleIfError: time.Duration(c.MaxStale) * time.Second,
		Hashed: peer != nil,
	})
	return c.followingStore(followed{pool: pool, items: cache, events: broker, cache: cache, open: open, peer: peer, trusted: trusted}, options, logger) //nolint:contextcheck // closeStore stops what it starts
}

// nearCacheTimeout is the timeout of one exchange with a server of the near
// cache. The origin answers faster than that. Connecting takes longer if it needs a
// handshake.
const (
	nearCacheTimeout        = 20 * time.Millisecond
	securedNearCacheTimeout = 200 * time.Millisecond
)

// nearCacheEntries opens the backend that holds the entries of the near cache.
func (c *serveCommand) nearCacheEntries(connector *connect.Connector, logger *slog.Logger) (backend.Backend, error) { //nolint:ireturn // one of two
	if size, inProcess, err := nearCacheSize(c.Local[0]); inProcess {
		return memory.New(memory.Options{MaxBytes: int64(size)}), err
	}
	timeout := nearCacheTimeout
	if c.ServerAuthFile != "" || slices.ContainsFunc(c.Local, isSecured) {
		timeout = securedNearCacheTimeout
	}
	entries, err := memcached.New(memcached.Options{
		Servers: c.Local, Hash: selector.LibmemcachedKetama, Timeout: timeout, Connector: connector, Logger: logger.With("tier", backend.Near),
	})
	if err != nil {
		return nil, fmt.Errorf("--local: %w", err)
	}
	return entries, nil
}

// nearCacheSize returns the size of a near cache in this process, which --local
// names as memory:SIZE. Other values of --local are servers.
func nearCacheSize(place string) (size byteSize, inProcess bool, err error) {
	text, inProcess := strings.CutPrefix(place, "memory:")
	if inProcess {
		err = size.UnmarshalText([]byte(text))
	}
	return size, inProcess, err
}
