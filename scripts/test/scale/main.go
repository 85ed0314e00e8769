package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
)

func main() { os.Exit(load.Main(run)) }

// settings are the flags.
type settings struct {
	load.Rounds

	only        []string // names of curves
	root        string   // folder of the repository
	draw        bool     // measure nothing
	maxSessions int
	seed        uint64
}

// plan is how a curve is measured.
type plan struct {
	name    string
	measure func(ctx context.Context, b *bench) (curve, error)
}

func plans() []plan {
	return []plan{
		{"connections", connections},
		{"servers", servers},
		{"attributes", attributes},
		{"principal", principal},
		{"sessions", sessions},
		{"instances", instances},
	}
}

func planNames() []string {
	var names []string
	for _, p := range plans() {
		names = append(names, p.name)
	}
	return names
}

const manySessions = 1_000_000

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", strings.Join(planNames(), ","), "curves to measure")
	flags.StringVar(&s.root, "root", ".", "folder of the repository")
	flags.BoolVar(&s.draw, "draw", false, "measure nothing, draw the numbers that are there")
	flags.IntVar(&s.maxSessions, "sessions", manySessions, "the most sessions of a server")
	flags.Uint64Var(&s.seed, "seed", 1, "decides the order within the rounds")
	var err error
	if s.Rounds, err = load.ParseRounds(flags, args, load.Rounds{Count: 5, Interval: 2 * time.Second}, 2*len(plans()), "point of a curve"); err != nil {
		return s, err
	}
	if s.maxSessions < firstSessions || s.maxSessions > manySessions {
		return s, fmt.Errorf("scale: -sessions is %d to %d", firstSessions, manySessions)
	}
	s.only = strings.Split(*only, ",")
	for i, name := range s.only {
		if !slices.Contains(planNames(), name) || slices.Contains(s.only[:i], name) {
			return s, fmt.Errorf("scale: %q is no curve, or named twice: they are %s", name, strings.Join(planNames(), ", "))
		}
	}
	return s, nil
}

func run(ctx context.Context, args []string, _, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	for _, p := range plans() {
		if !slices.Contains(s.only, p.name) {
			continue
		}
		if _, err := section.Read(filepath.Join(s.root, page), p.name); err != nil { // before the work
			return err
		}
		began := time.Now()
		if !s.draw {
			if err := s.measure(ctx, p); err != nil {
				return fmt.Errorf("scale: %s: %w", p.name, err)
			}
		}
		if err := s.publish(p.name); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(stderr, "scale: %s took %v\n", p.name, time.Since(began).Round(time.Second)); err != nil {
			return fmt.Errorf("scale: %w", err)
		}
	}
	return nil
}

// measure measures a curve and writes its numbers.
func (s settings) measure(ctx context.Context, p plan) (err error) {
	b, err := newBench(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	others, err := loadAverage()
	if err != nil {
		return err
	}
	c, err := p.measure(ctx, b)
	if err != nil {
		return err
	}
	c.Machine = fmt.Sprintf("%s, %s/%s, %d processors shared with memcached and the load. %s Load average before: %s.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), c.Machine, others)
	text, err := json.MarshalIndent(c, "", "  ")
	if err := errors.Join(err, c.check()); err != nil {
		return err
	}
	return os.WriteFile(s.file(p.name, ".json"), append(text, '\n'), 0o644) //nolint:gosec,wrapcheck // a page for everybody; run wraps it
}

// loadAverage returns how many threads have wanted a processor in the last minute: it tells
// whether the machine was quiet.
func loadAverage() (string, error) {
	text, err := os.ReadFile("/proc/loadavg")
	average, _, _ := strings.Cut(string(text), " ")
	return average, err //nolint:wrapcheck // run wraps it
}

func (s settings) file(name, extension string) string {
	return filepath.Join(s.root, folder, name+extension)
}

// publish draws the numbers of a curve and writes them into the page.
func (s settings) publish(name string) error {
	c, err := readCurve(s.root, name)
	if err != nil {
		return err
	}
	part, err := section.Read(filepath.Join(s.root, page), name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file(name, ".svg"), []byte(c.svg()), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("scale: %w", err)
	}
	return part.Write(c.table())
}
