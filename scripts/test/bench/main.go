package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"time"

	"memcachedsoap/scripts/test/load"
)

func main() { os.Exit(load.Main(run)) }

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
	load.Rounds

	connections int
	entries     int
	nearCache   bool // compare reads from the near cache
	tls         bool // compare reads over TLS
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.connections, "connections", 4, "connections; each sends one request at a time")
	flags.IntVar(&s.entries, "entries", 24, "entries of a session")
	flags.BoolVar(&s.nearCache, "copies", false, "compare reads from the near cache with reads from memcached")
	flags.BoolVar(&s.tls, "tls", false, "compare reads over TLS with reads over plain HTTP")
	var err error
	s.Rounds, err = load.ParseRounds(flags, args, load.Rounds{Count: 60, Interval: 250 * time.Millisecond}, serverCount, "of the three servers")
	switch {
	case err != nil:
		return s, err
	case s.connections < 1 || s.entries < 1:
		return s, errors.New("bench: all numbers must be positive")
	case s.nearCache && s.tls:
		return s, errors.New("bench: either -copies or -tls")
	case s.connections > 512 || s.entries > 5000:
		return s, errors.New("bench: at most 512 connections and 5000 entries")
	}
	return s, nil
}
