package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
)

// bench is what the measurements share.
type bench struct {
	settings

	dir       string
	binary    string
	processes []*load.Process
}

// stop stops all processes.
func (b *bench) stop() {
	for _, p := range b.processes {
		p.Stop()
	}
	b.processes = nil
}

// newDir makes a folder for one process.
func (b *bench) newDir() (string, error) {
	dir, err := os.MkdirTemp(b.dir, "process")
	if err != nil {
		return "", fmt.Errorf("a folder for a process: %w", err)
	}
	return dir, nil
}

// The log buffers that docs/replication.md advises, with memcached's own slab sizes
// behind them: it takes the number of worker_logbuf_size as a slab size, too.
const (
	slabSizes = "96-120-152-192-240-304-384-480-600-752-944-1184-1480-1856-2320-2904-3632-4544-5680-7104-8880-11104-13880-" +
		"17352-21696-27120-33904-42384-52984-66232-82792-103496-129376-161720-202152-252696-315872-394840"
	logBuffers = "worker_logbuf_size=4096,slab_sizes=" + slabSizes + ",watcher_logbuf_size=8192"
)

// memcached starts a memcached with these log buffers.
func (b *bench) memcached(ctx context.Context, more ...string) (*load.Process, error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	args := []string{"-m", "4096", "-c", "4096", "-o", logBuffers}
	p, err := load.StartMemcached(ctx, dir, append(args, more...)...)
	if err != nil {
		return nil, err
	}
	b.processes = append(b.processes, p)
	return p, nil
}

// memcacheds starts several.
func (b *bench) memcacheds(ctx context.Context, n int) (list []*load.Process, err error) {
	for range n {
		p, err := b.memcached(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// restartEmpty kills a memcached and starts it again at the same address.
func (b *bench) restartEmpty(ctx context.Context, p *load.Process) (*load.Process, error) {
	p.Stop()
	_, port, _ := strings.Cut(p.Address, ":")
	return b.memcached(ctx, "-p", port)
}

var (
	listening        = regexp.MustCompile(`msg=listening address=(\S+)`)
	listeningMetrics = regexp.MustCompile(`msg=metrics address=(\S+)`)
)

// command starts memcachedsoap, and returns when it listens.
func (b *bench) command(ctx context.Context, name string, pattern *regexp.Regexp, args ...string) (*load.Process, error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	p, err := load.Start(ctx, exec.CommandContext(ctx, b.binary, args...), name, dir, "", pattern)
	if err != nil {
		return nil, err
	}
	b.processes = append(b.processes, p)
	return p, nil
}

// replicator is a process that keeps two pools equal.
type replicator struct {
	*load.Process
}

// replicate starts one. It compares every five seconds.
func (b *bench) replicate(ctx context.Context, from, to *load.Process, more ...string) (*replicator, error) {
	p, err := b.command(ctx, "replicate", listeningMetrics, append([]string{
		"replicate", "--from", from.Address, "--to", to.Address, "--reconcile", "5s", "--metrics-listen", "127.0.0.1:0",
	}, more...)...)
	if err != nil {
		return nil, err
	}
	return &replicator{p}, nil
}

// patience is how long a state is waited for.
const patience = 2 * time.Minute

// until waits until the metrics of the replicator have a state.
func (r *replicator) until(ctx context.Context, what string, reached func(metrics) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		m, err := r.metrics(ctx)
		if err == nil && reached(m) {
			return nil
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(err, r.Failure("was not "+what))
		}
	}
}

// equal waits until both pools are equal.
func (r *replicator) equal(ctx context.Context) error {
	return r.until(ctx, "equal", func(m metrics) bool { return m["memcachedsoap_replication_equal"] == 1 })
}

// metrics are the values of a process, by name and labels.
type metrics map[string]float64

func (r *replicator) metrics(ctx context.Context) (metrics, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Address+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing can be lost
	m := make(metrics)
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			m[name] = n
		}
	}
	return m, nil
}
