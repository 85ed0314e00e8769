package batchlog_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service/batchlog"
)

// both writes a record by the log and by log/slog, behind the same changes of the handler.
func both(t require.TestingT, r slog.Record, json bool, change func(slog.Handler) slog.Handler) (line, want string) {
	var got, reference bytes.Buffer
	l := batchlog.New(&got, batchlog.Options{JSON: json})
	var h slog.Handler = slog.NewTextHandler(&reference, nil)
	if json {
		h = slog.NewJSONHandler(&reference, nil)
	}
	ctx := context.Background()
	require.NoError(t, change(l.Logger().Handler()).Handle(ctx, r.Clone()))
	require.NoError(t, change(h).Handle(ctx, r.Clone()))
	require.NoError(t, l.Close(ctx))
	return got.String(), reference.String()
}

// secret is a value that says itself what the log shows.
type secret string

func (secret) LogValue() slog.Value { return slog.StringValue("hidden") }

// usual draws values as requests have them.
func usual(t *rapid.T) slog.Value {
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return slog.Int64Value(rapid.Int64().Draw(t, "int"))
	case 1:
		return slog.Uint64Value(rapid.Uint64().Draw(t, "uint"))
	case 2:
		return slog.BoolValue(rapid.Bool().Draw(t, "bool"))
	case 3:
		return slog.DurationValue(time.Duration(rapid.Int64().Draw(t, "duration")))
	default:
		return slog.StringValue(rapid.StringMatching(`[!#-\[\]-~]{0,20}|[ !#-\[\]-~]{0,40}`).Draw(t, "text"))
	}
}

// values draws values of all kinds.
func values(t *rapid.T) slog.Value {
	text := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9./:_-]{0,40}`), rapid.StringMatching(`[ -~]{0,40}`), rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	switch rapid.IntRange(3, 11).Draw(t, "kind") {
	case 3:
		return usual(t)
	case 4:
		return slog.Float64Value(rapid.Float64().Draw(t, "float"))
	case 5:
		return slog.AnyValue(errors.New(text.Draw(t, "error")))
	case 6:
		return slog.AnyValue(secret("x"))
	case 7:
		return slog.TimeValue(times(t))
	case 8:
		return slog.AnyValue([]string{text.Draw(t, "item")})
	default:
		return slog.StringValue(text.Draw(t, "text"))
	}
}

func times(t *rapid.T) time.Time {
	zones := []*time.Location{time.UTC, time.FixedZone("", 3600), time.FixedZone("", -16200), time.Local}
	second := rapid.OneOf(rapid.Int64Range(0, 1<<33), rapid.Int64Range(-1<<32, 1<<38))
	return time.Unix(second.Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).
		In(rapid.SampledFrom(zones).Draw(t, "zone"))
}

func attrs(t *rapid.T, value func(*rapid.T) slog.Value, deep int) []slog.Attr {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) slog.Attr {
		key := rapid.SampledFrom([]string{"request_id", "path", "a", "b", "c", "d", "", "a b", "a=b", "ä", `"`}).Draw(t, "key")
		if deep > 0 && rapid.IntRange(0, 4).Draw(t, "group") == 0 {
			return slog.Attr{Key: key, Value: slog.GroupValue(attrs(t, value, deep-1)...)}
		}
		return slog.Attr{Key: key, Value: value(t)}
	}), 0, 14).Draw(t, "attrs")
}

// Every line is byte by byte that of log/slog.
func TestLinesAreThoseOfSlog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := times(t)
		if rapid.IntRange(0, 20).Draw(t, "none") == 0 {
			at = time.Time{}
		}
		level := slog.Level(rapid.IntRange(-8, 12).Draw(t, "level"))
		value, message := usual, rapid.Just("request")
		if rapid.Bool().Draw(t, "unusual") {
			value, message = values, rapid.String()
		}
		r := slog.NewRecord(at, level, message.Draw(t, "message"), 0)
		r.AddAttrs(attrs(t, value, 2)...)
		with := attrs(t, value, 1)
		for _, json := range []bool{false, true} {
			got, want := both(t, r, json, func(h slog.Handler) slog.Handler { return h })
			require.Equal(t, want, got)
			got, want = both(t, r, json, func(h slog.Handler) slog.Handler { return h.WithAttrs(with).WithGroup("g") })
			require.Equal(t, want, got)
		}
	})
}

// The lines of usual requests take no memory.
func TestMemoryOfLines(t *testing.T) { //nolint:paralleltest // it counts allocations
	for _, json := range []bool{false, true} {
		l := batchlog.New(io.Discard, batchlog.Options{JSON: json})
		h, group := l.Logger().Handler(), slog.Attr{Value: slog.GroupValue(attributes()...)}
		allocations := testing.AllocsPerRun(10_000, func() {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
			r.AddAttrs(group)
			_ = h.Handle(t.Context(), r)
		})
		assert.Zero(t, allocations, json)
		require.NoError(t, l.Close(t.Context()))
	}
}

// FuzzLine compares lines with those of log/slog, too: texts and keys that anybody may send.
func FuzzLine(f *testing.F) {
	for _, text := range []string{"", "POST", "a b", "a=b", `"`, `\`, "a \x7f", `a \b`, "é", "\xff", "\u2028", "\n"} {
		f.Add(text, "path", int64(345678), int64(1764421200), false)
		f.Add("/soap", text, int64(-1), int64(1764421200), true)
	}
	f.Fuzz(func(t *testing.T, text, key string, number, second int64, json bool) {
		r := slog.NewRecord(time.Unix(second%(1<<40), number&0x3fffffff).UTC(), slog.Level(number%10), text, 0)
		r.AddAttrs(slog.String(key, text), slog.Int64(key, number), slog.Duration("duration", time.Duration(number)))
		got, want := both(t, r, json, func(h slog.Handler) slog.Handler { return h })
		require.Equal(t, want, got)
	})
}
