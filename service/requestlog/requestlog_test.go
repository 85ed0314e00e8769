package requestlog_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/requestlog"
)

func Example() {
	ctx, record := requestlog.New(context.Background(), "r-1")
	requestlog.Add(ctx, slog.String("request_id", requestlog.ID(ctx)))
	requestlog.Add(ctx, slog.String("session", "5994471abb01"), slog.Int("status", 200))
	line := record.Line(time.Time{}, "request", slog.String("method", "POST"))
	_ = slog.NewTextHandler(os.Stdout, nil).Handle(ctx, line)
	// Output: level=INFO msg=request method=POST request_id=r-1 session=5994471abb01 status=200
}

func TestRecord(t *testing.T) {
	t.Parallel()
	ctx, record := requestlog.New(t.Context(), "r-1")
	for range 40 {
		requestlog.Add(ctx, slog.Int("n", 1))
	}
	requestlog.Fail(ctx)
	assert.Equal(t, slog.LevelError, record.Level())
	head := make([]slog.Attr, requestlog.Head)
	for i := range head {
		head[i] = slog.Int("head", i)
	}
	assert.Equal(t, "level=ERROR msg=done head=0 head=1 head=2 head=3 head=4 head=5 head=6 head=7"+strings.Repeat(" n=1", 40), text(t, record, head...))
}

// text returns the line of a record.
func text(t *testing.T, r *requestlog.Record, head ...slog.Attr) string {
	t.Helper()
	var line strings.Builder
	require.NoError(t, slog.NewTextHandler(&line, nil).Handle(t.Context(), r.Line(time.Time{}, "done", head...)))
	return strings.TrimSuffix(line.String(), "\n")
}

// The line of a usual request takes no memory beyond that of its record.
func TestMemoryOfLines(t *testing.T) { //nolint:paralleltest // it counts allocations
	var records []*requestlog.Record
	for range 101 {
		ctx, record := requestlog.New(t.Context(), "r-1")
		requestlog.Add(ctx, slog.String("session", "5994471abb01"), slog.String("operation", "getSession"), slog.String("soap", "1.1"),
			slog.Int("bytes_in", 236), slog.Int("bytes_out", 1907), slog.String("caller", "portal"))
		records = append(records, record)
	}
	at := time.Now()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_ = records[0].Line(at, "request", slog.String("method", "POST"), slog.Int("status", 200))
		records = records[1:]
	}))
}

// Pools are noted from any goroutine, each once, and stand at the end.
func TestPools(t *testing.T) {
	t.Parallel()
	ctx, record := requestlog.New(t.Context(), "r-1")
	requestlog.AddPool(ctx, "origin")
	var calls sync.WaitGroup
	for range 10 {
		calls.Go(func() {
			requestlog.AddPool(ctx, "standby")
			requestlog.AddPool(ctx, "origin")
		})
	}
	calls.Wait()
	requestlog.Add(ctx, slog.Int("status", 200))
	assert.Equal(t, "level=INFO msg=done method=POST status=200 pool=origin,standby", text(t, record, slog.String("method", "POST")))
	requestlog.AddPool(t.Context(), "origin") // without a record
}

// Without a record nothing is collected and nothing fails.
func TestWithoutARecord(t *testing.T) {
	t.Parallel()
	requestlog.Add(t.Context(), slog.Int("n", 1))
	requestlog.Fail(t.Context())
	assert.Empty(t, requestlog.ID(t.Context()))
}
