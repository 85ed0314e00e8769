package watch

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// connection is a stream while it is connected. One goroutine reads what the
// server reports, another sends heartbeats over a connection of their own and
// asks the server what it has left out.
type connection struct {
	stream *stream
	nc     net.Conn      // for heartbeats and statistics
	reader *bufio.Reader // of nc

	heartbeats progress                    // sent, and come back
	sent       [heartbeatKeys]atomic.Int64 // when they were sent, in the form of stream.proven

	known leftOut // what the server had left out when it was asked last

	barriers progress      // begun, and over
	wanted   chan struct{} // asks for a barrier
	barrier  int64         // number of the barrier that is under way
	step     int           // its heartbeats so far; 0 if none is under way
	awaited  atomic.Int64  // number of its last heartbeat
	returned chan struct{} // the heartbeat has come back

	done <-chan struct{} // closed when the stream disconnects
}

func newConnection(st *stream, nc net.Conn) *connection {
	return &connection{
		stream: st, nc: nc, reader: bufio.NewReaderSize(deadlineReader{nc}, maxLine),
		heartbeats: progress{begun: st.lastHeartbeat, finished: st.lastHeartbeat},
		wanted:     make(chan struct{}, 1), returned: make(chan struct{}, 1),
	}
}

// read reports what the server says until something fails.
func (c *connection) read(nc net.Conn) error {
	st := c.stream
	r := bufio.NewReaderSize(deadlineReader{nc}, 64<<10)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("memcached: reading the change stream: %w", err)
		}
		e, ok := parseEvent(line)
		switch {
		case !ok:
			return protocol.Unexpected("watch", line)
		case e.skipped > 0:
			st.skipped.Add(e.skipped)
			st.options.Follower.ResyncRequired(st.server)
		case e.key != nil:
			c.report(e)
		}
	}
}

func (c *connection) report(e event) {
	st := c.stream
	key, ours := strings.CutPrefix(string(e.key), st.options.KeyPrefix)
	if !ours {
		return
	}
	if turn, ok := strings.CutPrefix(key, st.heartbeatKeys); ok {
		c.heartbeatReturned(turn)
		return
	}
	if e.change == backend.Evicted {
		st.evictions.Inc()
	}
	if item := st.options.Follower.Item; item != nil {
		if backend.CheckKey(string(e.key)) == nil && !IsHeartbeat(key) {
			st.events.Inc()
			item(key, e.change)
		}
		return
	}
	if backend.IsReserved(key) {
		if removed := st.options.Follower.Removed; removed != nil && !e.plain {
			removed(key)
		}
		return
	}
	st.events.Inc()
	st.options.Follower.Changed(key, !e.plain)
}

// deadlineReader gives each read of a connection a deadline of its own. One for
// each line would end a busy stream: when reads do not end with a line, the
// buffer is never empty, and many lines come before the next one.
//
// It waits twice. If this process was not scheduled for the whole time, the bytes are
// there when the second wait begins.
type deadlineReader struct{ nc net.Conn }

func (r deadlineReader) Read(p []byte) (n int, err error) {
	for range 2 {
		if err := r.nc.SetReadDeadline(time.Now().Add(silence / 2)); err != nil {
			return 0, fmt.Errorf("memcached: %w", err)
		}
		if n, err = r.nc.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	return n, err //nolint:wrapcheck // an io.Reader's error is its reader's
}
