package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"memcachedsoap/scripts/test/load"
)

func main() { os.Exit(load.Main(run)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(stderr)
	times := flags.Int("times", 10, "how often each request is sent for its processor time")
	calibrating := flags.Bool("calibrate", false, "only print how long work of the same kind takes on this machine")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("cost: %w", err)
	}
	if *calibrating {
		took, err := calibrate()
		if err == nil {
			_, err = fmt.Fprintln(stdout, took)
		}
		return err //nolint:wrapcheck // standard output
	}
	dir, err := os.MkdirTemp("", "cost")
	if err != nil {
		return fmt.Errorf("cost: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover harms nobody
	e, err := newEnvironment(ctx, dir)
	if err != nil {
		return err
	}
	defer e.memcached.Stop()
	var all []cost
	for _, m := range messages() {
		one, err := e.measure(ctx, m, *times)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	crowds, err := e.measureConnections(ctx, 0, 100, 1000, 4000)
	if err != nil {
		return err
	}
	return report(stdout, all, crowds)
}
