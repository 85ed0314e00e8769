package audit

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// Stdout is the path that means standard output.
const Stdout = "-"

const (
	// patience is how long a call waits for its turn to write. A disk that hangs must
	// not hold up every call until its time is over.
	patience = 2 * time.Second
	// tick is how often the file is synced, and refused calls that were only counted
	// get their line.
	tick = time.Second
)

// errBusy says that other lines were being written all the time.
var errBusy = errors.New("audit: the line before was not written in time")

// Options adjusts a [Log].
type Options struct {
	Stdout io.Writer    // for the path [Stdout]
	Logger *slog.Logger // gets lines that cannot be written; nil means slog.Default()
}

// Log is an audit log. Its methods may be called from any goroutine. A nil Log
// writes nothing.
type Log struct {
	logger *slog.Logger
	turn   chan struct{} // holds a token while a line is written
	sink   sink          // used by the holder of the turn
	stop   context.CancelFunc
	done   sync.WaitGroup

	refused refusals
	writers writers
	failure atomic.Pointer[error] // of the last line; nil if it was written
	missing atomic.Int64          // lines that are not in the audit log, until it says so

	lines, failures, reopened metric.Counter
}

// Open opens the audit log at a path, or on standard output, and starts the goroutine
// that looks after it until [Log.Close]. A new file can be read and written by its
// owner only; lines are appended to a file that exists.
func Open(path string, o Options) (*Log, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	l := &Log{logger: o.Logger, turn: make(chan struct{}, 1)}
	if path == Stdout {
		l.sink = &stream{o.Stdout}
		l.writers.since = time.Now()
	} else {
		l.rememberFile(path)
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		l.sink = f
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.done.Go(func() { l.attend(ctx) })
	return l, nil
}

// Write writes the line of an event. It returns when the operating system has it, or
// when it is certain that the line cannot be written.
func (l *Log) Write(ctx context.Context, e Event) {
	if l == nil {
		return
	}
	now := time.Now()
	l.write(ctx, e.encode(now, 0))
	l.remember(&e, now)
}

// Refuse writes the line of a call that was refused. There is at most one line a
// second for the same caller, address and outcome: calls that are refused meanwhile
// are counted, and the next line says how many it stands for.
func (l *Log) Refuse(ctx context.Context, e Event) {
	if l == nil {
		return
	}
	now := time.Now()
	if l.refused.first(&e, now) {
		l.write(ctx, e.encode(now, 1))
	}
}

// write writes a line and keeps account of it.
func (l *Log) write(ctx context.Context, line []byte) {
	err := l.append(line)
	if err == nil {
		l.lines.Inc()
		if l.failure.Swap(nil) != nil {
			l.logger.InfoContext(ctx, "the audit log is written again")
		}
		return
	}
	l.failures.Inc()
	l.missing.Add(1)
	l.failure.Store(&err)
	l.logger.ErrorContext(ctx, "could not write to the audit log", "error", err, "line", string(line[:len(line)-1]))
}

// append appends a line in its turn: lines never mix.
func (l *Log) append(line []byte) error {
	if !l.enter() {
		return errBusy
	}
	defer l.leave()
	replaced, err := l.sink.write(line)
	if replaced {
		l.reopened.Inc()
	}
	return err
}

// enter waits for the turn, for a bounded time.
func (l *Log) enter() bool {
	select {
	case l.turn <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case l.turn <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

func (l *Log) leave() { <-l.turn }

// Reopen opens the file at its path again, for a program that has moved it and waits
// until it is no longer written.
func (l *Log) Reopen() {
	if l == nil {
		return
	}
	err := errBusy
	if l.enter() {
		err = l.sink.reopen()
		l.leave()
	}
	if err != nil {
		l.logger.Error("could not open the audit log again", "error", err)
		l.failure.Store(&err)
		return
	}
	l.reopened.Inc()
}

// attend looks after the log until the context ends.
func (l *Log) attend(ctx context.Context) {
	every := time.NewTicker(tick)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			l.flush(ctx, time.Now())
		}
	}
}

// flush writes what the log owes: the lines of refused calls that were only counted,
// and a line that says how many lines are missing. Then it syncs the file.
func (l *Log) flush(ctx context.Context, now time.Time) {
	for _, r := range l.refused.due(now) {
		l.write(ctx, r.event.encode(now, r.count))
	}
	if missing := l.missing.Load(); missing > 0 {
		gap := line{Time: now.UTC().Format(layout), Outcome: "LinesNotWritten", LinesNotWritten: missing}
		if l.append(gap.encode()) == nil {
			l.missing.Add(-missing)
			l.failure.Store(nil)
			l.logger.InfoContext(ctx, "the audit log is written again", "lines_not_written", missing)
		}
	}
	if err := l.sync(); err != nil {
		l.failures.Inc()
		l.failure.Store(&err)
		l.logger.ErrorContext(ctx, "could not sync the audit log", "error", err)
	}
}

// sync makes the operating system write the lines to the disk. Calls go on writing
// meanwhile.
func (l *Log) sync() error {
	if !l.enter() {
		return errBusy
	}
	sync := l.sink.syncer()
	l.leave()
	return sync()
}

// Err returns why the last line could not be written, or nil. The error names no
// path.
func (l *Log) Err() error {
	if l == nil {
		return nil
	}
	failure := l.failure.Load()
	if failure == nil {
		return nil
	}
	if e, ok := errors.AsType[*fs.PathError](*failure); ok {
		return e.Err
	}
	return *failure
}

// Metrics returns the metrics of the log. It implements [metric.Source].
func (l *Log) Metrics() []metric.Metric {
	if l == nil {
		return nil
	}
	return []metric.Metric{
		l.lines.Metric("audit_lines_total", "Lines written to the audit log."),
		l.failures.Metric("audit_failures_total", "Lines that could not be written to the audit log; they are in the log of the service."),
		l.reopened.Metric("audit_reopened_total", "How often the audit log was opened again because it was moved, or by SIGHUP."),
		metric.Switch("audit_failing", "Whether the last line could not be written to the audit log.", l.Err() != nil),
	}
}

// Close writes what the log owes and closes it. Nothing may be written afterwards.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.stop()
	l.done.Wait()
	l.flush(context.Background(), time.Now().Add(tick))
	if !l.enter() {
		return errBusy
	}
	defer l.leave()
	return l.sink.close()
}

// sink is where lines go. One goroutine at a time uses it.
type sink interface {
	// write writes a line. replaced says that a new file has taken the place of one
	// that was moved.
	write(line []byte) (replaced bool, err error)
	reopen() error
	// syncer returns a function that syncs the lines written until now. It may be
	// called while others write.
	syncer() func() error
	close() error
}

// stream is standard output.
type stream struct{ to io.Writer }

func (s *stream) write(line []byte) (bool, error) {
	_, err := s.to.Write(line)
	return false, err //nolint:wrapcheck // its reader knows where from
}

func (*stream) reopen() error        { return nil }
func (*stream) syncer() func() error { return func() error { return nil } }
func (*stream) close() error         { return nil }
