package perlsite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"memcachedsoap/scripts/test/load"
)

// programs are the Perl program and the two files that start it.
//
//go:embed perl
var programs embed.FS

//go:embed apache.conf
var configuration string

// Where the servers have the Perl program.
const (
	FastCGIPath = "/fcgi/sessions.fcgi"
	CGIPath     = "/cgi/sessions.cgi"
	ServicePath = "/cgi-bin/MemcachedSOAP.cgi" // of memcachedsoap
)

// Connections is the number of FastCGI processes. More connections gain nothing, because
// two processes keep two processors busy, and mod_fcgid delays a request by one second if
// no process is free.
const Connections = 2

// Times is a file in which CGI processes write their processor time in seconds when they
// end: Apache does not wait for them.
type Times string

// site has the values that the configuration of Apache needs.
type site struct {
	Dir, Modules, Address, Memcached string

	Times Times
	Root  bool // root starts Apache, which then changes its user
}

// modules is the folder of Debian's Apache modules.
const modules = "/usr/lib/apache2/modules"

// Start starts Apache with the Perl program in dir, whose parents Apache's user must be
// able to enter. The caller must call [load.Process.Terminate].
func Start(ctx context.Context, dir, memcached string) (*load.Process, Times, error) {
	times := Times(filepath.Join(dir, "times"))
	s := site{Dir: dir, Modules: modules, Memcached: memcached, Times: times, Root: os.Geteuid() == 0}
	if _, err := os.Stat(filepath.Join(modules, "mod_fcgid.so")); err != nil {
		return nil, "", fmt.Errorf("perlsite: a module is missing, run scripts/tools/deps scripts/test/perlsite/packages: %w", err)
	}
	var err error
	if s.Address, err = freeAddress(ctx); err != nil {
		return nil, "", err
	}
	if err := s.install(); err != nil {
		return nil, "", fmt.Errorf("perlsite: %w", err)
	}
	cmd := exec.CommandContext(ctx, "apache2", "-DFOREGROUND", "-f", filepath.Join(dir, "apache.conf"))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // so that it ends its children
	p, err := load.Start(ctx, cmd, "apache", dir, filepath.Join(dir, "error.log"), regexp.MustCompile(`configured -- (resuming) normal operations`))
	if err != nil {
		return nil, "", err
	}
	p.Address = s.Address
	return p, times, nil
}

func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("perlsite: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// install writes the configuration and the programs. Apache's user can read them and
// write into the folder.
func (s site) install() error {
	text := &strings.Builder{}
	if err := template.Must(template.New("apache.conf").Parse(configuration)).Execute(text, s); err != nil {
		return err //nolint:wrapcheck // Start wraps it
	}
	errs := []error{
		os.WriteFile(filepath.Join(s.Dir, "apache.conf"), []byte(text.String()), 0o600),
		os.WriteFile(string(s.Times), nil, 0o600),
		os.Mkdir(filepath.Join(s.Dir, "perl"), 0o755), //nolint:gosec // for Apache's user
		os.Chmod(s.Dir, 0o755),                        //nolint:gosec // for Apache's user
	}
	errs = append(errs, fs.WalkDir(programs, "perl", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		program, err := programs.ReadFile(path)
		if err != nil {
			return err //nolint:wrapcheck // Start wraps it
		}
		return os.WriteFile(filepath.Join(s.Dir, path), program, 0o755) //nolint:gosec // programs
	}))
	if s.Root {
		errs = append(errs, changeOwner("www-data", s.Dir, string(s.Times)))
	}
	return errors.Join(errs...)
}

func changeOwner(name string, paths ...string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err //nolint:wrapcheck // Start wraps it
	}
	uid, err := strconv.Atoi(u.Uid)
	for _, path := range paths {
		err = errors.Join(err, os.Chown(path, uid, -1))
	}
	return err
}

// Sum returns the processor time of all CGI processes that have ended.
func (t Times) Sum() (time.Duration, error) {
	text, err := os.ReadFile(string(t))
	if err != nil {
		return 0, fmt.Errorf("perlsite: %w", err)
	}
	var sum float64
	for line := range strings.Lines(string(text)) {
		seconds, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil {
			return 0, fmt.Errorf("perlsite: times of CGI processes: %w", err)
		}
		sum += seconds
	}
	return time.Duration(sum * float64(time.Second)), nil
}
