// Package memcachedtest starts real memcached servers for tests: the program that
// the environment variable MEMCACHED names, or else the memcached of the system.
package memcachedtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Server is a memcached process that ends with its test.
type Server struct {
	// Addr is where it listens: "127.0.0.1:port" or the path of a socket.
	Addr string

	tls   *tls.Config // nil without TLS
	login string      // user and password; "" without
	sasl  bool        // it speaks the binary protocol

	tb     testing.TB
	binary string
	args   []string
	listen []string
	proc   *exec.Cmd
	ended  chan struct{} // closed when proc has ended
	stderr bytes.Buffer  // read only after ended
}

// How often another port is tried, and how long a server may take to start.
const (
	maxStarts    = 10
	startTimeout = 20 * time.Second
	pollEvery    = 5 * time.Millisecond
)

// Start starts memcached with the given arguments on a free port of the
// loopback interface and waits until it answers. The test fails if there is
// no memcached.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, new(Server), args)
}

// StartSystem is [Start] with the memcached of the system, whatever MEMCACHED names.
func StartSystem(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, &Server{binary: "memcached"}, args)
}

// start starts a server on a port.
func start(tb testing.TB, s *Server, args []string) *Server {
	tb.Helper()
	s.prepare(tb, args)
	for range maxStarts {
		port := freePort(tb)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		s.listen = []string{"-l", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "0"}
		if s.start() {
			return s
		}
	}
	tb.Fatalf("memcachedtest: memcached does not start: %s", s.stderr.String())
	return nil
}

// StartUnix is [Start] with a Unix socket instead of a port.
func StartUnix(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := new(Server)
	s.prepare(tb, args)
	s.Addr = filepath.Join(openDir(tb), "sock")
	s.listen = []string{"-s", s.Addr, "-a", "0777"}
	if !s.start() {
		tb.Fatalf("memcachedtest: memcached does not start: %s", s.stderr.String())
	}
	return s
}

func (s *Server) prepare(tb testing.TB, args []string) {
	tb.Helper()
	binary, err := exec.LookPath(cmp.Or(s.binary, os.Getenv("MEMCACHED"), "memcached"))
	if err != nil {
		tb.Fatal("memcachedtest: install memcached: make deps")
	}
	s.tb, s.binary, s.args = tb, binary, args
	tb.Cleanup(s.Kill)
}

// Stop asks the server to end and waits for it.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server at once.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Restart kills the server if it runs, and starts it again, empty and at the
// same address. Arguments, if given, replace those of [Start].
func (s *Server) Restart(args ...string) {
	s.tb.Helper()
	s.Kill()
	if len(args) > 0 {
		s.args = args
	}
	if !s.start() {
		s.tb.Fatalf("memcachedtest: memcached does not start again: %s", s.stderr.String())
	}
}

// Freeze makes the server hang until [Server.Thaw]: the kernel accepts
// connections for it, and it answers nothing.
func (s *Server) Freeze() {
	s.tb.Helper()
	s.signal(syscall.SIGSTOP)
	// The signal takes a moment. The kernel notifies the parent when all
	// threads have stopped.
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(s.proc.Process.Pid, &status, syscall.WUNTRACED, nil)
		if err == nil && status.Stopped() {
			return
		}
		if !errors.Is(err, syscall.EINTR) {
			s.tb.Fatalf("memcachedtest: memcached did not stop: %v, status %v", err, status)
		}
	}
}

// Thaw makes a frozen server continue.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.tb.Helper()
	if err := s.proc.Process.Signal(sig); err != nil {
		s.tb.Fatalf("memcachedtest: %v: %v", sig, err)
	}
}

func (s *Server) end(sig os.Signal) {
	if s.proc == nil {
		return
	}
	_ = s.proc.Process.Signal(sig)             // fails only if it has ended by itself
	_ = s.proc.Process.Signal(syscall.SIGCONT) // it may be frozen
	<-s.ended
	s.proc = nil
}

// start returns false if the process ends before it answers, as it does if
// another process has its port.
func (s *Server) start() bool {
	s.tb.Helper()
	s.stderr.Reset()
	args := slices.Concat(s.listen, s.args)
	if os.Geteuid() == 0 {
		args = append(args, "-u", "nobody")
	}
	s.proc = exec.Command(s.binary, args...)
	s.proc.Stderr = &s.stderr
	if err := s.proc.Start(); err != nil {
		s.tb.Fatalf("memcachedtest: %v", err)
	}
	s.ended = make(chan struct{})
	go func(proc *exec.Cmd, ended chan struct{}) {
		_ = proc.Wait() // ended by a signal, as a rule
		close(ended)
	}(s.proc, s.ended)

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for !s.answers(ctx) {
		select {
		case <-s.ended:
			s.proc = nil
			return false
		case <-ctx.Done():
			s.tb.Fatalf("memcachedtest: memcached does not answer at %s", s.Addr)
		case <-time.After(pollEvery):
		}
	}
	// The answer must be that of this process, not of another one on the port.
	return s.hasPID(ctx)
}

func (s *Server) answers(ctx context.Context) bool {
	_, err := s.Command(ctx, "version")
	return err == nil
}

func (s *Server) hasPID(ctx context.Context) bool {
	answer, err := s.Command(ctx, "stats")
	if s.sasl {
		return err == nil
	}
	want := fmt.Sprintf("STAT pid %d\r\n", s.proc.Process.Pid)
	if err == nil && bytes.HasPrefix(answer, []byte(want)) {
		return true
	}
	s.Kill()
	return false
}

// Command sends a command over a connection of its own, and returns the whole
// answer.
func (s *Server) Command(ctx context.Context, line string) ([]byte, error) {
	network := "tcp"
	if filepath.IsAbs(s.Addr) {
		network = "unix"
	}
	var dialer net.Dialer
	nc, err := dialer.DialContext(ctx, network, s.Addr)
	if err != nil {
		return nil, fmt.Errorf("memcachedtest: %w", err)
	}
	defer nc.Close()
	if s.sasl {
		return nil, nil // it accepts connections
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	if s.tls != nil {
		nc = tls.Client(nc, s.tls)
	}
	if s.login != "" {
		if _, err := fmt.Fprintf(nc, "set auth 0 0 %d\r\n%s\r\n", len(s.login), s.login); err != nil {
			return nil, fmt.Errorf("memcachedtest: %w", err)
		}
	}
	// quit makes the server close the connection behind its answer.
	if _, err := fmt.Fprintf(nc, "%s\r\nquit\r\n", line); err != nil {
		return nil, fmt.Errorf("memcachedtest: %w", err)
	}
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(nc); err != nil {
		return nil, fmt.Errorf("memcachedtest: %w", err)
	}
	if s.login != "" {
		return bytes.TrimPrefix(answer.Bytes(), []byte("STORED\r\n")), nil
	}
	return answer.Bytes(), nil
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	defer l.Close()
	a, _ := l.Addr().(*net.TCPAddr)
	return a.Port
}
