package batchlog_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"memcachedsoap/service/batchlog"
)

// attributes are those of a usual request.
func attributes() []slog.Attr {
	return []slog.Attr{
		slog.String("request_id", "5bd3a67f9e8d4f04"), slog.String("client", "192.0.2.17"), slog.String("method", "POST"),
		slog.String("path", "/soap"), slog.Int("status", 200), slog.Duration("duration", 345678*time.Nanosecond),
		slog.String("session", "10885df019ff"), slog.String("operation", "getSession"), slog.String("soap", "1.1"),
		slog.Int("bytes_in", 236), slog.Int("bytes_out", 1907), slog.String("caller", "portal"),
	}
}

// BenchmarkLine measures the line of a usual request: of the log, and of log/slog.
func BenchmarkLine(b *testing.B) {
	group := slog.Attr{Value: slog.GroupValue(attributes()...)}
	text, json := batchlog.New(io.Discard, batchlog.Options{}), batchlog.New(io.Discard, batchlog.Options{JSON: true})
	defer text.Close(b.Context())
	defer json.Close(b.Context())
	for name, h := range map[string]slog.Handler{
		"text": text.Logger().Handler(), "text of slog": slog.NewTextHandler(io.Discard, nil), //nolint:sloglint // formatting is measured
		"json": json.Logger().Handler(), "json of slog": slog.NewJSONHandler(io.Discard, nil), //nolint:sloglint // formatting is measured
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
				r.AddAttrs(group)
				_ = h.Handle(b.Context(), r)
			}
		})
	}
}
