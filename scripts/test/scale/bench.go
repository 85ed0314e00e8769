package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/programtest"
)

// bench starts the processes of a curve.
type bench struct {
	settings

	dir     string
	program string
	stops   []func()
}

func newBench(ctx context.Context, s settings) (*bench, error) {
	b := &bench{settings: s}
	var err error
	if b.dir, err = os.MkdirTemp("", "scale"); err != nil {
		return nil, err //nolint:wrapcheck // run wraps it
	}
	b.program, err = programtest.Build(ctx, b.dir)
	return b, err
}

func (b *bench) close() error {
	b.stop()
	return os.RemoveAll(b.dir) //nolint:wrapcheck // run wraps it
}

// stop stops all processes.
func (b *bench) stop() {
	for i := range b.stops {
		b.stops[len(b.stops)-1-i]()
	}
	b.stops = nil
}

// start starts a process of the program, whose log says where it listens.
func (b *bench) start(ctx context.Context, pattern string, args ...string) (*load.Process, error) {
	dir, err := os.MkdirTemp(b.dir, "process")
	if err != nil {
		return nil, err //nolint:wrapcheck // run wraps it
	}
	p, err := load.Start(ctx, exec.CommandContext(ctx, b.program, args...), args[0], dir, "", regexp.MustCompile(pattern+` address=(\S+)`))
	if err == nil {
		b.stops = append(b.stops, p.Stop)
	}
	return p, err
}

// memcacheds starts some memcacheds.
func (b *bench) memcacheds(ctx context.Context, n int, args ...string) (list []*load.Process, err error) {
	for range n {
		dir, err := os.MkdirTemp(b.dir, "memcached")
		if err != nil {
			return nil, err //nolint:wrapcheck // run wraps it
		}
		p, err := load.StartMemcached(ctx, dir, append([]string{"-c", "8192"}, args...)...)
		if err != nil {
			return nil, err
		}
		b.stops = append(b.stops, p.Stop)
		list = append(list, p)
	}
	return list, nil
}

// patience is how long a call may take here, where programs share few processors.
const patience = "60s"

// service starts the service on memcacheds.
func (b *bench) service(ctx context.Context, servers []*load.Process, flags ...string) (*load.Process, error) {
	var addresses []string
	for _, s := range servers {
		addresses = append(addresses, s.Address)
	}
	return b.start(ctx, "msg=listening", append([]string{
		"serve", "--listen", "127.0.0.1:0", "--servers", strings.Join(addresses, ","),
		"--store-timeout", patience, "--call-timeout", patience,
	}, flags...)...)
}

// point is a point of a curve.
type point struct {
	at float64
	// measure returns a value for each line, in the order of the panels.
	measure func(ctx context.Context, d time.Duration) ([]float64, error)
}

// rounds measures all points in each round, and puts the medians into the curve.
func (b *bench) rounds(ctx context.Context, c *curve, points []point) error {
	samples := make([][][]float64, len(points)) // by point, by round, by line
	r := rand.New(rand.NewPCG(b.seed, 0))       //nolint:gosec // repeatable
	for round := range b.Count + 1 {
		for _, i := range r.Perm(len(points)) {
			values, err := points[i].measure(ctx, b.Interval)
			if err != nil {
				return fmt.Errorf("%s = %v: %w", c.X.Title, points[i].at, err)
			}
			if round > 0 {
				samples[i] = append(samples[i], values)
			}
		}
	}
	for i, p := range points {
		c.add(p.at, medians(samples[i]))
	}
	c.Machine = fmt.Sprintf("Medians of %d rounds of %v.", b.Count, b.Interval)
	return nil
}

// medians returns the median of each line.
func medians(rounds [][]float64) []float64 {
	values := make([]float64, len(rounds[0]))
	for i := range values {
		var line []float64
		for _, round := range rounds {
			line = append(line, round[i])
		}
		values[i] = load.Median(line)
	}
	return values
}

// add adds a point with a value for each line.
func (c *curve) add(at float64, values []float64) {
	c.At = append(c.At, at)
	for i := range c.Panels {
		for j := range c.Panels[i].Lines {
			l := &c.Panels[i].Lines[j]
			l.Values = append(l.Values, values[0])
			values = values[1:]
		}
	}
}

// lines returns lines without values.
func lines(names ...string) []line {
	list := make([]line, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	return list
}

// microseconds returns the processor time of a request.
func microseconds(r load.Result) float64 {
	return float64(r.CPU) / float64(time.Microsecond) / float64(r.Requests)
}
