package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"memcachedsoap/service/audit"
)

// auditLog opens the audit log of --audit-log, and returns the function that closes
// it. Without the setting the log is nil, which writes nothing. On SIGHUP the file is
// opened again.
func (c *serveCommand) auditLog(std streams, logger *slog.Logger) (l *audit.Log, closeLog func(), err error) {
	if c.AuditLog == "" {
		return nil, func() {}, nil
	}
	if l, err = audit.Open(c.AuditLog, audit.Options{Stdout: std.Out, Logger: logger}); err != nil {
		return nil, nil, fmt.Errorf("--audit-log: %w", err)
	}
	stop := onHangup(l.Reopen)
	return l, func() {
		stop()
		if err := l.Close(); err != nil {
			logger.Error("could not close the audit log", "error", err)
		}
	}, nil
}

// onHangup calls a function for each SIGHUP, until stop is called.
func onHangup(do func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() {
		for range signals {
			do()
		}
	})
	return func() {
		signal.Stop(signals)
		close(signals)
		running.Wait()
	}
}
