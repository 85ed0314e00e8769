package memcached

import (
	"context"
	"math"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// A proxy hides the keys and the changes of the servers behind it. A pool of proxies
// may name these servers ([Options.FollowServers]): it follows and scans them. Which of
// them has a key only the proxy knows, so that to others they are one server.

// followed are the servers behind the proxies of a pool. nil has none.
type followed struct{ pool *Backend }

func newFollowed(o Options) (*followed, error) {
	if len(o.FollowServers) == 0 {
		return nil, nil //nolint:nilnil // nothing to follow, as the type says
	}
	o.Servers, o.FollowServers = o.FollowServers, nil
	o.Hash, o.HashKeyPrefix, o.OnDeadServer, o.Discovered, o.Proxy = "", false, Fail, nil, NoProxy
	o.KetamaPoints = 0
	pool, err := New(o)
	if err != nil {
		return nil, err
	}
	return &followed{pool}, nil
}

// name is the name of all servers together.
func (f *followed) name() string { return strings.Join(f.pool.Servers(), ",") }

// follow follows the changes on all servers.
func (f *followed) follow(to backend.Follower) (backend.Stream, error) { //nolint:ireturn // as backend.Pool has it
	if resync := to.ResyncRequired; resync != nil {
		to.ResyncRequired = func(int) { resync(0) }
	}
	if skip := to.Skip; skip != nil {
		to.Skip = func(int) bool { return skip(0) }
	}
	stream, err := f.pool.Follow(to)
	if err != nil {
		return nil, err
	}
	all := allStreams{stream: stream}
	for i := range f.pool.servers {
		all.keys = append(all.keys, backend.KeyOn(f.pool, i, inspectionKey+":"))
	}
	return all, nil
}

func (f *followed) scan(ctx context.Context, visit func(key string) error) error {
	for i := range f.pool.servers {
		if err := f.pool.Scan(ctx, i, visit); err != nil {
			return err
		}
	}
	return nil
}

func (f *followed) barrier(ctx context.Context) error {
	failures := make([]error, len(f.pool.servers))
	f.pool.each(func(i int, _ *server) { failures[i] = f.pool.Barrier(ctx, i) })
	return first(failures)
}

// allStreams is the state of the streams of all servers: that of the worst.
type allStreams struct {
	stream backend.Stream
	keys   []string // one on each server
}

// State returns the greatest lag, and whether all streams are connected.
func (s allStreams) State(string) (lag time.Duration, connected bool) {
	connected = true
	for _, key := range s.keys {
		one, ok := s.stream.State(key)
		lag, connected = max(lag, one), connected && ok
	}
	if len(s.keys) == 0 {
		return math.MaxInt64, false
	}
	return lag, connected
}
