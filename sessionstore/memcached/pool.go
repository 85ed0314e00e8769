package memcached

import (
	"context"
	"errors"
	"fmt"
	"net"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/watch"
)

var (
	_ backend.Pool   = (*Backend)(nil)
	_ backend.Placer = (*Backend)(nil)
)

var (
	errFollowed    = errors.New("memcached: the changes are followed already")
	errNotFollowed = errors.New("memcached: the changes are not followed")

	errHiddenChanges = fmt.Errorf("%w: the server is a proxy; name the servers behind it (--follow-servers)", backend.ErrNotFollowable)
)

// Servers returns the names of the servers, as configured; servers behind proxies
// ([Options.FollowServers]) are one.
func (b *Backend) Servers() []string {
	if b.followed != nil {
		return []string{b.followed.name()}
	}
	names := make([]string, len(b.servers))
	for i, s := range b.servers {
		names[i] = s.name
	}
	return names
}

// ServerOf returns the index of the server that has the key; with [Rehash] that
// of its primary.
func (b *Backend) ServerOf(key string) int {
	if b.followed != nil {
		return 0
	}
	return b.selector.Pick(key)
}

// PlaceOf names the server from which an item was read; with [Rehash] it may be one of
// the failover chain.
func (b *Backend) PlaceOf(key string, item backend.Item) string {
	names := b.Servers()
	if b.Elsewhere() && item.Server >= 0 && item.Server < len(names) {
		return names[item.Server]
	}
	return names[b.ServerOf(key)]
}

// Elsewhere says whether an item may be on another server of its failover chain.
func (b *Backend) Elsewhere() bool { return b.placement.moves() }

// Follow starts to follow the changes on all servers, until the Backend is
// closed. See package watch.
func (b *Backend) Follow(f backend.Follower) (backend.Stream, error) { //nolint:ireturn // as backend.Pool has it
	if b.followed != nil {
		return b.followed.follow(f)
	}
	if b.placement.moves() || b.proxied {
		return nil, backend.ErrNotFollowable
	}
	b.following.Lock()
	defer b.following.Unlock()
	switch {
	case b.closed:
		return nil, backend.Unavailable("the store is closed", backend.ErrClosed)
	case b.watch.Load() != nil:
		return nil, errFollowed
	}
	w := watch.Start(watch.Options{
		Selector: b.selector,
		Dial: func(ctx context.Context, server int) (net.Conn, error) {
			if b.servers[server].zones.Load() {
				return nil, errHiddenChanges
			}
			return b.servers[server].connectOnce(ctx)
		},
		KeyPrefix: b.prefix, Timeout: b.servers[0].timeout, Follower: f, Logger: b.logger,
	})
	b.watch.Store(w)
	return w, nil
}

// Barrier waits until the change stream of a server has caught up with this
// moment.
func (b *Backend) Barrier(ctx context.Context, server int) error {
	if b.followed != nil {
		return b.followed.barrier(ctx)
	}
	w := b.watch.Load()
	if w == nil {
		return backend.Unavailable("the change stream of a memcached server is not connected", errNotFollowed)
	}
	return w.Barrier(ctx, server)
}

// stopFollowing ends the change streams, and lets none begin.
func (b *Backend) stopFollowing() {
	b.following.Lock()
	defer b.following.Unlock()
	b.closed = true
	if w := b.watch.Load(); w != nil {
		w.Close()
	}
}
