package watch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

const (
	heartbeatEvery = 20 * time.Millisecond
	heartbeatLife  = "60" // seconds
	// heartbeatKeys is how many keys the heartbeats of one Watch use on a
	// server, in turn. A stream that is more heartbeats behind, about ten
	// seconds, counts as broken, since one could be taken for another.
	heartbeatKeys = 512
	// sentinelKey is the key of the sentinel, among those of the heartbeats. It is
	// an item that each heartbeat touches and none stores: when it is gone, the
	// server was flushed. A flush spares items of its own second, and so may spare
	// a young sentinel; the statistics count it in any case.
	sentinelKey = "sentinel"
	// statisticsEvery is after how many heartbeats the server is asked whether
	// it has left out changes.
	statisticsEvery = 10
)

// heartbeatPrefix begins the keys of the heartbeats of all streams.
const heartbeatPrefix = backend.ReservedKeys + "beat:"

// IsHeartbeat says whether a key, without the key prefix, is one of a heartbeat of
// any stream.
func IsHeartbeat(key string) bool { return strings.HasPrefix(key, heartbeatPrefix) }

var errBehind = errors.New("memcached: the change stream is too far behind")

// leftOut is what a server has not reported to its watchers since it was
// started.
type leftOut struct {
	dropped int64 // changes, by a thread whose buffer was full
	skipped int64 // changes, for a watcher that read too slowly
	flushes int64 // commands that remove all items, at once or later
}

// run sends heartbeats, and makes the barriers that are asked for, until the context ends
// or something fails.
func (c *connection) run(ctx context.Context) error {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for n := 1; ; n++ {
		err := c.heartbeat()
		if err == nil && n%statisticsEvery == 0 {
			err = c.compare()
		}
		if err == nil {
			err = c.makeBarriers(ctx, ticker.C)
		}
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// heartbeat stores the next heartbeat, and looks whether the server still has
// the sentinel. When the third heartbeat of a barrier is sent, a flush before the
// first has been noticed.
func (c *connection) heartbeat() error {
	if begun, returned := c.heartbeats.state(); begun-returned >= heartbeatKeys-1 {
		return errBehind
	}
	st := c.stream
	number := c.heartbeats.begin(func(number int64) {
		c.sent[number%heartbeatKeys].Store(max(int64(time.Since(st.started)), 1))
	})
	err := c.send("ms " + c.key(strconv.FormatInt(number%heartbeatKeys, 10)) + " 0 T" + heartbeatLife + protocol.LineEnd +
		protocol.LineEnd + "mg " + c.key(sentinelKey) + " T" + heartbeatLife)
	if err != nil {
		return err
	}
	if err := c.stored(); err != nil {
		return err
	}
	switch line, err := protocol.ReadLine(c.reader); {
	case err != nil:
		return err
	case string(line) == "EN":
		return c.flushed()
	case string(line) != "HD":
		return protocol.Unexpected("mg", line)
	}
	return nil
}

// flushed has the follower resync after the sentinel has gone: the server was
// flushed, or a flush that was announced before takes effect. The sentinel may as
// well have been evicted, or have expired while this process was stopped.
func (c *connection) flushed() error {
	if err := c.storeSentinel(); err != nil {
		return err
	}
	now, err := c.leftOut()
	if err != nil {
		return err
	}
	c.resync(now)
	return nil
}

// resync has the follower resync; now is what the server has left out.
func (c *connection) resync(now leftOut) {
	c.stream.dropped.Add(max(now.dropped-c.known.dropped, 0))
	c.stream.options.Follower.ResyncRequired(c.stream.server)
	c.known = now
}

// storeSentinel stores the item that is there until the server is flushed.
func (c *connection) storeSentinel() error {
	if err := c.send("ms " + c.key(sentinelKey) + " 0 T" + heartbeatLife + protocol.LineEnd); err != nil {
		return err
	}
	return c.stored()
}

// stored reads the answer to a meta set.
func (c *connection) stored() error {
	line, err := protocol.ReadLine(c.reader)
	if err == nil && string(line) != "HD" {
		err = protocol.Unexpected("ms", line)
	}
	return err
}

// key returns the key of an item of this stream.
func (c *connection) key(name string) string {
	return c.stream.options.KeyPrefix + c.stream.heartbeatKeys + name
}

// heartbeatReturned notes that the server has reported a heartbeat. They come
// back in order, since they are sent over one connection; some may be left
// out.
func (c *connection) heartbeatReturned(text string) {
	turn, err := strconv.ParseInt(text, 10, 64)
	if err != nil || turn < 0 || turn >= heartbeatKeys {
		return
	}
	begun, returned := c.heartbeats.state()
	number := returned + 1 + ((turn-returned-1)%heartbeatKeys+heartbeatKeys)%heartbeatKeys
	if number > begun {
		return // of an earlier connection
	}
	c.stream.proven.Store(c.sent[turn].Load())
	c.stream.followed.Store(true)
	c.heartbeats.finish(number)
	if awaited := c.awaited.Load(); awaited > 0 && number >= awaited {
		signal(c.returned)
	}
}

// signal wakes a goroutine, unless somebody has.
func signal(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// compare asks the server what it has left out, and has the follower resync if
// that has changed.
func (c *connection) compare() error {
	now, err := c.leftOut()
	if err != nil {
		return err
	}
	if now != c.known {
		c.resync(now)
	}
	return nil
}

// leftOut asks the server what it has left out.
func (c *connection) leftOut() (leftOut, error) {
	if err := c.send("stats"); err != nil {
		return leftOut{}, err
	}
	stats, err := protocol.ReadStats(c.reader)
	if err != nil {
		return leftOut{}, err
	}
	var l leftOut
	for _, s := range stats {
		switch s.Name {
		case "log_worker_dropped":
			l.dropped = countOf(s)
		case "log_watcher_skipped":
			l.skipped = countOf(s)
		case "cmd_flush":
			l.flushes = countOf(s)
		}
	}
	return l, nil
}

func countOf(s backend.Stat) int64 {
	n, err := strconv.ParseInt(s.Value, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// send sends a command.
func (c *connection) send(text string) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(silence)); err != nil {
		return fmt.Errorf("memcached: %w", err)
	}
	if _, err := c.nc.Write([]byte(text + protocol.LineEnd)); err != nil {
		return fmt.Errorf("memcached: sending a command: %w", err)
	}
	return nil
}
