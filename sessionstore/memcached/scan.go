package memcached

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

const (
	// scanCommand lists all keys. Of the two forms, "hash" walks the hash
	// table and misses none; "all" walks the LRU lists and misses items that
	// move there meanwhile.
	scanCommand = "lru_crawler metadump hash"
	// scanSilence is how long a server may say nothing during a scan.
	scanSilence = 10 * time.Second
	// scanStall is how long this process may stop reading during a scan. After
	// a second in which it cannot write, memcached writes a part of its output
	// twice or not at all (lru_crawler_write in crawler.c).
	scanStall = 500 * time.Millisecond
	// maxMetadumpLine exceeds any line: a key of 250 bytes, each of them
	// escaped, and what stands behind it.
	maxMetadumpLine = 4 << 10
	// A scan that finds the server busy with another one tries again after a
	// pause that doubles from shortestScanPause to longestScanPause.
	shortestScanPause = 20 * time.Millisecond
	longestScanPause  = time.Second
	// scanBusyTime is how long a scan waits for another one to end.
	scanBusyTime = time.Minute
	// Keys are handed to the visitor in parts of about scanPart bytes. A
	// scan that is maxScanParts parts ahead of its visitor, 64 MiB, is given
	// up: it must not wait for the visitor (see scanStall).
	scanPart     = 64 << 10
	maxScanParts = 1024
)

var errScanBusy = errors.New("memcached: the server cannot scan at the moment")

// Scan calls visit with every live key of a server. It uses a connection of
// its own. See [backend.Pool].
func (b *Backend) Scan(ctx context.Context, server int, visit func(key string) error) error {
	if b.followed != nil {
		return b.followed.scan(ctx, visit)
	}
	return b.scan(ctx, server, keyScan{visit})
}

// scanKind is what a scan is for.
type scanKind interface {
	// begin prepares a connection before the scan is sent over it.
	begin(s *server, nc net.Conn) error
	// wants says whether the item under a key, without prefix, is visited.
	wants(key []byte) bool
	// pack appends what is kept of an item until it is visited. What the server tells
	// of it behind the key are fields. There is no line feed in what it appends.
	pack(part, key, fields []byte) []byte
	// visit visits what was packed of one item. An error of the visitor is a
	// visitorError.
	visit(packed []byte) error
}

// keyScan visits the keys that may be those of callers.
type keyScan struct{ visitor func(key string) error }

func (keyScan) begin(*server, net.Conn) error { return nil }

func (keyScan) wants(key []byte) bool { return !backend.IsReserved(string(key)) }

func (keyScan) pack(part, key, _ []byte) []byte { return append(part, key...) }

func (k keyScan) visit(packed []byte) error {
	if err := k.visitor(string(packed)); err != nil {
		return visitorError{err}
	}
	return nil
}

// scan scans a server, and waits as long as it is busy with another scan.
func (b *Backend) scan(ctx context.Context, server int, kind scanKind) error {
	s, err := b.serverAt(server)
	if err != nil {
		return err
	}
	if b.proxied || s.zones.Load() {
		return s.unavailable(fmt.Errorf("%w: it is a proxy", backend.ErrNotScannable), false)
	}
	if !s.begin() {
		return backend.Unavailable("the store is closed", backend.ErrClosed)
	}
	defer s.calls.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(b.closing, func() { cancel(backend.ErrClosed) })() //nolint:contextcheck // Close ends it, too
	began := time.Now()
	for pause := shortestScanPause; ; pause = min(2*pause, longestScanPause) {
		err := s.outOfService()
		if err == nil {
			err = s.tracedScan(ctx, b.prefix, kind)
		}
		if !errors.Is(err, errScanBusy) || time.Since(began) > scanBusyTime {
			return s.scanned(ctx, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return s.scanned(ctx, err)
		}
	}
}

// serverAt returns a server by its index.
func (b *Backend) serverAt(i int) (*server, error) {
	if i < 0 || i >= len(b.servers) {
		return nil, fmt.Errorf("memcached: there is no server %d", i)
	}
	return b.servers[i], nil
}

// visitorError is an error of the visitor, which a scan returns as it is.
type visitorError struct{ error }

// scanned translates how a scan has ended.
func (s *server) scanned(ctx context.Context, err error) error {
	var visitor visitorError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &visitor):
		return visitor.error
	case ctx.Err() != nil:
		return backend.Unavailable("the scan of a memcached server was interrupted", errors.Join(context.Cause(ctx), err))
	case isTimeout(err):
		err = errTimeout
	}
	return s.unavailable(err, false)
}

// tracedScan scans the server once, with a span.
func (s *server) tracedScan(ctx context.Context, prefix string, kind scanKind) error {
	recorded := s.spans.Exchange(ctx, opScan.String(), 1)
	defer recorded.End()
	err := s.scan(ctx, prefix, kind)
	if recorded.Recorded() {
		record(ctx, recorded, opScan, err)
	}
	return err
}

