// Package watch follows the changes on memcached servers, by memcached's
// "watch" command, and reports them to a [backend.Follower]. Changes by Perl
// programs are reported like our own.
//
// A server reports a change about a millisecond after it was made, but only
// while it is kept awake: its logger thread sleeps up to a second when there
// is nothing to report. Therefore each stream stores a heartbeat, a tiny item,
// every 20 ms under keys that begin with "memcachedsoap:beat:". A heartbeat
// that comes back bounds the staleness of the stream. When many changes come
// at once, a server may leave some out; its statistics show that, and are
// asked every 200 ms. Then, and each time the stream connects, the follower
// must resync.
//
// A server does not report flush_all. Each heartbeat also touches an item that
// was stored once, the sentinel. When it is gone the follower must resync, about
// 20 ms after the flush. A flush in the second in which the sentinel was stored
// is seen in the statistics. A barrier that is begun after a flush returns after
// the follower was notified of it.
//
// A server accepts 20 watchers.
package watch

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/metric"
)

// Options say what to follow and whom to notify. All fields but KeyPrefix are
// required.
type Options struct {
	// Selector knows the servers, and which one has a key.
	Selector *selector.Selector
	// Dial connects to a server, given by its index.
	Dial func(ctx context.Context, server int) (net.Conn, error)
	// KeyPrefix stands before each key on the servers; keys without it are not
	// reported.
	KeyPrefix string
	// Timeout bounds the time to connect, and the time to the first answer.
	Timeout time.Duration
	// Follower is notified of changes.
	Follower backend.Follower
	// Logger logs when a stream connects and disconnects.
	Logger *slog.Logger
}

// Watch follows the changes on all servers of a pool. All methods may be
// called from any goroutine.
type Watch struct {
	selector *selector.Selector
	streams  []*stream // by server
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

var _ backend.Stream = (*Watch)(nil)

// Start starts to follow the changes, until Close.
func Start(o Options) *Watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watch{selector: o.Selector, cancel: cancel}
	node := strings.ToLower(rand.Text()[:8])
	for i, server := range o.Selector.Servers() {
		st := &stream{
			server: i, name: server.Name, options: o, started: time.Now(),
			heartbeatKeys: heartbeatPrefix + node + ":",
		}
		w.streams = append(w.streams, st)
		if skip := o.Follower.Skip; skip == nil || !skip(i) {
			w.running.Go(func() { st.run(ctx) })
		}
	}
	return w
}

// Close stops following. It returns when the follower will not be called any
// more.
func (w *Watch) Close() {
	w.cancel()
	w.running.Wait()
}

// State returns the lag of the stream of the server that has the key, and whether
// the stream is connected. See [backend.Stream].
func (w *Watch) State(key string) (lag time.Duration, connected bool) {
	st := w.streams[w.selector.Pick(key)]
	return st.lag(), st.followed.Load()
}

// Barrier waits until the stream of a server has caught up with this moment.
// See [backend.Pool].
func (w *Watch) Barrier(ctx context.Context, server int) error {
	if server < 0 || server >= len(w.streams) {
		return fmt.Errorf("memcached: there is no server %d", server)
	}
	return w.streams[server].barrier(ctx)
}

// Metrics returns the metrics of each server's stream, in configured order.
func (w *Watch) Metrics() []metric.Metric {
	metrics := make([]metric.Metric, 0, 6*len(w.streams))
	for _, st := range w.streams {
		metrics = append(metrics, st.metrics()...)
	}
	return metrics
}
