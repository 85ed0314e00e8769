package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
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

	connections int
	entries     int
	seed        uint64
	peers       []string // the names of those to compare with
	printOnly   bool     // and leave docs/benchmarks.md as it is
	root        string   // of the repository
}

// Limits of the flags.
const (
	maxConnections = 512
	maxEntries     = 5000
)

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.connections, "connections", 16, "connections; each sends one request at a time")
	flags.IntVar(&s.entries, "entries", 24, "attributes of a session")
	flags.Uint64Var(&s.seed, "seed", rand.Uint64N(1_000_000), "decides the order within the rounds") //nolint:gosec // chance is no secret
	names := flags.String("peers", strings.Join(peerNames(), ","), "peers to compare with, or none; with fewer than all the report is only printed")
	flags.BoolVar(&s.printOnly, "print", false, "only print the report")
	flags.StringVar(&s.root, "root", ".", "folder of the repository")
	var err error
	s.Rounds, err = load.ParseRounds(flags, args, load.Rounds{Count: 12, Interval: 2 * time.Second}, most, "load of a server")
	if err != nil {
		return s, err
	}
	if s.connections < 1 || s.connections > maxConnections || s.entries < 1 || s.entries > maxEntries {
		return s, fmt.Errorf("peers: 1 to %d connections and 1 to %d attributes", maxConnections, maxEntries)
	}
	if *names != "none" {
		s.peers = strings.Split(*names, ",")
	}
	for i, name := range s.peers {
		if !slices.Contains(peerNames(), name) || slices.Contains(s.peers[:i], name) {
			return s, fmt.Errorf("peers: %q is no peer, or named twice: they are %s", name, strings.Join(peerNames(), ", "))
		}
	}
	return s, nil
}

// sectionName is the name of the part of docs/benchmarks.md that the program writes.
const sectionName = "make bench-peers"

// complete reports whether the run is with all peers.
func (s settings) complete() bool { return len(s.peers) == len(peerNames()) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	page, err := section.Read(filepath.Join(s.root, "docs", "benchmarks.md"), sectionName) // before the work
	if err != nil {
		return err
	}
	r, err := measure(ctx, s, stderr)
	if err != nil {
		return err
	}
	text := r.markdown()
	if _, err := io.WriteString(stdout, text); err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	if s.printOnly || !s.complete() {
		return nil
	}
	if len(r.leftOut) > 0 {
		return errors.Join(page.Write(text), fmt.Errorf("peers: %d of %d peers were left out", len(r.leftOut), len(s.peers)))
	}
	return page.Write(text)
}
