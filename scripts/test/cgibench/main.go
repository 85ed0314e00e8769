package main

import (
	"context"
	"flag"
	"io"
	"os"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/perlsite"
)

func main() { os.Exit(load.Main(run)) }

// measurements returns the number of measurements in a round.
func measurements() int { return len(serverNames()) * len(perlsite.Operations()) }

func parse(args []string, stderr io.Writer) (load.Rounds, error) {
	flags := flag.NewFlagSet("cgibench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	return load.ParseRounds(flags, args, load.Rounds{Count: 5, Interval: 2 * time.Second}, measurements(), "operation of each server")
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	rounds, err := parse(args, stderr)
	if err != nil {
		return err
	}
	return measure(ctx, rounds, stdout, stderr)
}
