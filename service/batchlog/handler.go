package batchlog

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
)

// handler formats records and adds them to a log.
type handler struct {
	log   *Log
	level slog.Level
	json  bool
	bare  bool // without attributes or groups of its own

	// What bare lines of usual attributes do not need: the handlers of log/slog, for lines
	// below level error and for the others.
	usual, errors slog.Handler
}

func newHandler(l *Log, o Options) *handler {
	return &handler{
		log: l, level: o.Level, json: o.JSON, bare: true,
		usual: standard(writer{l, slog.LevelInfo}, o.JSON), errors: standard(writer{l, slog.LevelError}, o.JSON),
	}
}

// standard returns a handler of log/slog for every level.
func standard(w io.Writer, json bool) slog.Handler {
	options := &slog.HandlerOptions{Level: slog.Level(-1 << 31)}
	if json {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// writer adds lines of a level to a log.
type writer struct {
	log   *Log
	level slog.Level
}

func (w writer) Write(line []byte) (int, error) {
	w.log.add(line, w.level)
	return len(line), nil
}

// Enabled implements [slog.Handler].
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		defer h.log.hurry()
	}
	if h.bare {
		var array [512]byte // most lines are shorter
		if line, plain := appendLine(array[:0], &r, h.json); plain {
			h.log.add(line, r.Level)
			return nil
		}
	}
	if r.Level >= slog.LevelError {
		return h.errors.Handle(ctx, r) //nolint:wrapcheck // it never fails
	}
	return h.usual.Handle(ctx, r) //nolint:wrapcheck // it never fails
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(next slog.Handler) slog.Handler { return next.WithAttrs(slices.Clone(attrs)) })
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	return h.with(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h *handler) with(change func(slog.Handler) slog.Handler) *handler {
	other := *h
	other.bare, other.usual, other.errors = false, change(h.usual), change(h.errors)
	return &other
}

// lossLine returns the line that says how many lines were lost.
func (h *handler) lossLine(lost int64) []byte {
	var line bytes.Buffer
	slog.New(standard(&line, h.json)).Warn("lines of the log were lost", "lines", lost)
	return line.Bytes()
}
