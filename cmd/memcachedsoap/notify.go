package main

import (
	"context"
	"log/slog"

	"memcachedsoap/service/httpd"
)

// notifySystemd tells systemd that the daemon does its work, and when ctx ends that it
// stops. It returns when systemd has been told the first; wait returns when systemd has
// been told the second, if ctx has ended.
func notifySystemd(ctx context.Context, logger *slog.Logger) (wait func()) {
	stopping := httpd.NotifyReady(logger)
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		stopping()
	})
	return func() {
		if !stop() {
			<-told
		}
	}
}
