package main

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Without a terminal there is a line with the time every ten seconds, and one at the end.
func TestProgressInAPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var done atomic.Int64
		p := startProgress(streams{Err: &out}, false)
		p.begin(stage{name: "scanning", count: func() count { return count{done.Load(), 500, true} }})
		done.Store(400)
		time.Sleep(9 * time.Second)
		p.begin(stage{name: "moving", count: func() count { return count{done: done.Load(), total: 1000} }})
		time.Sleep(500 * time.Millisecond) // so that no line comes while a number changes
		for range 35 {
			done.Add(10)
			time.Sleep(time.Second)
		}
		p.stop()
		began := time.Date(2000, 1, 1, 0, 0, 9, 0, time.UTC)
		at := func(s int) string { return began.Add(time.Duration(s) * time.Second).Format(time.RFC3339) }
		local := func(s int) string { return began.Add(time.Duration(s) * time.Second).Local().Format(time.TimeOnly) }
		lines := strings.Split(out.String(), "\n")
		require.Len(t, lines, 5, out.String())
		assert.Equal(t, at(10)+" moving: 500 of 1000 items (50 %), 50 a second, ends in about 10s, at "+local(20), lines[0])
		assert.Regexp(t, `^`+at(20)+` moving: 600 of 1000 items \(60 %\), 30 a second, ends in about 13s, at `, lines[1])
		assert.Regexp(t, `^`+at(30)+` moving: 700 of 1000 items \(70 %\), `, lines[2])
		assert.Equal(t, at(35)+" moving: 750 of 1000 items in 35.5s", lines[3])
		assert.Empty(t, lines[4])
	})
}

// The items a second are those of the last half minute.
func TestProgressForgetsTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var done atomic.Int64
		p := startProgress(streams{Err: &out}, false)
		p.begin(stage{name: "moving", count: func() count { return count{done: done.Load(), total: 10_000} }})
		time.Sleep(40*time.Second + 500*time.Millisecond) // nothing is done, and no line comes while a number changes
		for range 120 {
			done.Add(50)
			time.Sleep(time.Second)
		}
		p.stop()
		assert.Contains(t, out.String(), " moving: 0 of 10000 items (0 %), 0 a second\n", "no end is in sight")
		assert.Regexp(t, ` moving: 5\d\d0 of 10000 items \(5\d %\), 50 a second, ends in about 1m\d\ds, at `, out.String())
	})
}

// Work that is quick shows nothing, and neither does quiet work.
func TestProgressOfQuickWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		for _, quiet := range []bool{false, true} {
			p := startProgress(streams{Err: &out}, quiet)
			p.begin(stage{name: "moving", count: func() count { return count{done: 7, total: 7} }})
			if quiet {
				time.Sleep(time.Minute)
			}
			p.stop()
		}
		assert.Empty(t, out.String())
	})
}

// A total that is not known, or turned out to be wrong, is not claimed, and neither is an
// end.
func TestProgressWithoutATotal(t *testing.T) {
	t.Parallel()
	for c, want := range map[count]string{
		{done: 50}:                         "moving: 50 items, 5 a second",
		{done: 50, total: 40}:              "moving: 50 items, 5 a second",
		{done: 50, total: 40, about: true}: "moving: 50 items, 5 a second",
		{done: 50, total: 50}:              "moving: 50 of 50 items (100 %), 5 a second, ends in about 0s, at ",
		{done: 0, total: 50}:               "moving: 0 of 50 items (0 %), 0 a second",
	} {
		began := time.Now()
		p := &progress{stage: stage{name: "moving", count: func() count { return c }}, began: began, samples: []sample{{at: began}}}
		text, part := p.state(began.Add(10 * time.Second))
		if strings.HasSuffix(want, "at ") {
			text = text[:len(want)]
		}
		assert.Equal(t, want, text)
		if c.total == 50 {
			assert.InDelta(t, float64(c.done)/50, part, 0.001)
		} else {
			assert.Negative(t, part)
		}
	}
}

// A bar is as wide as the terminal, and leaves its last column free.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		80: "[###############               ] moving",
		20: "[#####     ] moving",
		19: "moving",
		6:  "movin",
		1:  "",
	} {
		var out bytes.Buffer
		p := &progress{out: &out, width: func() int { return width }}
		p.draw("moving", 0.5)
		assert.Equal(t, "\r"+want+"\x1b[K", out.String(), width)
		out.Reset()
		p.draw("moving", -1)
		assert.Equal(t, "\r"+"moving"[:max(0, min(6, width-1))]+"\x1b[K", out.String(), "without a total")
	}
}

// In a log progress is a line like others.
func TestLoggedProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		var now atomic.Int64
		p := newLoggedProgress(slog.New(slog.NewJSONHandler(&log, nil)))
		p.poll = func() (string, func() count) {
			if n := now.Load(); n == 0 || n > 20 {
				return "", nil
			}
			return "copying", func() count { return count{done: now.Load(), total: 100} }
		}
		p.start()
		time.Sleep(time.Minute)
		require.Empty(t, log.lines(t, "in progress"))
		for n := range int64(25) {
			now.Store(n)
			time.Sleep(time.Second)
		}
		p.stop()
		lines := log.lines(t, "in progress")
		require.NotEmpty(t, lines)
		assert.Contains(t, lines[0]["state"], "copying: ")
		assert.Contains(t, lines[0]["state"], " of 100 items (")
		assert.Contains(t, lines[len(lines)-1]["state"], " in ", "the end")
		assert.LessOrEqual(t, len(lines), 3)
	})
}
