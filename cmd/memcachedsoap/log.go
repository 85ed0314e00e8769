package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"memcachedsoap/service/batchlog"
)

// logSettings are the settings of the log of a daemon.
type logSettings struct {
	LogFormat string     `enum:"text,json" default:"text" placeholder:"FORMAT" group:"Log:" help:"Format of the log on standard error: text or json. Default ${default}."`
	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" complete:"debug,info,warn,error" group:"Log:" help:"Least level that is logged: debug, info${lines}, warn or error. Default ${default}."`
}

// lastLines is how long the end of the program waits for standard error to take the last
// lines of the log, and lastLinesAtOnce how long it does when it should end at once.
const (
	lastLines       = 5 * time.Second
	lastLinesAtOnce = time.Second / 2
)

// openLog opens the log that --log-format and --log-level describe. lines are
// what the logger writes; closeLog writes those that wait.
func (s *logSettings) openLog(std streams) (logger *slog.Logger, lines *batchlog.Log, closeLog func()) {
	lines = batchlog.New(std.Err, batchlog.Options{JSON: s.LogFormat == "json", Level: s.LogLevel})
	std.Logs.add(lines)
	return lines.Logger(), lines, func() {
		ctx, cancel := context.WithTimeout(context.Background(), lastLines)
		defer cancel()
		_ = lines.Close(ctx) // there is nothing to say it with
	}
}

// openLogs are the logs that a second signal must not cut off. Their zero value has none;
// nil keeps none.
type openLogs struct {
	mu   sync.Mutex
	logs []*batchlog.Log
}

func (o *openLogs) add(l *batchlog.Log) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logs = append(o.logs, l)
}

// flush waits until the lines of the logs are written, or the context ends.
func (o *openLogs) flush(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.logs {
		_ = l.Flush(ctx)
	}
}
