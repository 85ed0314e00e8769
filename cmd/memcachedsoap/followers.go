package main

import (
	"context"
	"errors"
	"log/slog"

	"memcachedsoap/service/changes"
	"memcachedsoap/service/lemonldap/events"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// followed is what a store keeps its items in: the pool, or a near cache before
// it.
type followed struct {
	pool  backend.Pool
	items backend.Backend
	cache *near.Backend // nil without --local
	open  func() (backend.Pool, error)
	peer  *changes.Peer // what follows the pool together with other instances; else nil
	// trusted makes the stream of the peer one that counts only while the servers are
	// equal to those of the standby.
	trusted func(backend.Stream) backend.Stream
	events  *events.Broker // what publishes deletions by other programs; else nil
}

// followingStore opens a store and follows the change stream of its pool: to
// invalidate the near cache, to keep the index complete, and to guard deletions.
// Without a near cache and an index only two instances follow, to guard
// deletions.
func (c *serveCommand) followingStore(in followed, options sessionstore.Options, logger *slog.Logger) (
	store *sessionstore.Store, closeStore func() error, err error,
) {
	store = sessionstore.NewStore(in.items, storable.Codec{}, options)
	follows := in.cache != nil || len(c.principals()) > 0
	guarding := func() {}
	var deletions *guard.Guard
	var followers []backend.Follower
	if in.cache != nil {
		followers = append(followers, backend.Follower{
			Changed: in.cache.Changed, ResyncRequired: func(int) { in.cache.InvalidateAll() },
		})
	}
	if c.guards(logger) {
		deletions = store.NewGuard(in.pool, guardOptions(in, follows, logger))
		guarding = deletions.Close
		if follows {
			followers = append(followers, deletions.Follower())
		}
	}
	if !follows {
		return store, func() error {
			guarding()
			return store.Close()
		}, nil
	}
	if in.events != nil {
		followers = append(followers, in.events.Watch(in.pool))
	}
	indexer := store.NewIndexer(in.pool)
	closeStore = func() error {
		guarding()
		indexer.Close()
		return store.Close()
	}
	follower := each(append(followers, indexer.Follower()))
	if in.peer != nil {
		c.share(in, follower, deletions, indexer)
		return store, closeStore, nil
	}
	stream, err := in.pool.Follow(follower)
	switch {
	case errors.Is(err, backend.ErrNotFollowable):
		c.withoutFollowing(in, indexer, logger)
		return store, closeStore, nil
	case err != nil:
		return nil, nil, errors.Join(err, closeStore())
	case in.cache != nil:
		in.cache.Follow(stream)
	}
	return store, closeStore, nil
}

// logRebuilds logs how far a rebuild of the index is, until stop is called.
func logRebuilds(store *sessionstore.Store, logger *slog.Logger) (stop func()) {
	shown := newLoggedProgress(logger)
	shown.poll = func() (name string, now func() count) {
		if !store.IndexRebuild().Running {
			return "", nil
		}
		return "rebuilding the index", func() count {
			p := store.IndexRebuild()
			return count{p.Entered, p.Items, true}
		}
	}
	shown.start()
	return shown.stop
}

// unfollowable returns the setting because of which the changes on the servers cannot
// be followed, or "".
func (c *serveCommand) unfollowable() string {
	switch {
	case c.OnDeadServer == memcached.Rehash:
		return "--on-dead-server=rehash"
	case c.Proxy == memcached.DirectProxy && len(c.FollowServers) == 0:
		return "--proxy=direct"
	}
	return ""
}

// withoutFollowing says what does not work because changes cannot be followed.
func (c *serveCommand) withoutFollowing(in followed, indexer *index.Indexer, logger *slog.Logger) {
	because := "with " + c.unfollowable() + " the changes on the servers cannot be followed"
	if len(c.principals()) > 0 && c.Proxy == memcached.DirectProxy {
		indexer.ScanOnly(because + ", and their keys cannot be listed")
		logger.Warn("findSessions and deleteSessions fail: " + because + ", and their keys cannot be listed")
	} else if len(c.principals()) > 0 {
		indexer.ScanOnly(because + ", so sessions are found by a scan of all servers")
		logger.Warn("findSessions and deleteSessions scan all servers at each call: " + because)
	}
	if in.cache != nil {
		logger.Warn("the near cache is not used: " + because)
	}
	if in.events != nil {
		logger.Warn("deletions by other programs are not published to LemonLDAP::NG: " + because)
	}
}

// guards says whether this instance guards deletions. Without memcached servers
// there are no other writers.
func (c *serveCommand) guards(logger *slog.Logger) bool {
	if !c.GuardDeletions || len(c.Servers) == 0 {
		return false
	}
	because := c.unfollowable()
	if because != "" {
		logger.Warn("deletions are not guarded against other programs: with " + because + " the changes on the servers cannot be followed")
	}
	return because == ""
}

// guardOptions returns the options of the guard. follows says that this instance
// follows the changes for other purposes anyway.
func guardOptions(in followed, follows bool, logger *slog.Logger) guard.Options {
	o := guard.Options{
		Restored: func(ctx context.Context, id string) {
			logger.WarnContext(ctx, "another program stored a deleted session again: the session is deleted again", "session", sessionstore.ID(id).Fingerprint())
		},
		Failed: func(ctx context.Context, id string, err error) {
			attributes := []any{"error", err}
			if id != "" {
				attributes = append(attributes, "session", sessionstore.ID(id).Fingerprint())
			}
			logger.WarnContext(ctx, "could not guard deletions", attributes...)
		},
		Overflowed: func(server string) {
			logger.Warn("too many changes at once: the guard of deletions scans the server", "server", server)
		},
	}
	if !follows {
		o.Open = in.open
	}
	return o
}

// each makes a follower that notifies several, in their order.
func each(followers []backend.Follower) backend.Follower {
	return backend.Follower{
		Changed: func(key string, foreign bool) {
			for _, f := range followers {
				f.Changed(key, foreign)
			}
		},
		ResyncRequired: func(server int) {
			for _, f := range followers {
				f.ResyncRequired(server)
			}
		},
		Removed: func(key string) {
			for _, f := range followers {
				if f.Removed != nil {
					f.Removed(key)
				}
			}
		},
	}
}
