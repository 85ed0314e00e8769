package load

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

// Main runs a benchmark with the arguments of the process, until it ends or SIGINT
// or SIGTERM stops it. It prints the error and returns the exit code.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Rounds says how often and how long a benchmark measures.
type Rounds struct {
	Count    int           // without the first round, which does not count
	Interval time.Duration // of one measurement
}

// Limits of a whole run.
const (
	maxRounds = 10_000
	maxTime   = time.Hour
)

// Time returns the duration of all rounds, including the first. measurements is the
// number of measurements in a round.
func (r Rounds) Time(measurements int) time.Duration {
	return time.Duration(r.Count+1) * time.Duration(measurements) * r.Interval
}

// ParseRounds adds -rounds and -seconds to flags and parses args. measurements is
// the number of measurements in a round, and each says what one of them is about.
// The error is [flag.ErrHelp], or it begins with the name of flags: a flag is
// unknown or invalid, an argument is no flag, or the run would take more than an
// hour.
func ParseRounds(flags *flag.FlagSet, args []string, defaults Rounds, measurements int, each string) (Rounds, error) {
	r := defaults
	flags.IntVar(&r.Count, "rounds", r.Count, "rounds to measure")
	seconds := flags.Float64("seconds", r.Interval.Seconds(), "seconds for each "+each+" in a round")
	if err := flags.Parse(args); err != nil {
		return r, fmt.Errorf("%s: %w", flags.Name(), err)
	}
	r.Interval = time.Duration(min(*seconds, maxTime.Seconds()) * float64(time.Second))
	switch {
	case flags.NArg() > 0:
		return r, fmt.Errorf("%s: unexpected argument: there are only flags, see -help", flags.Name())
	case r.Count < 1 || r.Interval < time.Millisecond:
		return r, fmt.Errorf("%s: all numbers must be positive", flags.Name())
	case r.Count > maxRounds || r.Time(measurements) > maxTime:
		return r, fmt.Errorf("%s: the run would take more than %v: use fewer rounds or seconds", flags.Name(), maxTime)
	}
	return r, nil
}
