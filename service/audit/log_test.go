package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/audit"
)

// open opens an audit log whose lines that cannot be written are in the returned
// buffer.
func open(t *testing.T, path string) (*audit.Log, *bytes.Buffer) {
	t.Helper()
	var logged bytes.Buffer
	l, err := audit.Open(path, audit.Options{Logger: slog.New(slog.NewJSONHandler(&logged, nil))})
	require.NoError(t, err)
	return l, &logged
}

// lines returns the lines of a file: each is one object in JSON.
func lines(t *testing.T, path string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return decode(t, string(text))
}

func decode(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for row := range strings.Lines(text) {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(row), &line), row)
		require.True(t, strings.HasSuffix(row, "}\n"), row)
		all = append(all, line)
	}
	return all
}

// text returns a value that must be a text.
func text(t *testing.T, v any) string {
	t.Helper()
	s, ok := v.(string)
	require.True(t, ok, v)
	return s
}

func metricOf(l *audit.Log, name string) float64 {
	for _, m := range l.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	return -1
}

func TestLineSaysEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path)
	life := 90 * time.Minute
	e := audit.Event{
		RequestID: "17", Caller: "portal", Client: "10.1.2.3", Authentication: "basic", Dialect: "contract", Operation: "updateSession",
		Sessions: audit.SessionsOf(1, func(int) string { return "0123456789ab" }), ExpiresIn: &life, Outcome: audit.OK,
	}
	e.Set.Add("uid")
	e.Removed.Add("mail")
	l.Write(t.Context(), e)
	l.Write(t.Context(), audit.Event{Operation: "findSessions", By: "uid", Sessions: audit.SessionsOf(0, nil), Outcome: audit.OK})
	require.NoError(t, l.Close())
	all := lines(t, path)
	require.Len(t, all, 2)
	at, err := time.Parse(time.RFC3339Nano, text(t, all[0]["time"]))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), at, time.Minute)
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, all[0]["time"])
	delete(all[0], "time")
	assert.Equal(t, map[string]any{
		"request_id": "17", "caller": "portal", "client": "10.1.2.3", "authentication": "basic", "dialect": "contract",
		"operation": "updateSession", "sessions": []any{"0123456789ab"}, "sessions_number": 1.0,
		"set": []any{"uid"}, "removed": []any{"mail"}, "ttl": 5400.0, "outcome": "ok",
	}, all[0])
	delete(all[1], "time")
	assert.Equal(t, map[string]any{
		"caller": nil, "operation": "findSessions", "by": "uid", "sessions": []any{}, "sessions_number": 0.0, "outcome": "ok",
	}, all[1])
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// Whatever a client sends, a line stays one line and short.
func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path)
	for _, text := range []string{strings.Repeat("x", 1<<20), strings.Repeat("\x00\n\r\u2028\"<", 1000), strings.Repeat("é", 1000), "\xff\xfe", strings.Repeat("\xff", 200)} {
		e := audit.Event{RequestID: text, Caller: text, Client: text, Operation: text, By: text, Outcome: audit.OK}
		for range 10_000 {
			e.Set.Add(text)
			e.Removed.Add(text)
		}
		e.Sessions = audit.SessionsOf(100_000, func(i int) string { return fmt.Sprintf("%012x", i) })
		l.Write(t.Context(), e)
	}
	require.NoError(t, l.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for row := range strings.Lines(string(text)) {
		assert.Less(t, len(row), 40<<10)
	}
	for _, line := range decode(t, string(text)) {
		assert.Len(t, line["sessions"], 100)
		assert.Equal(t, 100_000.0, line["sessions_number"])
		assert.Len(t, line["set"], 32)
		assert.Equal(t, 10_000.0-32, line["set_left_out"])
		assert.Equal(t, 10_000.0-32, line["removed_left_out"])
	}
}

// Lines of goroutines and of two processes that share a file never mix.
func TestLinesNeverMix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	one, _ := open(t, path)
	two, _ := open(t, path)
	const writers, each = 16, 100
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := range each {
				e := audit.Event{Operation: strconv.Itoa(i), Outcome: strconv.Itoa(n)}
				for range 30 {
					e.Set.Add(strings.Repeat(strconv.Itoa(i), 20))
				}
				[]*audit.Log{one, two}[i%2].Write(context.Background(), e)
			}
		})
	}
	all.Wait()
	require.NoError(t, one.Close())
	require.NoError(t, two.Close())
	next := map[string]int{}
	for _, line := range lines(t, path) {
		writer := text(t, line["operation"])
		assert.Equal(t, strconv.Itoa(next[writer]), line["outcome"], "in order")
		next[writer]++
	}
	assert.Len(t, next, writers)
	for _, n := range next {
		assert.Equal(t, each, n)
	}
}

