package memcached

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// WatchOptions says who is told of changes. No function may be nil; they are
// called from one goroutine for each server, and delay what that server tells
// next.
type WatchOptions struct {
	// Changed is told of every change of an item, by whoever: once for each
	// time that it was stored, and, as far as the server tells, evicted or
	// deleted. foreign says that it was done in a way in which a Backend does
	// not store. A change of the time to live alone is told of only if a
	// Backend made it.
	Changed func(key string, foreign bool)
	// Lost is told that changes may have been missed: after the stream of a
	// server has begun, and when the server says that it has left out some.
	Lost func()
	// Logger is told of streams that begin and end.
	Logger *slog.Logger
}

// Watch follows the changes on all servers of a [Backend], by memcached's
// "watch" command. All methods may be called from any goroutine.
//
// A server tells of a change within a few milliseconds, but only if it is kept
// awake: its thread for that sleeps up to a second when there is nothing to
// tell. Therefore a Watch stores a tiny item every 20 ms, under keys that
// begin with "memcachedsoap:beat:". When the server tells of these it has told
// of everything before. It may leave out changes when there are too many at a
// time, which its statistics tell within 200 ms.
type Watch struct {
	backend *Backend
	streams []*stream
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Watch begins to follow the changes, until the Backend is closed. It is to be
// called once, and not with Rehash, when a change may be made in several places.
func (b *Backend) Watch(o WatchOptions) *Watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watch{backend: b, cancel: cancel}
	node := strings.ToLower(rand.Text()[:8])
	for _, s := range b.servers {
		st := &stream{
			server: s, options: o, prefix: b.prefix, started: time.Now(),
			beats: ownKeys + "beat:" + node + ":",
		}
		w.streams = append(w.streams, st)
		w.running.Go(func() { st.run(ctx) })
	}
	b.watch.Store(w)
	return w
}

// ownKeys is the beginning of keys that are no sessions.
const ownKeys = "memcachedsoap:"

// close ends following and waits until nobody is told of anything any more.
func (w *Watch) close() {
	w.cancel()
	w.running.Wait()
}

// Lag returns how old the news are of the server that has the key: everything
// that happened longer ago was told. While the server is not followed it grows,
// and if it never was it is the longest duration there is.
func (w *Watch) Lag(key string) time.Duration { return w.stream(key).lag() }

// Followed says whether the server that has the key is followed.
func (w *Watch) Followed(key string) bool { return w.stream(key).followed.Load() }

func (w *Watch) stream(key string) *stream { return w.streams[w.backend.selector.Pick(key)] }

// stream follows one server.
type stream struct {
	server  *server
	options WatchOptions
	prefix  string // of keys on the wire
	beats   string // what keys of beats begin with behind that
	started time.Time

	// proof is when the last beat was sent that was told of, in nanoseconds
	// since started; 0 if there was none.
	proof    atomic.Int64
	followed atomic.Bool // beats are told of
	events   atomic.Int64
	skipped  atomic.Int64
	dropped  atomic.Int64
	begun    atomic.Int64 // how often following has begun

	sent [beatKeys]atomic.Int64 // when beats were sent, in the form of proof
	next int64                  // the beat that is to be told of next; of the goroutine that reads
	last atomic.Int64           // the beat that was sent last
}

const (
	beatEvery = 20 * time.Millisecond
	beatLife  = "60" // seconds
	// beatKeys is how many keys the beats of one Watch have on a server, in
	// turn: a beat is told of long before its key comes again.
	beatKeys = 64
	// statsEvery is after how many beats the server is asked whether it has
	// left out changes.
	statsEvery = 10
	// silence is how long a stream may say nothing before it counts as broken.
	silence = time.Second
	// A broken stream is tried again after a time that doubles from
	// shortestBreak to longestBreak; one that the server refuses after
	// refusedBreak.
	shortestBreak = 50 * time.Millisecond
	longestBreak  = 2 * time.Second
	refusedBreak  = 10 * time.Second
	// maxLine is longer than any line: a key of 250 bytes, each escaped, and
	// what stands around it.
	maxLine = 4 << 10
)

// errRefused is in the error of a stream that the server does not give.
var errRefused = errors.New("memcached: the server lets nobody watch")

func (st *stream) lag() time.Duration {
	proof := st.proof.Load()
	if proof == 0 {
		return math.MaxInt64
	}
	return time.Since(st.started) - time.Duration(proof)
}

