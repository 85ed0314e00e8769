package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
)

func main() { os.Exit(load.Main(run)) }

// sectionName is the name of the part of docs/benchmarks.md that the program writes.
const sectionName = "adapters-speed"

// settings are the flags.
type settings struct {
	rounds    int
	pages     int
	clients   string // a part of the names of the examples to measure
	printOnly bool
	root      string // of the repository, absolute
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("adapters-speed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rounds, "rounds", 10, "rounds of parallel requests; one more warms up")
	flags.IntVar(&s.pages, "pages", 200, "pages of each kind of an example application")
	flags.StringVar(&s.clients, "client", "", "measure only the examples whose name contains this; the report is then only printed")
	flags.BoolVar(&s.printOnly, "print", false, "only print the report")
	flags.StringVar(&s.root, "root", ".", "folder of the repository")
	if err := flags.Parse(args); err != nil {
		return s, fmt.Errorf("adapters-speed: %w", err)
	}
	if s.rounds < 1 || s.pages < 1 || flags.NArg() > 0 {
		return s, errors.New("adapters-speed: rounds and pages must be positive, and there are no arguments")
	}
	var err error
	s.root, err = filepath.Abs(s.root)
	if err != nil {
		return s, fmt.Errorf("adapters-speed: %w", err)
	}
	return s, nil
}

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
		return fmt.Errorf("adapters-speed: %w", err)
	}
	if s.printOnly || s.clients != "" {
		return nil
	}
	return page.Write(text)
}

// servers are what the measurements need.
type servers struct {
	dir     string
	service *load.Process
	soap    string // the URL of the service
	stops   []func()
}

func (s *servers) stop() {
	for _, stop := range s.stops {
		stop()
	}
}

func measure(ctx context.Context, s settings, stderr io.Writer) (*report, error) {
	dir, err := os.MkdirTemp("", "adapters-speed")
	if err != nil {
		return nil, fmt.Errorf("adapters-speed: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	servers := &servers{dir: dir}
	defer servers.stop()
	if err := servers.startService(ctx, s.root); err != nil {
		return nil, err
	}
	r := &report{settings: s, busy: loadAverage()}
	if r.parallel, err = servers.measureParallel(ctx, s, stderr); err != nil {
		return nil, err
	}
	r.examples, err = servers.measureExamples(ctx, s, stderr)
	return r, err
}

// loadAverage returns how many programs wanted a processor during the last minute. The
// programs of the run itself are not among them when it begins.
func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	var busy float64
	if _, err := fmt.Sscan(string(text), &busy); err != nil {
		return 0
	}
	return busy
}

// subfolder makes a folder for the files of a program.
func (s *servers) subfolder(name string) (string, error) {
	dir := filepath.Join(s.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // PHP-FPM may be another user
		return "", fmt.Errorf("adapters-speed: %w", err)
	}
	return dir, nil
}

func (s *servers) memcached(ctx context.Context, name string) (*load.Process, error) {
	dir, err := s.subfolder(name)
	if err != nil {
		return nil, err
	}
	p, err := load.StartMemcached(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("adapters-speed: %w", err)
	}
	s.stops = append(s.stops, p.Stop)
	return p, nil
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

func (s *servers) startService(ctx context.Context, root string) error {
	memcached, err := s.memcached(ctx, "service")
	if err != nil {
		return err
	}
	program := filepath.Join(root, "bin", "memcachedsoap")
	cmd := exec.CommandContext(ctx, program, "serve", "--listen", "127.0.0.1:0", "--servers", memcached.Address, "--principal", "uid")
	s.service, err = load.Start(ctx, cmd, "service.log", s.dir, "", listening)
	if err != nil {
		return fmt.Errorf("adapters-speed: %w (run make build first)", err)
	}
	s.stops = append(s.stops, s.service.Stop)
	s.soap = "http://" + s.service.Address + "/soap"
	return nil
}

// freePort returns a port of 127.0.0.1 for a program that cannot choose one itself.
func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("adapters-speed: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return strings.TrimPrefix(listener.Addr().String(), "127.0.0.1:"), nil
}

// grace is how long one page may take.
const grace = 30 * time.Second