// A file that is moved or removed gives way to a new one, without a signal and without
// losing a line.
func TestMovedFileIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	l, logged := open(t, path)
	write := func(name string) { l.Write(t.Context(), audit.Event{Operation: name, Outcome: audit.OK}) }
	write("one")
	require.NoError(t, os.Rename(path, path+".1"))
	write("two")
	require.NoError(t, os.Rename(path, path+".2"))
	require.NoError(t, os.WriteFile(path, nil, 0o600)) // as logrotate's create does
	write("three")
	require.NoError(t, os.Remove(path))
	write("four")
	require.NoError(t, os.Rename(path, path+".3"))
	l.Reopen()
	assert.FileExists(t, path)
	write("five")
	require.NoError(t, os.Truncate(path, 0)) // as copytruncate does
	write("six")
	require.NoError(t, l.Close())
	for file, want := range map[string]string{path + ".1": "one", path + ".2": "two", path + ".3": "four", path: "six"} {
		got := lines(t, file)
		require.Len(t, got, 1, file)
		assert.Equal(t, want, got[0]["operation"], file)
	}
	assert.Empty(t, logged.String())
	assert.InDelta(t, 4, metricOf(l, "audit_reopened_total"), 0)
}

// After a crash of its writer a file may end in the middle of a line.
func TestTornLineStaysAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, os.WriteFile(path, []byte(`{"time":"2026`), 0o600))
	l, _ := open(t, path)
	l.Write(t.Context(), audit.Event{Outcome: audit.OK})
	require.NoError(t, l.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	torn, rest, _ := strings.Cut(string(text), "\n")
	assert.Equal(t, `{"time":"2026`, torn) //nolint:testifylint // it is no JSON
	assert.Len(t, decode(t, rest), 1)
}

// A line that cannot be written is counted, is in the log, and keeps Err set.
func TestFullDiskIsReported(t *testing.T) {
	t.Parallel()
	l, logged := open(t, "/dev/full")
	require.NoError(t, l.Err())
	l.Write(t.Context(), audit.Event{RequestID: "17", Operation: "deleteSession", Outcome: audit.OK})
	require.ErrorIs(t, l.Err(), syscall.ENOSPC)
	assert.NotContains(t, l.Err().Error(), "/dev")
	assert.InDelta(t, 1, metricOf(l, "audit_failing"), 0)
	assert.InDelta(t, 1, metricOf(l, "audit_failures_total"), 0)
	assert.Zero(t, metricOf(l, "audit_lines_total"))
	require.NoError(t, l.Close())
	entry := decode(t, logged.String())[0]
	assert.Equal(t, "ERROR", entry["level"])
	assert.Equal(t, "deleteSession", decode(t, text(t, entry["line"])+"\n")[0]["operation"])
}

// A folder in which no file can be made leaves the old file in use, and is reported.
func TestMovedFileThatCannotBeReplaced(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.Mkdir(folder, 0o700))
	path := filepath.Join(folder, "audit.log")
	l, logged := open(t, path)
	require.NoError(t, os.Rename(folder, folder+"2"))
	l.Write(t.Context(), audit.Event{Operation: "one", Outcome: audit.OK})
	require.ErrorIs(t, l.Err(), os.ErrNotExist)
	assert.Contains(t, logged.String(), "could not write to the audit log")
	l.Reopen()
	require.Error(t, l.Err())
	require.NoError(t, os.Rename(folder+"2", folder))
	l.Write(t.Context(), audit.Event{Operation: "two", Outcome: audit.OK})
	require.NoError(t, l.Err())
	require.NoError(t, l.Close())
	assert.Contains(t, logged.String(), "the audit log is written again")
	all := lines(t, path)
	assert.Equal(t, "one", all[0]["operation"], "nothing is lost although the file could not be made")
	assert.Equal(t, "two", all[1]["operation"])
}

// Files that nothing can be appended to are refused when the log is opened.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600))
	for path, want := range map[string]string{folder: "is a directory", filepath.Join(folder, "no", "x"): "no such file", filepath.Join(folder, "pipe"): "named pipe"} {
		_, err := audit.Open(path, audit.Options{})
		require.ErrorContains(t, err, want)
	}
}

// failing is an output that can be switched off.
type failing struct {
	bytes.Buffer

	broken atomic.Bool
}

func (f *failing) Write(p []byte) (int, error) {
	if f.broken.Load() {
		return 0, errors.New("broken")
	}
	return f.Buffer.Write(p)
}

