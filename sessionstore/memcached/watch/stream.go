package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/metric"
)

// stream is the change stream of one server. It reconnects until its context
// ends.
type stream struct {
	server        int
	name          string
	options       Options
	started       time.Time
	heartbeatKeys string // beginning of the keys of heartbeats, behind the key prefix

	// proven is when the last heartbeat that came back was sent, in
	// nanoseconds since started; 0 if none has come back.
	proven   atomic.Int64
	followed atomic.Bool // heartbeats come back
	current  atomic.Pointer[connection]

	events, evictions, skipped, dropped, connects metric.Counter

	lastHeartbeat int64 // its number; heartbeats are numbered from 1
}

const (
	// silence is how long a stream may say nothing until it counts as broken.
	silence = time.Second
	// A broken stream reconnects after a pause that doubles from shortestPause
	// to longestPause; one that the server refuses, after refusedPause.
	shortestPause = 50 * time.Millisecond
	longestPause  = 2 * time.Second
	refusedPause  = 10 * time.Second
	// maxLine exceeds any line: a key of 250 bytes, each of them escaped, and
	// what stands around it.
	maxLine = 4 << 10
)

var (
	// errRefused is in the error of a stream that the server does not give.
	errRefused = errors.New("memcached: the server refuses watchers")
	// errNotConnected is in the error of a barrier without a stream.
	errNotConnected = errors.New("memcached: the change stream is not connected")
)

func (st *stream) lag() time.Duration {
	proven := st.proven.Load()
	if proven == 0 {
		return math.MaxInt64
	}
	return time.Since(st.started) - time.Duration(proven)
}

func (st *stream) metrics() []metric.Metric {
	lag := metric.Infinite()
	if d := st.lag(); d != math.MaxInt64 {
		lag = d.Seconds()
	}
	metrics := []metric.Metric{
		metric.Switch("watch_connected", "Whether the change stream of the server is connected.", st.followed.Load()),
		metric.GaugeOf("watch_lag_seconds", "Staleness of what is known of changes on the server.", lag),
		st.events.Metric("watch_events_total", "Changes that the server has reported."),
		st.evictions.Metric("watch_evictions_total", "Items that the server has evicted because it had no room for them."),
		st.skipped.Metric("watch_skipped_total", "Changes that the server has left out because this process read too slowly."),
		st.dropped.Metric("watch_dropped_total", "Changes that the server has left out because too many came at once."),
		st.connects.Metric("watch_reconnects_total", "How often the change stream of the server has connected."),
	}
	for i := range metrics {
		metrics[i].Server, metrics[i].Tier = st.name, string(backend.Origin)
	}
	return metrics
}

// run follows the server until the context ends.
func (st *stream) run(ctx context.Context) {
	pause := shortestPause
	logged := ""
	for {
		before := st.connects.Load()
		err := st.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if st.connects.Load() != before {
			pause, logged = shortestPause, ""
		}
		if text := err.Error(); text != logged { // each reason once
			logged = text
			st.options.Logger.WarnContext(ctx, "change stream not connected", "server", st.name, "error", err)
		}
		now := pause
		if errors.Is(err, errRefused) {
			now = refusedPause
		}
		pause = min(2*pause, longestPause)
		select {
		case <-time.After(now):
		case <-ctx.Done():
			return
		}
	}
}

// follow connects and reports changes until something fails.
func (st *stream) follow(ctx context.Context) error {
	watching, err := st.subscribe(ctx)
	if err != nil {
		return err
	}
	defer watching.Close() //nolint:errcheck // nothing is left to be lost
	beating, err := st.dial(ctx)
	if err != nil {
		return err
	}
	defer beating.Close() //nolint:errcheck // nothing is left to be lost
	c := newConnection(st, beating)
	defer func() { st.lastHeartbeat, _ = c.heartbeats.state() }()
	if c.known, err = c.leftOut(); err != nil {
		return err
	}
	if err := c.storeSentinel(); err != nil {
		return err
	}
	// The stream has every change from now on. The follower makes up for those
	// before.
	st.options.Follower.ResyncRequired(st.server)
	st.connects.Inc()
	st.options.Logger.InfoContext(ctx, "change stream connected", "server", st.name)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.done = ctx.Done()
	st.current.Store(c)
	var both sync.WaitGroup
	both.Go(func() { cancel(c.read(watching)) })
	both.Go(func() { cancel(c.run(ctx)) })
	<-ctx.Done()
	st.current.Store(nil)
	watching.Close() //nolint:errcheck // makes read return
	beating.Close()  //nolint:errcheck // makes the heartbeats end
	st.followed.Store(false)
	both.Wait()
	st.followed.Store(false)
	return context.Cause(ctx) //nolint:wrapcheck // an error of ours
}

func (st *stream) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, st.options.Timeout)
	defer cancel()
	nc, err := st.options.Dial(ctx, st.server)
	if err != nil {
		return nil, fmt.Errorf("memcached: connecting the change stream: %w", err)
	}
	return nc, nil
}

// subscribe returns a connection on which the server reports changes.
func (st *stream) subscribe(ctx context.Context) (net.Conn, error) {
	// Versions before 1.6.20 do not report deletions and answer ERROR.
	for _, command := range []string{"watch mutations evictions deletions", "watch mutations evictions"} {
		nc, err := st.dial(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := ask(nc, command, st.options.Timeout)
		switch {
		case err != nil:
			nc.Close() //nolint:errcheck // of no use
			return nil, err
		case answer == "OK":
			return nc, nil
		}
		nc.Close()                                                  //nolint:errcheck // of no use
		if strings.HasPrefix(answer, protocol.TooManyConnections) { // soon it may have fewer
			return nil, protocol.Unexpected("watch", []byte(answer))
		}
		if answer != "ERROR" {
			return nil, fmt.Errorf("%w: %q", errRefused, answer)
		}
	}
	return nil, fmt.Errorf("%w: it does not know the command", errRefused)
}

// ask sends a command and reads a line, byte by byte: what follows the line
// belongs to the stream.
func ask(nc net.Conn, command string, timeout time.Duration) (string, error) {
	if err := nc.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", fmt.Errorf("memcached: %w", err)
	}
	if _, err := io.WriteString(nc, command+protocol.LineEnd); err != nil {
		return "", fmt.Errorf("memcached: sending a command: %w", err)
	}
	var line []byte
	for one := make([]byte, 1); len(line) < protocol.MaxQuoted; line = append(line, one[0]) {
		if _, err := nc.Read(one); err != nil {
			return "", fmt.Errorf("memcached: reading an answer: %w", err)
		}
		if one[0] == '\n' {
			break
		}
	}
	return strings.TrimRight(string(line), "\r"), nil
}
