package main

import "log/slog"

// logSettings are the settings of the log of a daemon.
type logSettings struct {
	LogFormat string     `enum:"text,json" default:"text" placeholder:"FORMAT" group:"Log:" help:"Format of the log on standard error: text or json. Default ${default}."`
	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" complete:"debug,info,warn,error" group:"Log:" help:"Least level that is logged: debug, info${lines}, warn or error. Default ${default}."`
}

// logger returns the logger that --log-format and --log-level describe.
func (s *logSettings) logger(std streams) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.Err, options))
	}
	return slog.New(slog.NewTextHandler(std.Err, options))
}
