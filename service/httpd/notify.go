package httpd

import (
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// NotifyReady tells systemd that the process does its work (sd_notify(3)). A unit with
// Type=notify is active from then on. The function returned tells systemd that the
// process stops. Without systemd both do nothing. An error is logged only: the process
// works all the same, and systemd ends it when it has waited for too long.
func NotifyReady(logger *slog.Logger) (stopping func()) {
	notify := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			logger.Warn("could not notify systemd", "state", state, "error", err)
		}
	}
	notify(daemon.SdNotifyReady)
	return func() { notify(daemon.SdNotifyStopping) }
}
