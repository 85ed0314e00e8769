package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveCommand is the first argument with which the program runs one of the
// servers that it measures.
const serveCommand = "serve"

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 3 && args[0] == serveCommand {
		return serve(ctx, args[1], args[2], stderr)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	return measure(ctx, s, stdout, stderr)
}

// settings are the flags.
type settings struct {
	rounds      int
	interval    time.Duration // of one server in a round
	connections int
	entries     int
	nearCache   bool // compare reads from the near cache
}

// time returns the duration of all rounds, including the first.
func (s settings) time() time.Duration {
	return time.Duration(s.rounds+1) * serverCount * s.interval
}

// maxTime bounds a whole run.
const maxTime = time.Hour

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var seconds float64
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rounds, "rounds", 60, "rounds to measure")
	flags.Float64Var(&seconds, "seconds", 0.25, "seconds for each of the three servers in a round")
	flags.IntVar(&s.connections, "connections", 4, "connections; each sends one request at a time")
	flags.IntVar(&s.entries, "entries", 24, "entries of a session")
	flags.BoolVar(&s.nearCache, "copies", false, "compare reads from the near cache with reads from memcached")
	if err := flags.Parse(args); err != nil {
		return s, fmt.Errorf("bench: %w", err)
	}
	s.interval = time.Duration(min(seconds, maxTime.Seconds()) * float64(time.Second))
	switch {
	case flags.NArg() > 0:
		return s, errors.New("bench: unexpected argument: there are only flags, see -help")
	case s.rounds < 1 || s.interval < time.Millisecond || s.connections < 1 || s.entries < 1:
		return s, errors.New("bench: all numbers must be positive")
	case s.connections > 512 || s.entries > 5000:
		return s, errors.New("bench: at most 512 connections and 5000 entries")
	case s.rounds > 10_000 || s.time() > maxTime:
		return s, fmt.Errorf("bench: the run would take more than %v: use fewer rounds or seconds", maxTime)
	}
	return s, nil
}
