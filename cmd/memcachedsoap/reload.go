package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// watchedFile is a file with settings that can change while the service runs.
type watchedFile struct {
	flag string // that names the file
	path string
	// read takes the content of the file. After an error the former one stays in use.
	read   func() error
	seen   os.FileInfo // before it was last read; nil if it was not there
	failed string      // the error of the last time; "" if there was none
}

// readWatched reads a file for the first time.
func readWatched(flag, path string, read func() error) (*watchedFile, error) {
	f := &watchedFile{flag: flag, path: path, read: read}
	f.changed()
	if err := read(); err != nil {
		return nil, usageError("%s: %v", flag, err)
	}
	return f, nil
}

// changed says whether the file is another one than at the last call.
func (f *watchedFile) changed() bool {
	now, _ := os.Stat(f.path)
	before := f.seen
	if f.seen = now; before == nil || now == nil {
		return before != nil || now != nil
	}
	return !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size() || before.Mode() != now.Mode()
}

// lookEvery is the time between two looks at a file: a change takes effect within
// it. A look is one call of stat.
const lookEvery = time.Second

// watchFiles reads files again when they change, after an error, and on SIGHUP,
// until stop is called, which returns when nothing runs any more. A file is also another one when
// it was renamed into its place or a link on its path leads elsewhere, as in a
// volume of Kubernetes. Without files SIGHUP keeps its usual effect.
func watchFiles(files []*watchedFile, logger *slog.Logger) (stop func()) {
	if len(files) == 0 {
		return func() {}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(signals)
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			asked := false
			select {
			case <-ctx.Done():
				return
			case <-signals:
				asked = true
			case <-ticker.C:
			}
			for _, f := range files {
				if f.changed() || asked || f.failed != "" {
					f.reload(asked, logger)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// reload reads the file. It logs an error once, unless somebody has asked.
func (f *watchedFile) reload(asked bool, logger *slog.Logger) {
	before := f.failed
	f.failed = ""
	if err := f.read(); err != nil {
		if f.failed = err.Error(); asked || f.failed != before {
			logger.Error("could not read "+f.flag+" again: its former content stays in use", "error", err)
		}
	}
}
