package requestlog_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/requestlog"
)

func Example() {
	ctx, record := requestlog.New(context.Background(), "r-1")
	requestlog.Add(ctx, slog.String("request_id", requestlog.ID(ctx)))
	requestlog.Add(ctx, slog.String("session", "5994471abb01"), slog.Int("status", 200))
	fmt.Println(record.Level(), record.Attrs())
	// Output: INFO [request_id=r-1 session=5994471abb01 status=200]
}

func TestRecord(t *testing.T) {
	t.Parallel()
	ctx, record := requestlog.New(t.Context(), "r-1")
	for range 40 {
		requestlog.Add(ctx, slog.Int("n", 1))
	}
	assert.Equal(t, strings.Repeat("n=1 ", 40), strings.Trim(fmt.Sprint(record.Attrs()), "[]")+" ")
	requestlog.Fail(ctx)
	assert.Equal(t, slog.LevelError, record.Level())
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
	assert.Equal(t, "[status=200 pool=origin,standby]", fmt.Sprint(record.Attrs()))
	requestlog.AddPool(t.Context(), "origin") // without a record
}

// Without a record nothing is collected and nothing fails.
func TestWithoutARecord(t *testing.T) {
	t.Parallel()
	requestlog.Add(t.Context(), slog.Int("n", 1))
	requestlog.Fail(t.Context())
	assert.Empty(t, requestlog.ID(t.Context()))
}
