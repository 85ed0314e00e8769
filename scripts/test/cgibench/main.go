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

// settings are the flags.
type settings struct {
	rounds   int
	interval time.Duration // of one operation of one server in a round
}

// time returns the duration of all rounds, including the first.
func (s settings) time() time.Duration {
	return time.Duration((s.rounds+1)*len(serverNames())*len(operations())) * s.interval
}

// maxTime bounds a whole run.
const maxTime = time.Hour

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var seconds float64
	flags := flag.NewFlagSet("cgibench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rounds, "rounds", 5, "rounds to measure")
	flags.Float64Var(&seconds, "seconds", 2, "seconds for each operation of each server in a round")
	if err := flags.Parse(args); err != nil {
		return s, fmt.Errorf("cgibench: %w", err)
	}
	s.interval = time.Duration(min(seconds, maxTime.Seconds()) * float64(time.Second))
	switch {
	case flags.NArg() > 0:
		return s, errors.New("cgibench: unexpected argument: there are only flags, see -help")
	case s.rounds < 1 || s.interval < time.Millisecond:
		return s, errors.New("cgibench: all numbers must be positive")
	case s.rounds > 10_000 || s.time() > maxTime:
		return s, fmt.Errorf("cgibench: the run would take more than %v: use fewer rounds or seconds", maxTime)
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	return measure(ctx, s, stdout, stderr)
}
