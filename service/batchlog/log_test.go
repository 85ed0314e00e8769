package batchlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/batchlog"
	"memcachedsoap/sessionstore/logtest"
)

// sink keeps what is written, and when. While it is held, writes wait.
type sink struct {
	logtest.Buffer

	held   sync.Mutex
	writes atomic.Int64
	fails  atomic.Pointer[func(p []byte) (int, error)]
}

func (s *sink) Write(p []byte) (int, error) {
	s.held.Lock()
	defer s.held.Unlock()
	s.writes.Add(1)
	if fail := s.fails.Load(); fail != nil {
		n, err := (*fail)(p)
		_, _ = s.Buffer.Write(p[:n])
		return n, err
	}
	return s.Buffer.Write(p)
}

// lost returns the metric of a log.
func lost(l *batchlog.Log) int { return int(l.Metrics()[0].Value) }

// Lines wait for others for a short time, lines at level warn and error do not, and many
// lines do not.
func TestBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		l := batchlog.New(s, batchlog.Options{Level: slog.LevelInfo})
		logger := l.Logger()
		logger.Debug("not logged")
		for range 10 {
			logger.Info("first")
		}
		time.Sleep(batchlog.Delay - 1)
		synctest.Wait()
		assert.Empty(t, s.String())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Equal(t, 10, s.Count("msg=first"))
		assert.EqualValues(t, 1, s.writes.Load(), "one batch")

		for _, level := range []slog.Level{slog.LevelWarn, slog.LevelError} {
			logger.Info("before")
			logger.Log(t.Context(), level, "urgent", "why", errors.New("it is"))
			synctest.Wait()
			assert.Contains(t, s.String(), "msg=before\n", level)
			assert.Contains(t, s.String(), fmt.Sprintf("level=%v msg=urgent why=\"it is\"\n", level), "at once")
		}
		before := time.Now()
		for range 1000 {
			logger.Info("one of many")
			synctest.Wait()
		}
		assert.Greater(t, s.Count("one of many"), 400, "at once")
		assert.Equal(t, before, time.Now())
		require.NoError(t, l.Close(t.Context()))
		assert.Equal(t, 1000, s.Count("one of many"))
		assert.Less(t, s.writes.Load(), int64(50))
		assert.NotContains(t, s.String(), "not logged")
	})
}