// scan scans the server once.
func (s *server) scan(ctx context.Context, prefix string, kind scanKind) error {
	nc, err := s.dialScan(ctx, kind)
	if err != nil {
		return err
	}
	hangUp := func() { nc.Close() } //nolint:errcheck // nothing is left to be lost
	stop := context.AfterFunc(ctx, hangUp)
	parts := make(chan []byte, maxScanParts)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(parts)
		defer hangUp() // a server that still writes holds a lock, for which the visitor's calls may wait
		err = readScan(&stallReader{nc: nc, last: time.Now()}, prefix, kind, parts)
	})
	defer func() { // also if the visitor panics
		stop()
		hangUp()
		reading.Wait()
	}()
	if err := visitAll(parts, kind); err != nil {
		return err
	}
	return err
}

// dialScan connects and sends the command.
func (s *server) dialScan(ctx context.Context, kind scanKind) (net.Conn, error) {
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	nc, err := s.connectOnce(within)
	if err != nil {
		return nil, noConnection(err)
	}
	if err = nc.SetDeadline(time.Now().Add(s.timeout)); err == nil {
		err = kind.begin(s, nc)
	}
	if err == nil {
		_, err = nc.Write([]byte(scanCommand + protocol.LineEnd))
	}
	if err != nil {
		nc.Close() //nolint:errcheck // of no use
		return nil, fmt.Errorf("memcached: sending a command: %w", err)
	}
	return nc, nil
}

// visitAll visits the items of all parts, until the channel is closed or an item
// cannot be visited.
func visitAll(parts <-chan []byte, kind scanKind) error {
	for part := range parts {
		for len(part) > 0 {
			var packed []byte
			packed, part, _ = bytes.Cut(part, []byte{'\n'})
			if err := kind.visit(packed); err != nil {
				return err
			}
		}
	}
	return nil
}

// readScan reads the answer of the server and passes on the items in parts,
// each item with a line feed behind it. It never waits for the visitor.
func readScan(stall *stallReader, prefix string, kind scanKind, parts chan<- []byte) error {
	r := bufio.NewReaderSize(stall, 64<<10)
	var part []byte
	pass := func() error {
		select {
		case parts <- part:
			part = make([]byte, 0, scanPart+maxMetadumpLine)
			return nil
		default:
			return backend.ErrSlowVisitor
		}
	}
	for first := true; ; {
		key, fields, end, err := readScanned(r, first)
		if err != nil {
			return err
		}
		if end {
			if stall.stalled {
				return backend.ErrScanStalled
			}
			return pass()
		}
		first = first && key == nil
		if own, ok := bytes.CutPrefix(key, []byte(prefix)); ok && isValidKey(own) && kind.wants(own) {
			part = append(kind.pack(part, own, fields), '\n')
		}
		if len(part) >= scanPart {
			if err := pass(); err != nil {
				return err
			}
		}
	}
}

func isValidKey(key []byte) bool { return backend.CheckKey(string(key)) == nil }

// readScanned reads one line of the answer: a key, with its prefix, and the fields
// behind it, or the end of all. What it returns is valid until the next read. first
// says that no key was read yet. memcached 1.6 ends lines of items with a line feed,
// all others with CR and LF.
//
//	key=a%3Ab exp=-1 la=1795878121 cas=1 fetch=no cls=1 size=63
//	END
func readScanned(r *bufio.Reader, first bool) (key, fields []byte, end bool, err error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxMetadumpLine {
		return nil, nil, false, protocol.Unexpected(scanCommand, line)
	}
	if err != nil {
		return nil, nil, false, fmt.Errorf("memcached: reading a scan: %w", err)
	}
	line = bytes.TrimRight(line, "\r\n")
	if rest, ok := bytes.CutPrefix(line, []byte("key=")); ok {
		escaped, fields, more := bytes.Cut(rest, []byte(" "))
		if len(escaped) == 0 || !more || bytes.IndexByte(escaped, '=') >= 0 {
			return nil, nil, false, protocol.Unexpected(scanCommand, line)
		}
		return protocol.Unescape(escaped), fields, false, nil
	}
	switch text := string(line); {
	case text == "END":
		return nil, nil, true, nil
	case !first:
	case text == "OK": // newer versions begin with it
		return nil, nil, false, nil
	case strings.HasPrefix(text, "BUSY"), strings.HasPrefix(text, "ERROR locked"):
		return nil, nil, false, errScanBusy // also while the hash table expands
	case text == protocol.Unauthenticated:
	case text == "ERROR", text == "ERROR metadump not allowed", strings.HasPrefix(text, "CLIENT_ERROR"):
		return nil, nil, false, fmt.Errorf("%w: it answers %q", backend.ErrNotScannable, text)
	}
	return nil, nil, false, protocol.Unexpected(scanCommand, line)
}

// stallReader reads from a connection, and notes whether this process has
// stopped reading for so long that the server may have written nonsense.
type stallReader struct {
	nc      net.Conn
	last    time.Time // when the last read returned
	stalled bool
}

func (r *stallReader) Read(p []byte) (int, error) {
	now := time.Now()
	if now.Sub(r.last) > scanStall {
		r.stalled = true
	}
	if err := r.nc.SetReadDeadline(now.Add(scanSilence)); err != nil {
		return 0, fmt.Errorf("memcached: %w", err)
	}
	n, err := r.nc.Read(p)
	r.last = time.Now()
	return n, err //nolint:wrapcheck // an io.Reader's error is its reader's
}
