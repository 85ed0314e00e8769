package batchlog

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"memcachedsoap/sessionstore/metric"
)

const (
	// Delay is how long a line waits for others at most, if the sink takes lines.
	Delay = 5 * time.Millisecond
	// Room is the size in bytes of the lines that wait while others are written.
	Room = 4 << 20
	// ErrorRoom is what lines at level error have besides.
	ErrorRoom = 64 << 10

	// enough is the size of the lines that do not wait for others.
	enough = 32 << 10
	// keptBuffer is the size of the largest buffer that is kept for later lines.
	keptBuffer = 8 * enough
	// maxWrite is the size of what is written at once, in whole lines if they are no longer:
	// a pipe takes as much in one piece, also when other programs write into it (POSIX:
	// PIPE_BUF; Linux: 4096 bytes).
	maxWrite = 4 << 10
)

// Options are the settings of a [Log].
type Options struct {
	JSON  bool       // the format: that of [slog.JSONHandler] or of [slog.TextHandler]
	Level slog.Level // the least level that is logged
}

// Log writes lines in batches.
type Log struct {
	sink    io.Writer
	handler *handler
	lost    metric.Counter

	mu     sync.Mutex
	lines  []byte // that wait
	spare  []byte // the buffer for the lines after them; nil while they are written
	full   bool   // a line was lost: others are, too, until the lines that wait are taken
	unsaid int64  // how many lines were lost since a line has said so
	direct bool   // the goroutine has ended: lines do not wait

	wake  *time.Timer        // fires [Delay] after the first of the lines
	now   chan struct{}      // has an element if they do not wait for others
	asks  chan chan struct{} // asks to write everything; the answer closes the channel
	stop  func()             // ends the goroutine
	ended chan struct{}

	torn bool // the sink has taken a part of a line; only the goroutine knows it
}

// New returns a log that writes to a sink, from one goroutine. [Log.Close] ends it.
func New(sink io.Writer, o Options) *Log {
	stop := make(chan struct{})
	l := &Log{
		sink: sink, wake: time.NewTimer(time.Hour), now: make(chan struct{}, 1), asks: make(chan chan struct{}),
		stop: sync.OnceFunc(func() { close(stop) }), ended: make(chan struct{}),
	}
	l.wake.Stop()
	l.handler = newHandler(l, o)
	go l.run(stop)
	return l
}

// Logger returns a logger whose lines are those of the log.
func (l *Log) Logger() *slog.Logger { return slog.New(l.handler) }

// Metrics returns the metrics of the log. It implements [metric.Source].
func (l *Log) Metrics() []metric.Metric {
	return []metric.Metric{l.lost.Metric("log_lines_lost_total", "Lines of the log that were lost because standard error did not take them.")}
}

// add adds a line, which it does not keep.
func (l *Log) add(line []byte, level slog.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := Room
	if level >= slog.LevelError {
		room += ErrorRoom
	}
	switch {
	case l.direct:
		_, _ = l.sink.Write(bytes.Clone(line)) // the line itself stays on the stack
		return
	case len(l.lines)+len(line) > room, l.full && level < slog.LevelError:
		l.full = true
		l.unsaid++
		l.lost.Inc()
		return
	}
	if len(l.lines) == 0 {
		l.wake.Reset(Delay)
	}
	l.lines = append(l.lines, line...)
	if len(l.lines) >= enough {
		l.hurry()
	}
}

// hurry lets the lines that wait be written at once.
func (l *Log) hurry() {
	select {
	case l.now <- struct{}{}:
	default: // they are already
	}
}

// run writes lines until the log is closed.
func (l *Log) run(stop <-chan struct{}) {
	defer close(l.ended)
	defer l.wake.Stop()
	for {
		select {
		case <-l.wake.C:
			l.write()
		case <-l.now:
			l.write()
		case done := <-l.asks:
			l.write()
			close(done)
		case <-stop:
			for !l.isEmpty() {
				l.write()
			}
			return
		}
	}
}

// isEmpty reports whether no line waits. From then on none does.
func (l *Log) isEmpty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.direct = len(l.lines) == 0
	return l.direct
}

// write writes the lines that wait, and how many were lost after them.
func (l *Log) write() {
	lines, lost := l.take()
	for rest := lines; len(rest) > 0; {
		n := batch(rest)
		l.writeOut(rest[:n])
		rest = rest[n:]
	}
	if lost > 0 && !l.writeOut(l.handler.lossLine(lost)) {
		l.addUnsaid(lost)
	}
	if cap(lines) <= keptBuffer {
		l.mu.Lock()
		l.spare = lines[:0]
		l.mu.Unlock()
	}
}

// take takes the lines that wait, and returns how many were lost after them.
func (l *Log) take() (lines []byte, lost int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, lost = l.lines, l.unsaid
	l.lines, l.spare, l.unsaid, l.full = l.spare, nil, 0, false
	return lines, lost
}

// batch returns how many bytes of lines to write at once: as many whole lines as fit into
// [maxWrite], and one line at least.
func batch(lines []byte) int {
	if len(lines) <= maxWrite {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:maxWrite], '\n'); end >= 0 {
		return end + 1
	}
	return bytes.IndexByte(lines, '\n') + 1
}

// writeOut writes whole lines, counts those that the sink has not taken, and reports
// whether it has taken all. What comes after a part of a line begins a line of its own.
func (l *Log) writeOut(lines []byte) (all bool) {
	n, err := 0, error(nil)
	if l.torn {
		_, err = l.sink.Write([]byte{'\n'})
	}
	if err == nil {
		n, err = l.sink.Write(lines)
		l.torn = n > 0 && lines[n-1] != '\n'
	}
	if err == nil {
		return true
	}
	lost := int64(bytes.Count(lines[n:], []byte{'\n'}))
	l.lost.Add(lost)
	l.addUnsaid(lost)
	return false
}

func (l *Log) addUnsaid(lost int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsaid += lost
}

// Flush waits until the lines are written that were added before. It returns the error of
// the context if that ends first: the sink does not take them.
func (l *Log) Flush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case l.asks <- done:
	case <-l.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // as promised
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // as promised
	}
}

// Close writes the lines that wait, and ends the goroutine. Later lines are written as they
// come. It returns the error of the context if that ends first: the sink does not take the
// lines, and the goroutine ends when it does.
func (l *Log) Close(ctx context.Context) error {
	l.stop()
	select {
	case <-l.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // as promised
	}
}