// The log says itself how many lines it lacks, as soon as it can be written.
func TestGapIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := new(failing)
		out.broken.Store(true)
		l, err := audit.Open(audit.Stdout, audit.Options{Stdout: out, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		for range 3 {
			l.Write(t.Context(), audit.Event{Outcome: audit.OK})
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Error(t, l.Err())
		out.broken.Store(false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.NoError(t, l.Err())
		require.NoError(t, l.Close())
		all := decode(t, out.String())
		require.Len(t, all, 1)
		assert.Equal(t, 3.0, all[0]["lines_not_written"])
		assert.Equal(t, "LinesNotWritten", all[0]["outcome"])
	})
}

// Refused calls of a kind have one line a second, which says how many they are. No call
// is lost.
func TestRefusalsShareLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l, err := audit.Open(audit.Stdout, audit.Options{Stdout: &out})
		require.NoError(t, err)
		for range 50 { // for 5 seconds
			for range 10 {
				l.Refuse(t.Context(), audit.Event{Caller: "portal", Outcome: "RateExceeded"})
			}
			l.Refuse(t.Context(), audit.Event{Caller: "batch", Outcome: "RateExceeded"})
			time.Sleep(100 * time.Millisecond)
		}
		require.NoError(t, l.Close())
		rows, calls := map[any]int{}, map[any]float64{}
		for _, line := range decode(t, out.String()) {
			rows[line["caller"]]++
			n, _ := line["refusals"].(float64)
			calls[line["caller"]] += n
		}
		assert.Equal(t, map[any]float64{"portal": 500, "batch": 50}, calls)
		for caller, n := range rows {
			assert.LessOrEqual(t, n, 7, caller)
		}
	})
}

// Any number of clients that are refused makes a bounded number of lines.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l, err := audit.Open(audit.Stdout, audit.Options{Stdout: &out})
		require.NoError(t, err)
		for i := range 5000 {
			l.Refuse(t.Context(), audit.Event{Client: strconv.Itoa(i), Outcome: "Unauthenticated"})
		}
		time.Sleep(3 * time.Second)
		l.Refuse(t.Context(), audit.Event{Client: "later", Outcome: "Unauthenticated"})
		require.NoError(t, l.Close())
		sum, last := 0.0, ""
		all := decode(t, out.String())
		for _, line := range all {
			n, _ := line["refusals"].(float64)
			sum += n
			last, _ = line["client"].(string)
		}
		assert.Len(t, all, 1002)
		assert.Equal(t, 5001.0, sum)
		assert.Equal(t, "later", last)
	})
}

// blocked is an output whose reader does not read.
type blocked struct{ until chan struct{} }

func (b blocked) Write(p []byte) (int, error) {
	<-b.until
	return len(p), nil
}

// An output that hangs holds up a call for a bounded time only.
func TestHangingOutput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := blocked{make(chan struct{})}
		l, err := audit.Open(audit.Stdout, audit.Options{Stdout: out, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		go l.Write(t.Context(), audit.Event{Outcome: audit.OK})
		synctest.Wait()
		began := time.Now()
		l.Write(t.Context(), audit.Event{Outcome: audit.OK})
		assert.LessOrEqual(t, time.Since(began), 2*time.Second)
		require.Error(t, l.Err())
		close(out.until)
		require.NoError(t, l.Close())
	})
}

func TestNilLog(t *testing.T) {
	t.Parallel()
	var l *audit.Log
	l.Write(t.Context(), audit.Event{})
	l.Refuse(t.Context(), audit.Event{})
	l.Reopen()
	require.NoError(t, l.Err())
	require.NoError(t, l.Close())
}

func BenchmarkWrite(b *testing.B) {
	for name, path := range map[string]string{"file": filepath.Join(b.TempDir(), "audit.log"), "discard": audit.Stdout} {
		b.Run(name, func(b *testing.B) {
			l, err := audit.Open(path, audit.Options{Stdout: io.Discard})
			require.NoError(b, err)
			life := time.Hour
			e := audit.Event{
				RequestID: "0123456789abcdef", Caller: "portal", Client: "10.1.2.3", Authentication: "basic", Dialect: "contract", Operation: "setSession",
				Sessions: audit.SessionsOf(1, func(int) string { return "0123456789ab" }), ExpiresIn: &life, Outcome: audit.OK,
			}
			for _, name := range []string{"uid", "mail", "cn", "groups", "_utime"} {
				e.Set.Add(name)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Write(b.Context(), e)
			}
			require.NoError(b, l.Close())
		})
	}
}
