package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/programtest"
)

// The loads.
const (
	getLoad  = iota // getSession
	halfLoad        // half getSession and half setSession
	loadCount
)

func loadNames() [loadCount]string { return [...]string{"getSession", "half setSession"} }

// most is the largest number of measurements in a round: those of the service, with and
// without a near cache, of the built peers, and of the service and the two Perl servers.
const most = loadCount * (2 + 4 + 3)

// warmUp is how many times as long as the others the first round is, for servers that
// compile while they run.
const warmUp = 3

// minSessions is the number of sessions, unless there are more connections.
const minSessions = 1000

// server is a measured server.
type server struct {
	title     string
	process   *load.Process
	memcached *load.Process
	// spent returns additional processor time, outside the process tree. It may be nil.
	spent   func() (time.Duration, error)
	sources [loadCount][]load.Source
	samples [loadCount][]sample // by round
}

// sample is the result of a measurement.
type sample struct {
	load.Result

	store time.Duration // processor time of memcached
}

// group is servers that get the same messages. The first is the service.
type group struct {
	title   string
	servers []*server
	pairs   [][2]int // of servers to compare
}

// environment starts processes, and stops them.
type environment struct {
	settings

	dir      string
	program  string // the service
	sessions []*contract.Session
	stops    []func()
	report   *report
	progress io.Writer
}

// measure measures all servers.
func measure(ctx context.Context, s settings, progress io.Writer) (r *report, err error) {
	if s.root, err = absolute(s.root); err != nil {
		return nil, err
	}
	e := &environment{settings: s, progress: progress, report: &report{settings: s}}
	if e.dir, err = os.MkdirTemp("", "peers"); err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	defer func() {
		e.stop()
		err = errors.Join(err, os.RemoveAll(e.dir))
	}()
	if err := os.Chmod(e.dir, 0o755); err != nil { //nolint:gosec // for Apache's user
		return nil, fmt.Errorf("peers: %w", err)
	}
	if e.program, err = programtest.Build(ctx, e.dir); err != nil {
		return nil, err
	}
	if e.sessions, err = contract.NewSessions(max(minSessions, s.connections), s.entries); err != nil {
		return nil, err
	}
	groups, err := e.startAll(ctx)
	if err != nil {
		return nil, err
	}
	e.report.groups = groups
	if err := e.rounds(ctx, groups); err != nil {
		return nil, err
	}
	e.stop()
	e.lemonldap(ctx)
	return e.report, nil
}

func (e *environment) stop() {
	for i := range e.stops {
		e.stops[len(e.stops)-1-i]()
	}
	e.stops = nil
}

// memcached starts a memcached.
func (e *environment) memcached(ctx context.Context) (*load.Process, error) {
	dir, err := os.MkdirTemp(e.dir, "memcached")
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	p, err := load.StartMemcached(ctx, dir, "-m", "256")
	if err == nil {
		e.stops = append(e.stops, p.Stop)
	}
	return p, err
}

// storeTimeout is longer than the default, because memcached may have to wait for a
// processor.
const storeTimeout = "5s"

// service starts the service and its memcached.
func (e *environment) service(ctx context.Context, title string, flags ...string) (*server, error) {
	memcached, err := e.memcached(ctx)
	if err != nil {
		return nil, err
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--servers", memcached.Address, "--store-timeout", storeTimeout}, flags...)
	p, err := load.Start(ctx, exec.CommandContext(ctx, e.program, args...), title, e.dir, "", regexp.MustCompile(`msg=listening address=(\S+)`))
	if err != nil {
		return nil, err
	}
	e.stops = append(e.stops, p.Stop)
	return &server{title: title, process: p, memcached: memcached}, nil
}

// rounds measures all servers with all loads, in each round in another order.
func (e *environment) rounds(ctx context.Context, groups []*group) error {
	type measurement struct {
		server *server
		load   int
	}
	var all []measurement
	for _, g := range groups {
		for _, s := range g.servers {
			for l := range loadCount {
				all = append(all, measurement{s, l})
			}
		}
	}
	takes := e.Interval * time.Duration(len(all)*(e.Count+warmUp))
	if _, err := fmt.Fprintf(e.progress, "peers: the rounds take %v\n", takes.Round(time.Second)); err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	r := rand.New(rand.NewPCG(e.seed, 0)) //nolint:gosec // repeatable
	for round := range e.Count + 1 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, m := range all {
			interval := e.Interval
			if round == 0 {
				interval *= warmUp
			}
			t, err := m.server.measure(ctx, interval, m.load)
			if err != nil {
				return fmt.Errorf("peers: %s of %s: %w", loadNames()[m.load], m.server.title, err)
			}
			if round > 0 {
				m.server.samples[m.load] = append(m.server.samples[m.load], t)
			}
		}
	}
	return nil
}

// measure sends a load to the server for the duration d.
func (s *server) measure(ctx context.Context, d time.Duration, which int) (sample, error) {
	spent := s.spent
	if spent == nil {
		spent = func() (time.Duration, error) { return 0, nil }
	}
	moreBefore, err := spent()
	store, err2 := s.memcached.CPUTime()
	if err := errors.Join(err, err2); err != nil {
		return sample{}, err
	}
	t, err := load.Measure(ctx, s.process, d, s.sources[which])
	if err != nil {
		return sample{}, err
	}
	moreAfter, err := spent()
	storeAfter, err2 := s.memcached.CPUTime()
	t.CPU += moreAfter - moreBefore
	return sample{t, storeAfter - store}, errors.Join(err, err2)
}

// lemonldap compares LemonLDAP::NG's REST server, if it is among the peers.
func (e *environment) lemonldap(ctx context.Context) {
	if !e.has(lemonldapPeer) {
		return
	}
	table, err := e.lemonldapTable(ctx)
	if err != nil {
		e.leaveOut("LemonLDAP::NG", err)
	}
	e.report.lemonldap = table
}

// leaveOut notes that a peer could not be installed or built.
func (e *environment) leaveOut(title string, err error) {
	e.report.leftOut = append(e.report.leftOut, leftOut{title, err.Error()})
	_, _ = fmt.Fprintf(e.progress, "peers: %s is left out: %v\n", title, err) // the report has it, too
}

// perlDir makes a folder for Apache.
func (e *environment) perlDir() (string, error) {
	dir := filepath.Join(e.dir, "apache")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(dir, 0o755)); err != nil { //nolint:gosec // for Apache's user
		return "", fmt.Errorf("peers: %w", err)
	}
	return dir, nil
}
