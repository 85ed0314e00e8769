package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// run runs go test with args and writes the report to stdout. It returns true if
// tests ran and none failed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (bool, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return false, fmt.Errorf("testreport: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("testreport: %w", err)
	}
	r := newReport(stdout)
	if err := r.read(events); err != nil {
		return false, errors.Join(err, cmd.Wait())
	}
	if err := cmd.Wait(); err != nil && r.failed() == 0 {
		r.fail("go test: " + err.Error())
	}
	return r.finish(), nil
}

// read reads the events of go test -json (see go doc test2json). It prints other
// lines unchanged: go test writes them when a build fails.
func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				r.add(e)
			} else {
				r.print(string(line))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("testreport: %w", err)
		}
	}
}
