package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/replication"
)

// follow replicates until the context ends.
func (c *replicateCommand) follow(ctx context.Context, replicator *replication.Replicator, shown *progress, logger *slog.Logger) error {
	shown.start()
	defer shown.stop()
	stop := reportInequality(ctx, replicator, logger)
	defer stop()
	if err := replicator.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// once copies everything once.
func (c *replicateCommand) once(ctx context.Context, replicator *replication.Replicator, shown *progress, logger *slog.Logger) error {
	shown.start()
	result, err := replicator.Once(ctx)
	shown.stop()
	logger.Info("compared everything", "compared", result.Compared, "copied", result.Copied, "removed", result.Removed,
		"merged", result.Merged, "failed", result.Failed, "too_large", result.TooLarge)
	if down, ok := errors.AsType[*backend.UnavailableError](err); ok {
		return &failure{exitUnavailable, "the pools are not equal: " + oneLine(down.Error())}
	}
	switch {
	case err != nil:
		return err
	case result.TooLarge > 0:
		return fmt.Errorf("the pools are not equal: items that are too large for the other side: %d; the log names each by the hash prefix of its key", result.TooLarge)
	}
	return nil
}

// bar returns what shows as a bar how far the replicator is, and the streams to use beside
// it. It is nil if the log is not on a terminal, or has no lines of that level.
func (c *replicateCommand) bar(std streams) (*progress, streams) {
	if c.LogLevel > slog.LevelInfo || terminalWidth(std.Err) == nil {
		return nil, std
	}
	shown := newProgress(std.Err)
	std.Err = shown
	return shown, std
}

// progressOf says how far a replicator is while the pools are not equal.
func progressOf(replicator *replication.Replicator) (name string, now func() count) {
	switch p := replicator.Progress(); {
	case !p.Running, replicator.State().Equal:
		return "", nil
	case p.Differing == 0:
		return "comparing", func() count {
			p := replicator.Progress()
			return count{p.Scanned, p.Items, true}
		}
	default:
		return "copying", func() count {
			p := replicator.Progress()
			return count{p.LookedAt, p.Differing, false}
		}
	}
}

// unequalEvery is how often the log says why the pools are not equal.
const unequalEvery = 5 * time.Second

// reportInequality logs why the pools are not equal, until the context ends or until stop
// is called.
func reportInequality(ctx context.Context, replicator *replication.Replicator, logger *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(unequalEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
			if state := replicator.State(); state.Active && !state.Equal {
				logger.Info("not equal yet", "copied", copied(replicator), "waiting", state.Waiting, "lag", state.Lag, "because", unequal(state))
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// copied returns how many items were copied.
func copied(source metric.Source) int64 {
	for _, m := range source.Metrics() {
		if m.Name == "replication_copied_total" {
			return int64(m.Value)
		}
	}
	return 0
}

// unequal says which servers are not equal, and why.
func unequal(state replication.State) string {
	var reasons []string
	for _, s := range state.Servers {
		if !s.Equal {
			reasons = append(reasons, s.Side+" "+s.Server+": "+s.Reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// readinessOf says whether the replicator does what it is for, and why not.
func readinessOf(state replication.State) (ready bool, text string) {
	var lines strings.Builder
	switch {
	case state.StandsBy:
		return true, "standing by: another process replicates these pools\n"
	case state.Active:
		fmt.Fprintf(&lines, "%d changes wait\n", state.Waiting)
	default:
		lines.WriteString("it is starting\n")
	}
	for _, s := range state.Servers {
		lines.WriteString(s.Side + " " + s.Server)
		if s.Equal {
			lines.WriteString(" is equal\n")
		} else {
			lines.WriteString(" is not equal: " + s.Reason + "\n")
		}
	}
	return state.Active && state.Equal, lines.String()
}

// sharedError says that the two pools have a server in common.
type sharedError struct{ server memcached.Shared }

func (e *sharedError) Error() string {
	if e.server.One == e.server.Other {
		return "--from and --to both have " + e.server.One + ": a pool and its copy need servers of their own"
	}
	return "--from has " + e.server.One + " and --to has " + e.server.Other + ", which is the same server: a pool and its copy need servers of their own"
}

// apartEvery is how often pools are compared that may have a server in common.
const apartEvery = time.Second

// keepApart calls replicate unless the pools have a server in common. It ends the
// context of replicate when a server answers later and turns out to be in both.
func keepApart(ctx context.Context, from, to *memcached.Backend, replicate func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	unknown := look(ctx, from, to, cancel)
	var looking sync.WaitGroup
	if unknown {
		looking.Go(func() {
			for unknown && ctx.Err() == nil {
				select {
				case <-time.After(apartEvery):
					unknown = look(ctx, from, to, cancel)
				case <-ctx.Done():
				}
			}
		})
	}
	err := error(nil)
	if ctx.Err() == nil {
		err = replicate(ctx)
	}
	cause := context.Cause(ctx)
	cancel(nil)
	looking.Wait()
	if shared := new(sharedError); errors.As(cause, &shared) {
		return usageError("%v", shared)
	}
	return err
}

// look looks for a server that is in both pools, and ends the context if there is one.
// unknown says that it must be looked again: not all servers have answered.
func look(ctx context.Context, from, to *memcached.Backend, end context.CancelCauseFunc) (unknown bool) {
	shared, silent := memcached.SharedServers(ctx, from, to)
	if len(shared) > 0 {
		end(&sharedError{shared[0]})
	}
	return silent > 0
}
