package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// tuneCollector lets the heap grow to five times what is in use before garbage
// is collected, unless GOGC says otherwise. What is in use are a few megabytes
// when the sessions are in memcached, and collecting at twice as many takes an
// eighth of the processor's time: a throughput of 0.80 of a server without
// XML and Storable becomes 0.85 of it.
func (c *serveCommand) tuneCollector() {
	const percent = 400
	if _, set := os.LookupEnv("GOGC"); !set && len(c.Servers) > 0 {
		debug.SetGCPercent(percent)
	}
}

// store opens the store that the settings name, and returns what closes it.
// Servers need not answer yet.
func (c *serveCommand) store(logger *slog.Logger) (store *sessionstore.Store, closeStore func() error, err error) {
	options := sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{
			Default: time.Duration(c.SessionTTL) * time.Second,
			Longest: time.Duration(c.MaxSessionTTL) * time.Second,
			Idle:    time.Duration(c.SessionIdle) * time.Second,
		},
		CompressThreshold: int(c.CompressThreshold),
		Principals:        c.Principal, MaxSessionsPerPrincipal: c.MaxSessionsPerPrincipal,
		IndexFailed: func(ctx context.Context, id sessionstore.ID, err error) {
			logger.WarnContext(ctx, "principal index not kept", "request_id", httpd.RequestID(ctx), "session", id.Fingerprint(), "error", err)
		},
		ExtensionFailed: func(ctx context.Context, id sessionstore.ID, err error) {
			logger.WarnContext(ctx, "life of a session that was read not extended", "request_id", httpd.RequestID(ctx), "session", id.Fingerprint(), "error", err)
		},
	}
	if len(c.Servers) == 0 {
		store = sessionstore.NewStore(memory.New(memory.Options{MaxBytes: int64(c.MemoryLimit)}), storable.Codec{}, options)
		return store, store.Close, nil
	}
	principal, err := memcached.New(memcached.Options{
		Servers: c.Servers, Hash: c.Hash, KetamaPoints: c.KetamaPoints, KeyPrefix: c.KeyPrefix,
		HashKeyPrefix: c.HashKeyPrefix,
		OnDeadServer:  c.OnDeadServer, Timeout: c.StoreTimeout,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(c.Local) == 0 && (len(c.Principal) == 0 || c.OnDeadServer == memcached.Rehash) {
		store = sessionstore.NewStore(principal, storable.Codec{}, options)
		return store, store.Close, nil
	}
	return c.following(principal, options, logger)
}

// following opens a store that follows the changes on its servers: for the
// copies of the local tier, and to find sessions that Perl programs store.
func (c *serveCommand) following(principal *memcached.Backend, options sessionstore.Options, logger *slog.Logger) (*sessionstore.Store, func() error, error) {
	var tier *near.Backend
	items := backend.Backend(principal)
	if len(c.Local) > 0 {
		copies, err := c.copies()
		if err != nil {
			return nil, nil, errors.Join(err, principal.Close())
		}
		tier = near.New(principal, near.Options{
			Copies: copies, MaxAge: time.Duration(c.LocalMaxAge) * time.Second, MaxStale: time.Duration(c.MaxStale) * time.Second,
		})
		items = tier
	}
	store := sessionstore.NewStore(items, storable.Codec{}, options)
	indexer := store.NewIndexer()
	watch := principal.Watch(memcached.WatchOptions{
		Changed: func(key string, foreign bool) {
			if tier != nil {
				tier.Changed(key, foreign)
			}
			if foreign {
				indexer.Changed(key)
			}
		},
		Lost: func() {
			if tier != nil {
				tier.Lost()
			}
		},
		Logger: logger,
	})
	if tier != nil {
		tier.Follow(watch)
	}
	return store, func() error {
		indexer.Close()
		return store.Close()
	}, nil
}

// inThisProcess is the beginning of --local for copies in memory.
const inThisProcess = "memory:"

// localTimeout is for one exchange with a server nearby: after so long it is
// quicker to ask the principal.
const localTimeout = 20 * time.Millisecond

// copies opens what keeps the copies of the local tier.
func (c *serveCommand) copies() (backend.Backend, error) { //nolint:ireturn // one of two
	if size, ok := strings.CutPrefix(c.Local[0], inThisProcess); ok {
		var limit byteSize
		if err := limit.UnmarshalText([]byte(size)); err != nil {
			return nil, err
		}
		return memory.New(memory.Options{MaxBytes: int64(limit)}), nil
	}
	copies, err := memcached.New(memcached.Options{Servers: c.Local, Hash: selector.LibmemcachedKetama, Timeout: localTimeout})
	if err != nil {
		return nil, fmt.Errorf("--local: %w", err)
	}
	return copies, nil
}

func (c *serveCommand) validateLocal() error {
	if len(c.Local) == 0 {
		if c.MaxStale > 0 {
			return errors.New("--max-stale is for copies: --local says where they are")
		}
		return nil
	}
	if len(c.Servers) == 0 {
		return errors.New("--local is for copies of sessions on --servers, of which there are none")
	}
	if c.OnDeadServer == memcached.Rehash {
		return errors.New("--local and --on-dead-server=rehash do not go together: a session may be in several places")
	}
	if c.LocalMaxAge == 0 {
		return errors.New("--local-max-age must be more than 0")
	}
	for _, place := range c.Local {
		size, inMemory := strings.CutPrefix(place, inThisProcess)
		if !inMemory {
			continue
		}
		if len(c.Local) > 1 {
			return errors.New("--local is either this process or servers")
		}
		var limit byteSize
		if err := limit.UnmarshalText([]byte(size)); err != nil {
			return fmt.Errorf("--local: %w", err)
		}
		if limit < smallestLocal {
			return errors.New("--local=memory: is less than 1MiB, which is too little")
		}
	}
	return nil
}

// smallestLocal is the least memory that is of use for copies.
const smallestLocal = 1 << 20
