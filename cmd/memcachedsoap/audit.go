package main

import (
	"fmt"
	"log/slog"

	"memcachedsoap/service/audit"
)

// auditLog opens the audit log of --audit-log, and returns the function that closes
// it. Without the setting the log is nil, which writes nothing. On SIGHUP the file is
// opened again.
func (c *serveCommand) auditLog(files *reloader, std streams, logger *slog.Logger) (l *audit.Log, closeLog func(), err error) {
	if c.AuditLog == "" {
		return nil, func() {}, nil
	}
	if l, err = audit.Open(c.AuditLog, audit.Options{Stdout: std.Out, Logger: logger}); err != nil {
		return nil, nil, fmt.Errorf("--audit-log: %w", err)
	}
	reopen := func() error {
		l.Reopen() // it logs its errors
		return nil
	}
	return l, func() {
		if err := l.Close(); err != nil {
			logger.Error("could not close the audit log", "error", err)
		}
	}, files.add(reloadable{flag: "--audit-log", reload: reopen})
}