// Lines of one goroutine keep their order, in both ways of formatting, and none is lost.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := new(sink)
	l := batchlog.New(s, batchlog.Options{JSON: true})
	const writers, each = 8, 500
	var all sync.WaitGroup
	for w := range writers {
		logger := l.Logger()
		all.Go(func() {
			for i := range each {
				switch i % 3 {
				case 0:
					logger.Info("line", "w", w, "i", i)
				case 1:
					logger.Error("line", "w", w, "i", i, "error", errors.New("any"))
				default:
					logger.With("w", w).Warn("line", "i", i)
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, l.Close(t.Context()))
	next := map[string]int{}
	for _, line := range regexp.MustCompile(`"w":(\d+),"i":(\d+)`).FindAllStringSubmatch(s.String(), -1) {
		require.Equal(t, strconv.Itoa(next[line[1]]), line[2])
		next[line[1]]++
	}
	require.Len(t, next, writers)
	for _, n := range next {
		require.Equal(t, each, n)
	}
}

// A sink that takes no lines holds nobody. What has no room is lost and counted, lines at
// level error have room of their own, and when the sink takes lines again, one line says how many
// were lost, where they are missing.
func TestFull(t *testing.T) {
	t.Parallel()
	s := new(sink)
	l := batchlog.New(s, batchlog.Options{})
	logger := l.Logger()
	s.held.Lock()
	logger.Error("is held") // is taken at once
	const errorsWithRoom = 5
	text := strings.Repeat("x", 10_000)
	sent := 0
	for ; lost(l) == 0; sent++ {
		logger.Info("line", "n", sent, "text", text)
	}
	most := (batchlog.Room + batchlog.ErrorRoom) / len(text)
	assert.GreaterOrEqual(t, sent, batchlog.Room/len(text)-errorsWithRoom)
	assert.LessOrEqual(t, sent, 2*batchlog.Room/len(text), "some may have been taken with the first line")
	logger.Info("a short line is lost, too: none is missing in between")
	logger.Warn("and a warning")
	for range errorsWithRoom {
		logger.Error("has room", "text", text)
	}
	for range most {
		logger.Error("full", "text", text)
	}
	logger.Error("one too many", "text", text)
	missing := lost(l)
	assert.Greater(t, missing, 2)
	s.held.Unlock()
	require.Eventually(t, func() bool { return s.Count("lines of the log were lost") == 1 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, 1, s.Count(fmt.Sprintf("level=WARN msg=\"lines of the log were lost\" lines=%d\n", missing)))
	logger.Info("after")
	require.NoError(t, l.Close(t.Context()))
	assert.Equal(t, missing, lost(l))
	written := s.String()
	assert.Equal(t, 1+sent+2+errorsWithRoom+most+1+2, strings.Count(written, "\n")+missing, "each line is there or is counted")
	short := strings.ReplaceAll(written, text, "")
	for _, gone := range []string{"a short line", "and a warning", "one too many"} {
		assert.NotContains(t, short, gone)
	}
	assert.Equal(t, errorsWithRoom, strings.Count(written, "has room"))
	assert.Regexp(t, `(?s)msg="is held"\n.* n=0 .*has room.*\n[^\n]*were lost" lines=\d+\n[^\n]*msg=after\n$`, short)
}

// What a sink refuses is counted and said, and a part of a line does not get into the next
// one.
func TestFailingSink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		l := batchlog.New(s, batchlog.Options{JSON: true})
		logger := l.Logger()
		full := func(p []byte) (int, error) { return bytes.IndexByte(p, '"') + 3, errors.New("no space left on device") }
		s.fails.Store(&full)
		for range 3 {
			logger.Info("lost")
		}
		require.NoError(t, l.Flush(t.Context()))
		assert.Equal(t, 3, lost(l))
		none := func([]byte) (int, error) { return 0, errors.New("no space left on device") }
		s.fails.Store(&none)
		logger.Info("lost")
		require.NoError(t, l.Flush(t.Context()))
		before := lost(l)
		assert.Equal(t, 5, before, "the line about the loss, too")
		s.fails.Store(nil)
		logger.Info("after")
		require.NoError(t, l.Close(t.Context()))
		assert.Regexp(t, `^\{"ti\n\{[^\n]*"msg":"after"\}\n\{[^\n]*"level":"WARN","msg":"lines of the log were lost","lines":5\}\n$`, s.String())
		assert.Equal(t, before, lost(l))
	})
}

// pieces are what was written at once.
type pieces [][]byte

func (all *pieces) Write(p []byte) (int, error) {
	*all = append(*all, bytes.Clone(p))
	return len(p), nil
}

// Whole lines are written at once, as many as a pipe takes in one piece: lines of several
// programs do not mix. A longer line is written alone.
func TestPieces(t *testing.T) {
	t.Parallel()
	var pieces pieces
	l := batchlog.New(&pieces, batchlog.Options{})
	for i := range 100 {
		l.Logger().Info("line", "text", strings.Repeat("x", i*i))
	}
	require.NoError(t, l.Close(t.Context()))
	lines := 0
	for _, p := range pieces {
		assert.True(t, bytes.HasSuffix(p, []byte("\n")))
		n := bytes.Count(p, []byte("\n"))
		assert.True(t, len(p) <= 4096 || n == 1, len(p))
		lines += n
	}
	assert.Equal(t, 100, lines)
	assert.Less(t, len(pieces), 95)
}

// A pipe that nobody reads holds nobody, and nothing is lost while there is room.
func TestUnreadPipe(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	l := batchlog.New(w, batchlog.Options{})
	const lines = 10_000 // a pipe takes some hundreds
	for i := range lines {
		l.Logger().Info("line", "i", i, "text", strings.Repeat("x", 100))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, l.Flush(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, l.Close(ctx), context.DeadlineExceeded, "nobody reads")
	read := make(chan []byte, 1)
	go func() {
		text, _ := io.ReadAll(r)
		read <- text
	}()
	require.NoError(t, l.Close(t.Context()), "as if it was not closed before")
	require.NoError(t, w.Close())
	text := <-read
	assert.Equal(t, lines, bytes.Count(text, []byte("\n")))
	assert.Zero(t, lost(l))
}

// After the end lines are written as they come.
func TestAfterClose(t *testing.T) {
	t.Parallel()
	s := new(sink)
	l := batchlog.New(s, batchlog.Options{})
	l.Logger().Info("before")
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, l.Flush(t.Context()))
	l.Logger().Info("after")
	assert.Regexp(t, `^[^\n]*msg=before\n[^\n]*msg=after\n$`, s.String())
}
