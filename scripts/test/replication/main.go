package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/programtest"
)

func main() { os.Exit(load.Main(run)) }

// settings are the flags.
type settings struct {
	items    int
	interval time.Duration // of one measurement
	rounds   int           // of the measurements that alternate
	rate     float64       // calls a second of the service
	only     string        // the one table that is wanted; "" for all
}

const maxItems = 1_000_000

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("replication", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.items, "items", 100_000, "items of the pools that are compared and copied")
	seconds := flags.Float64("seconds", 10, "seconds for each measurement at a fixed rate")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of what is measured several times")
	flags.Float64Var(&s.rate, "rate", 2000, "calls a second of the service")
	flags.StringVar(&s.only, "only", "", "print one table only: "+strings.Join(tableNames(), ", "))
	if err := flags.Parse(args); err != nil {
		return s, fmt.Errorf("replication: %w", err)
	}
	s.interval = time.Duration(*seconds * float64(time.Second))
	switch {
	case flags.NArg() > 0:
		return s, errors.New("replication: unexpected argument: there are only flags, see -help")
	case s.items < 1 || s.rounds < 1 || !(s.rate >= 1) || s.interval < 100*time.Millisecond:
		return s, errors.New("replication: all numbers must be positive, and -seconds at least 0.1")
	case s.items > maxItems || s.interval > time.Hour || s.rate > 100_000 || s.rounds > 1000:
		return s, fmt.Errorf("replication: at most %d items, an hour, 100000 calls a second and 1000 rounds", maxItems)
	}
	if s.only != "" && !slices.Contains(tableNames(), s.only) {
		return s, fmt.Errorf("replication: there is no table %q", s.only)
	}
	return s, nil
}

// measurement makes one of the tables.
type measurement func(ctx context.Context, b *bench) (table, error)

func measurements() map[string]measurement {
	return map[string]measurement{"lag": measureLag, "copies": measureCopies, "service": measureService, "standby": measureStandby}
}

func tableNames() []string { return []string{"lag", "copies", "service", "standby"} }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "replication")
	if err != nil {
		return fmt.Errorf("replication: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{settings: s, dir: dir}
	if b.binary = os.Getenv("MEMCACHEDSOAP"); b.binary == "" {
		if b.binary, err = programtest.Build(ctx, dir); err != nil {
			return err
		}
	}
	title := fmt.Sprintf("%s, %s/%s, %d processors shared by all processes; sessions of %d bytes.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), imageSize)
	if _, err := io.WriteString(stdout, title); err != nil {
		return fmt.Errorf("replication: %w", err)
	}
	for _, name := range tableNames() {
		if s.only != "" && s.only != name {
			continue
		}
		rows, err := measurements()[name](ctx, b)
		b.stop()
		if err != nil {
			return fmt.Errorf("replication: %s: %w", name, err)
		}
		if _, err := io.WriteString(stdout, "\n"+rows.markdown()); err != nil {
			return fmt.Errorf("replication: %w", err)
		}
	}
	return nil
}

// table is a table of results.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) markdown() string {
	var text strings.Builder
	line := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.header)
	fmt.Fprintf(&text, "|---%s|\n", strings.Repeat("|---:", len(t.header)-1))
	for _, row := range t.rows {
		line(row)
	}
	return text.String()
}

// verdict compares a result with its target.
func verdict(result, target time.Duration) string {
	if result > target {
		return fmt.Sprintf("at most %v: **missed**", target)
	}
	return fmt.Sprintf("at most %v: met", target)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", load.Milliseconds(d)) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