// run follows the server until the context ends.
func (st *stream) run(ctx context.Context) {
	wait := shortestBreak
	told := ""
	for {
		before := st.begun.Load()
		err := st.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if st.begun.Load() != before {
			wait, told = shortestBreak, ""
		}
		if text := err.Error(); text != told { // not the same every two seconds
			told = text
			st.options.Logger.WarnContext(ctx, "changes are not followed", "server", st.server.name, "error", err)
		}
		pause := wait
		if errors.Is(err, errRefused) {
			pause = refusedBreak
		}
		wait = min(2*wait, longestBreak)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// follow follows the server until something fails.
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
	b := &beater{stream: st, nc: beating, reader: bufio.NewReaderSize(beating, maxLine)}
	if b.known, err = b.missed(); err != nil {
		return err
	}
	// What was missed before is made up for by this. What comes from now on is
	// in the stream.
	st.options.Lost()
	st.begun.Add(1)
	st.next = st.last.Load() + 1
	st.options.Logger.InfoContext(ctx, "changes are followed", "server", st.server.name)

	ctx, cancel := context.WithCancelCause(ctx)
	var both sync.WaitGroup
	both.Go(func() { cancel(st.read(watching)) })
	both.Go(func() { cancel(b.run(ctx)) })
	<-ctx.Done()
	watching.Close() //nolint:errcheck // makes read return
	beating.Close()  //nolint:errcheck // makes the beater return
	st.followed.Store(false)
	both.Wait()
	st.followed.Store(false)
	return context.Cause(ctx) //nolint:wrapcheck // an error of ours
}

func (st *stream) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, st.server.timeout)
	defer cancel()
	nc, err := st.server.dialContext(ctx, st.server.address.Network(), st.server.address.String())
	if err != nil {
		return nil, fmt.Errorf("memcached: following changes: %w", err)
	}
	return nc, nil
}

// subscribe returns a connection on which the server tells of changes.
func (st *stream) subscribe(ctx context.Context) (net.Conn, error) {
	// Versions before 1.6.20 know nothing of deletions, and say ERROR.
	for _, command := range []string{"watch mutations evictions deletions", "watch mutations evictions"} {
		nc, err := st.dial(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := ask(nc, command, st.server.timeout)
		switch {
		case err != nil:
			nc.Close() //nolint:errcheck // of no use
			return nil, err
		case answer == "OK":
			return nc, nil
		}
		nc.Close() //nolint:errcheck // of no use
		if answer != "ERROR" {
			return nil, fmt.Errorf("%w: %q", errRefused, answer)
		}
	}
	return nil, fmt.Errorf("%w: it does not know how", errRefused)
}

// ask sends a command and reads a line, byte by byte: what comes behind it is
// not ours.
func ask(nc net.Conn, command string, timeout time.Duration) (string, error) {
	if err := nc.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", fmt.Errorf("memcached: %w", err)
	}
	if _, err := io.WriteString(nc, command+lineEnd); err != nil {
		return "", fmt.Errorf("memcached: sending a command: %w", err)
	}
	var line []byte
	for one := make([]byte, 1); len(line) < maxQuoted; line = append(line, one[0]) {
		if _, err := nc.Read(one); err != nil {
			return "", fmt.Errorf("memcached: reading an answer: %w", err)
		}
		if one[0] == '\n' {
			break
		}
	}
	return strings.TrimRight(string(line), "\r"), nil
}

// read passes on what the server tells until something fails.
func (st *stream) read(nc net.Conn) error {
	r := bufio.NewReaderSize(nc, 64<<10)
	for {
		if r.Buffered() == 0 {
			if err := nc.SetReadDeadline(time.Now().Add(silence)); err != nil {
				return fmt.Errorf("memcached: %w", err)
			}
		}
		line, err := r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("memcached: following changes: %w", err)
		}
		e, ok := parseEvent(line)
		switch {
		case !ok:
			return unexpected("watch", line)
		case e.skipped > 0:
			st.skipped.Add(e.skipped)
			st.options.Lost()
		case e.key != nil:
			st.tell(e)
		}
	}
}

func (st *stream) tell(e event) {
	key, ours := strings.CutPrefix(string(e.key), st.prefix)
	if !ours {
		return
	}
	if beat, ok := strings.CutPrefix(key, st.beats); ok {
		st.beatSeen(beat)
		return
	}
	if strings.HasPrefix(key, ownKeys) {
		return
	}
	st.events.Add(1)
	st.options.Changed(key, !e.plain)
}
