package access

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"time"
)

// watchEvery is how often the auth file is looked at. Looking costs microseconds, and
// works where notifications do not: with symbolic links that are exchanged, as
// Kubernetes does it, and on network file systems.
const watchEvery = time.Second

// Watch replaces the callers when the auth file has changed, and when reload has a
// value, until the context ends. A file that cannot be used changes nothing: it is
// logged with the line and the reason, and the metric says so.
func (g *Guard) Watch(ctx context.Context, path string, reload <-chan os.Signal, logger *slog.Logger) {
	w := watcher{guard: g, path: path, logger: logger}
	w.info, _ = os.Stat(path) // if it fails, the first look reads the file
	w.text, _, _ = ReadFile(path)
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.look(false)
		case <-reload:
			w.look(true)
		case <-ctx.Done():
			return
		}
	}
}

// watcher knows the auth file that was read last.
type watcher struct {
	guard  *Guard
	path   string
	logger *slog.Logger

	info   os.FileInfo // nil if the file could not be looked at
	text   []byte
	failed string // the last error
}

// look reads the file if it is another one than before, or if it must.
func (w *watcher) look(must bool) {
	info, err := os.Stat(w.path)
	if err != nil {
		w.info = nil
		w.fail(unreadable(err), must)
		return
	}
	if !must && w.info != nil && os.SameFile(info, w.info) && info.ModTime().Equal(w.info.ModTime()) && info.Size() == w.info.Size() {
		return
	}
	w.info = info
	text, _, err := ReadFile(w.path)
	if err != nil {
		w.info = nil
		w.fail(err, must)
		return
	}
	if !must && w.failed == "" && bytes.Equal(text, w.text) {
		return
	}
	file, err := ParseFile(text)
	if err != nil {
		w.fail(err, must)
		return
	}
	w.text, w.failed = text, ""
	w.guard.Replace(file)
	w.guard.reloadFails.Set(0)
	w.logger.Info("auth file reloaded", "file", w.path, "callers", len(file.Callers))
}

// fail says that the file cannot be used, once for each reason unless it must.
func (w *watcher) fail(err error, must bool) {
	w.guard.reloadFails.Set(1)
	if err.Error() == w.failed && !must {
		return
	}
	w.failed = err.Error()
	w.logger.Error("auth file not reloaded: the callers of the last valid file stay", "file", w.path, "error", err)
}
