package main

import (
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// reloadable is what the service takes from files and can take again while it runs.
type reloadable struct {
	flag  string   // that names the files
	paths []string // none: only SIGHUP asks for a reload; "" names no file
	// reload reads the files. After an error what they said before stays in use.
	reload func() error
	atLook func() // is called at each look; may be nil

	seen    []os.FileInfo // at the last look; nil stands for a file that is not there
	pending bool          // they have changed since they were read
	failed  string        // the error of the last reload; "" if there was none
}

// look reloads if the files have changed and the change is complete: they are the same
// as at the look before. Programs that renew a certificate replace one file after the
// other. After an error each look tries again.
func (r *reloadable) look(logger *slog.Logger) {
	if r.atLook != nil {
		r.atLook()
	}
	if r.changed() {
		r.pending = true
		return
	}
	if r.pending || r.failed != "" {
		r.run(false, logger)
	}
}

// changed says whether a file is another one than at the last call. That is also so if
// it was renamed into its place or a link on its path leads elsewhere, as in a volume
// of Kubernetes.
func (r *reloadable) changed() bool {
	if r.seen == nil {
		r.seen = make([]os.FileInfo, len(r.paths))
	}
	changed := false
	for i, path := range r.paths {
		before := r.seen[i]
		now, _ := os.Stat(path)
		r.seen[i] = now
		if before == nil || now == nil {
			changed = changed || before != nil || now != nil
			continue
		}
		changed = changed || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) ||
			before.Size() != now.Size() || before.Mode() != now.Mode()
	}
	return changed
}

// run reloads. It logs the same error once, unless the operator has asked.
func (r *reloadable) run(asked bool, logger *slog.Logger) {
	before := r.failed
	r.pending, r.failed = false, ""
	if err := r.reload(); err != nil {
		if r.failed = err.Error(); asked || r.failed != before {
			logger.Error("could not read "+r.flag+" again: its former content stays in use", "error", err)
		}
	}
}

// lookEvery is the time between two looks at the files: a change takes effect within
// twice this time. A look is one call of stat for each file.
const lookEvery = time.Second

// reloader reloads what has changed, and everything on SIGHUP.
type reloader struct {
	logger  *slog.Logger
	parts   []*reloadable
	hangups chan os.Signal
}

// add reads the files of a part for the first time, if it has any. From now on SIGHUP
// does not end the process.
func (r *reloader) add(part reloadable) error {
	if r.hangups == nil {
		r.hangups = make(chan os.Signal, 1)
		signal.Notify(r.hangups, syscall.SIGHUP)
	}
	r.parts = append(r.parts, &part)
	if len(part.paths) == 0 {
		return nil
	}
	part.changed() // before they are read: a change in between is seen later
	if err := part.reload(); err != nil {
		return usageError("%s: %v", part.flag, err)
	}
	return nil
}

// forget gives SIGHUP its usual effect again. It is for parts that were read once.
func (r *reloader) forget() {
	if r.hangups != nil {
		signal.Stop(r.hangups)
	}
}

// start reloads from now on, until stop is called, which returns when no reload runs.
func (r *reloader) start() (stop func()) {
	if len(r.parts) == 0 {
		return func() {} // SIGHUP keeps its usual effect
	}
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { r.run(ended) })
	return func() {
		signal.Stop(r.hangups)
		close(ended)
		running.Wait()
	}
}

func (r *reloader) run(ended <-chan struct{}) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-r.hangups:
			for _, part := range r.parts {
				part.changed() // so that the next look finds nothing new
				part.run(true, r.logger)
			}
		case <-ticker.C:
			for _, part := range r.parts {
				part.look(r.logger)
			}
		}
	}
}
