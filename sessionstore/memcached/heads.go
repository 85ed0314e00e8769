package memcached

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/watch"
)

// ScanHeads calls visit with what a server knows of every live item. It uses a
// connection of its own. See [backend.Replica].
func (b *Backend) ScanHeads(ctx context.Context, server int, visit func(backend.Head) error) error {
	return b.scan(ctx, server, &headScan{visitor: visit})
}

// headScan visits what a scan tells of items.
type headScan struct {
	visitor func(backend.Head) error
	clock   serverClock
}

// serverClock is the clock of a server.
type serverClock struct {
	seconds int64     // since 1970
	at      time.Time // when it showed them
}

func (c serverClock) now() int64 { return c.seconds + int64(time.Since(c.at)/time.Second) }

// begin asks the server for its clock: the scan tells the moment at which an item
// expires, and the clocks of two hosts differ.
func (h *headScan) begin(_ *server, nc net.Conn) error {
	if _, err := nc.Write([]byte("stats" + protocol.LineEnd)); err != nil {
		return fmt.Errorf("memcached: sending a command: %w", err)
	}
	stats, err := protocol.ReadStats(bufio.NewReader(nc)) // the server sends nothing behind the answer
	if err != nil && !errors.Is(err, protocol.ErrRefused) {
		return err
	}
	h.clock = serverClock{time.Now().Unix(), time.Now()}
	if seconds, ok := number(stats, "time"); ok {
		h.clock.seconds = seconds
	}
	return nil
}

func (*headScan) wants(key []byte) bool { return !watch.IsHeartbeat(string(key)) }

func (*headScan) pack(part, key, fields []byte) []byte {
	return append(append(append(part, key...), ' '), fields...)
}

func (h *headScan) visit(packed []byte) error {
	key, fields, _ := bytes.Cut(packed, []byte(" "))
	head, ok := parseHead(fields, h.clock.now())
	if !ok {
		return protocol.Unexpected(scanCommand, packed[len(key):]) // keys are secrets
	}
	head.Key = string(key)
	head = understoodHead(head, backend.IsReserved(head.Key), time.Now())
	if err := h.visitor(head); err != nil {
		return visitorError{err}
	}
	return nil
}

// parseHead reads the fields of a line of a scan behind its key (crawler.c of
// memcached 1.6; flags since 1.6.24). now is the time of the server.
//
//	exp=1795878721 la=1795878121 cas=1 fetch=no cls=1 size=63 flags=0
func parseHead(fields []byte, now int64) (head backend.Head, ok bool) {
	var item backend.Item
	var hasCAS, hasExpiry bool
	for field := range bytes.FieldsSeq(fields) {
		name, value, _ := bytes.Cut(field, []byte("="))
		var err error
		switch string(name) {
		case "exp":
			var expiry int64
			expiry, err = strconv.ParseInt(string(value), 10, 64)
			item.ExpiresIn, hasExpiry = timeLeft(expiry, now), true
		case "cas":
			item.CAS, err = strconv.ParseUint(string(value), 10, 64)
			hasCAS = true
		case "size":
			head.Size, err = strconv.ParseInt(string(value), 10, 64)
		case "flags":
			var n uint64
			n, err = strconv.ParseUint(string(value), 10, 32)
			item.Flags, head.FlagsKnown = uint32(n), true
		}
		if err != nil {
			return backend.Head{}, false
		}
	}
	head.CAS, head.Flags, head.ExpiresIn = item.CAS, item.Flags, item.ExpiresIn
	return head, hasCAS && hasExpiry
}

// timeLeft returns the time until an item expires at a moment; -1 is never.
func timeLeft(expiry, now int64) time.Duration {
	if expiry == -1 {
		return 0
	}
	return promised(expiry - now)
}

// number returns a statistic that is a whole number.
func number(stats []backend.Stat, name string) (n int64, ok bool) {
	for _, stat := range stats {
		if stat.Name == name {
			n, err := strconv.ParseInt(stat.Value, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
