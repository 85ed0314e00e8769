package replication

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// maxLosses bounds how many losses of a server are known. Beyond it all that
	// was remembered is forgotten.
	maxLosses = 1 << 10
	// smallBuffer is the size of memcached's default buffer for each watcher. A
	// burst of some thousand changes overruns the buffers that it has by default.
	smallWorkerBuffer, smallWatcherBuffer = 64 << 10, 256 << 10
)

// inspectAll asks all servers what they are: the first comparison needs it.
func (r *Replicator) inspectAll(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range r.servers() {
		all.Go(func() {
			err := r.inspect(ctx, s)
			r.noteReached(ctx, s, err)
		})
	}
	all.Wait()
}

// inspect asks a server what it is, and notes whether it has lost items.
func (r *Replicator) inspect(ctx context.Context, s *server) error {
	info, err := s.side.pool.Describe(ctx, s.index)
	if err != nil {
		return err
	}
	s.mu.Lock()
	before := s.info
	s.info = info
	known := before.Release != ""
	evicting := known && info.Run == before.Run && info.Evictions > before.Evictions
	if !known {
		s.evicted = info.Evictions
	}
	s.mu.Unlock()
	switch {
	case !known:
		r.warnOfBuffers(ctx, s, info)
	case info.Run != before.Run:
		r.lost(ctx, s, restarted, info)
	case info.Flushes != before.Flushes:
		r.lost(ctx, s, flushed, info)
	}
	if evicting {
		r.counts.evicted.Add(info.Evictions - before.Evictions)
		if r.saidEvicting.CompareAndSwap(false, true) {
			r.log.WarnContext(ctx, "server evicts items: give it more memory; what it evicts is not copied back",
				"pool", s.side.name, "server", s.name)
		}
	}
	return nil
}

// lost notes that a server has lost all items.
func (r *Replicator) lost(ctx context.Context, s *server, l loss, info backend.ServerInfo) {
	s.doubt()
	s.absent()
	s.mu.Lock()
	s.losses = append(s.losses, l)
	s.evicted = 0
	if len(s.losses) > maxLosses {
		s.losses = s.losses[:0]
		r.remembered.clear()
	}
	s.mu.Unlock()
	if l == flushed {
		r.log.WarnContext(ctx, "all items of a server were removed (flush_all): they stay on the other side",
			"pool", s.side.name, "server", s.name)
		r.resync(s, "its items were removed")
		return
	}
	r.log.WarnContext(ctx, "server was restarted", "pool", s.side.name, "server", s.name, "started", info.Started.UTC().Format(time.RFC3339))
	r.resync(s, "it was restarted")
}

// warnOfBuffers warns once of a server whose change stream will leave out changes
// when many come at once.
func (r *Replicator) warnOfBuffers(ctx context.Context, s *server, info backend.ServerInfo) {
	small := info.WorkerLogBuffer > 0 && info.WorkerLogBuffer <= smallWorkerBuffer ||
		info.WatcherLogBuffer > 0 && info.WatcherLogBuffer <= smallWatcherBuffer
	if small {
		r.log.WarnContext(ctx, "the log buffers of a server are small: a burst of changes is copied by a comparison only; "+
			"start memcached with those of docs/replication.md (What memcached needs)",
			"pool", s.side.name, "server", s.name, "worker_bytes", info.WorkerLogBuffer, "watcher_bytes", info.WatcherLogBuffer)
	}
	if crashesOnStall(info.Release) {
		r.log.InfoContext(ctx, "memcached before 1.6.45 may crash when a follower of its changes hangs: upgrade it",
			"pool", s.side.name, "server", s.name, "release", info.Release)
	}
}

// crashesOnStall says whether a release of memcached may crash when a follower hangs
// up that has not read for a while: those before 1.6.45. A release that is not
// understood does not.
func crashesOnStall(release string) bool {
	fields := strings.Split(release, ".")
	for i, fixed := range []int{1, 6, 45} {
		if i >= len(fields) {
			return true
		}
		n, err := strconv.Atoi(fields[i])
		if err != nil || n > fixed {
			return false
		}
		if n < fixed {
			return true
		}
	}
	return false
}

// noteReached notes whether a server answers. One that was away must be compared.
func (r *Replicator) noteReached(ctx context.Context, s *server, err error) {
	if !s.reachedNow(err) {
		return
	}
	if err != nil {
		s.absent()
		r.log.WarnContext(ctx, "server not reached", "pool", s.side.name, "server", s.name, "error", err)
		r.resync(s, "it was away")
		return
	}
	r.log.InfoContext(ctx, "server reached", "pool", s.side.name, "server", s.name)
	r.resync(s, "it was away")
}

// unfollowedTime is how long a stream may take to connect before its server counts
// as one that cannot be followed.
const unfollowedTime = 5 * time.Second

// noteFollowed says once when the changes on a server are not followed.
func (r *Replicator) noteFollowed(ctx context.Context, s *server) {
	_, connected := s.lag()
	s.mu.Lock()
	defer s.mu.Unlock()
	if connected || !s.reached || time.Since(r.since) < unfollowedTime {
		s.warned = s.warned && !connected
		return
	}
	if !s.warned {
		s.warned = true
		r.log.WarnContext(ctx, "the changes on a server cannot be followed: it is compared only", "pool", s.side.name, "server", s.name)
	}
}
