package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/perlsite"
	"memcachedsoap/scripts/test/programtest"
)

// serverNames returns the servers in the order of the table.
func serverNames() []string { return []string{"service", "FastCGI", "CGI"} }

// server is a measured server.
type server struct {
	process     *load.Process
	path        string
	connections int // each sends one request at a time
	// spent returns additional processor time, outside the process tree. It may be
	// nil.
	spent func() (time.Duration, error)
}

// measure measures the servers and prints the report.
func measure(ctx context.Context, rounds load.Rounds, stdout, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "cgibench")
	if err != nil {
		return fmt.Errorf("cgibench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	memcached, err := load.StartMemcached(ctx, dir)
	if err != nil {
		return err
	}
	defer memcached.Stop()
	service, err := startService(ctx, dir, memcached.Address)
	if err != nil {
		return err
	}
	defer service.Stop()
	apacheDir := filepath.Join(dir, "apache")
	if err := errors.Join(os.Mkdir(apacheDir, 0o755), os.Chmod(dir, 0o755)); err != nil { //nolint:gosec // for Apache's user
		return fmt.Errorf("cgibench: %w", err)
	}
	apache, times, err := perlsite.Start(ctx, apacheDir, memcached.Address)
	if err != nil {
		return err
	}
	defer apache.Terminate()
	if _, err := fmt.Fprintf(progress, "cgibench: this takes %v\n", rounds.Time(measurements()).Round(time.Second)); err != nil {
		return fmt.Errorf("cgibench: %w", err)
	}
	r, err := measureAll(ctx, rounds, []server{
		{process: service, path: perlsite.ServicePath, connections: 16},
		{process: apache, path: perlsite.FastCGIPath, connections: perlsite.Connections},
		{process: apache, path: perlsite.CGIPath, connections: perlsite.Connections, spent: times.Sum},
	})
	if err != nil {
		return err
	}
	return r.write(stdout)
}

// storeTimeout is longer than the default, because memcached may have to wait for a
// processor.
const storeTimeout = "5s"

func startService(ctx context.Context, dir, memcached string) (*load.Process, error) {
	program, err := programtest.Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--servers", memcached, "--store-timeout", storeTimeout)
	return load.Start(ctx, cmd, "service", dir, "", regexp.MustCompile(`msg=listening address=(\S+)`))
}

// measureAll measures each operation on each server, in rounds.
func measureAll(ctx context.Context, rounds load.Rounds, servers []server) (*report, error) {
	r := &report{rounds: rounds}
	id, err := store(ctx, servers[0])
	if err != nil {
		return nil, err
	}
	for round := range rounds.Count + 1 {
		for _, operation := range perlsite.Operations() {
			for i, server := range servers {
				t, err := server.measure(ctx, rounds.Interval, perlsite.NewRequest(server.path, operation, id))
				if err != nil {
					return nil, fmt.Errorf("cgibench: %s of %s: %w", operation, serverNames()[i], err)
				}
				if round > 0 { // the first round warms the servers up
					r.add(operation, i, t)
				}
			}
		}
	}
	return r, nil
}

// measure sends a request repeatedly on all connections for the duration d.
func (s server) measure(ctx context.Context, d time.Duration, request *load.Request) (load.Result, error) {
	sources := make([]load.Source, s.connections)
	for i := range sources {
		sources[i] = func(int) *load.Request { return request }
	}
	if s.spent == nil {
		return load.Measure(ctx, s.process, d, sources)
	}
	before, err := s.spent()
	if err != nil {
		return load.Result{}, err
	}
	t, err := load.Measure(ctx, s.process, d, sources)
	if err != nil {
		return t, err
	}
	after, err := s.spent()
	t.CPU += after - before
	return t, err
}

var sessionID = regexp.MustCompile(`>([0-9a-f]{32})<`)

// store stores the session that all servers read.
func store(ctx context.Context, s server) (string, error) {
	c, err := load.Dial(ctx, s.process, time.Now().Add(10*time.Second))
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.Do(perlsite.NewRequest(s.path, "setSession", "")); err != nil {
		return "", err
	}
	match := sessionID.FindSubmatch(c.Body)
	if match == nil {
		return "", fmt.Errorf("cgibench: no id in %.500s", c.Body)
	}
	return string(match[1]), nil
}
