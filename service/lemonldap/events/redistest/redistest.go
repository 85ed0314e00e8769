// Package redistest starts real Redis servers for tests.
package redistest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a Redis process that ends with its test.
type Server struct {
	Addr string // 127.0.0.1:PORT

	tb     testing.TB
	listen string // the option that names the port
	args   []string
	proc   *exec.Cmd
	ended  chan struct{}
	output bytes.Buffer // read only after ended
}

const (
	maxStarts    = 10
	startTimeout = 20 * time.Second
	pollEvery    = 5 * time.Millisecond
)

// Start starts Redis with the given arguments on a free port of the loopback interface
// and waits until it answers. The test fails if there is no redis-server.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, &Server{tb: tb, listen: "--port", args: args})
}

// StartTLS is [Start] with TLS.
func StartTLS(tb testing.TB, cert, key string) *Server {
	tb.Helper()
	return start(tb, &Server{tb: tb, listen: "--tls-port", args: []string{
		"--port", "0", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no", "--tls-ca-cert-file", cert,
	}})
}

func start(tb testing.TB, s *Server) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		tb.Fatal("redistest: install redis-server: make deps")
	}
	tb.Cleanup(s.Kill)
	for range maxStarts {
		l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatalf("redistest: %v", err)
		}
		s.Addr = l.Addr().String()
		_ = l.Close() // another process may take the port: then the next one is tried
		if s.start() {
			return s
		}
	}
	tb.Fatalf("redistest: redis-server does not start: %s", s.output.String())
	return nil
}

// URL returns the URL of the server.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Client returns a client of the server that ends with the test.
func (s *Server) Client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2})
	s.tb.Cleanup(func() { _ = c.Close() })
	return c
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.proc == nil {
		return
	}
	_ = s.proc.Process.Kill() // fails only if it has ended by itself
	<-s.ended
	s.proc = nil
}

// Restart starts a server that was killed again, at the same address.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Kill()
	if !s.start() {
		s.tb.Fatalf("redistest: redis-server does not start again: %s", s.output.String())
	}
}

// Freeze makes the server hang until [Server.Thaw].
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw makes a frozen server continue.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.tb.Helper()
	if err := s.proc.Process.Signal(sig); err != nil {
		s.tb.Fatalf("redistest: %v: %v", sig, err)
	}
}

// start returns false if the process ends before it answers, as it does if another
// process has its port.
func (s *Server) start() bool {
	s.tb.Helper()
	s.output.Reset()
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
	args := append([]string{s.listen, port, "--bind", "127.0.0.1", "--save", "", "--dir", s.tb.TempDir()}, s.args...)
	s.proc = exec.Command("redis-server", args...)
	s.proc.Stdout, s.proc.Stderr = &s.output, &s.output
	if err := s.proc.Start(); err != nil {
		s.tb.Fatalf("redistest: %v", err)
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
			s.tb.Fatalf("redistest: redis-server does not answer at %s", s.Addr)
		case <-time.After(pollEvery):
		}
	}
	return true
}

// answers says whether this process, and not another one on the port, answers anything.
func (s *Server) answers(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	if s.listen != "--port" {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // only its process id is asked for
	}
	if _, err := fmt.Fprint(conn, "INFO server\r\nQUIT\r\n"); err != nil {
		return false
	}
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(conn) // a cut connection is no answer
	id := "process_id:" + strconv.Itoa(s.proc.Process.Pid) + "\r"
	return bytes.Contains(answer.Bytes(), []byte(id)) || bytes.HasPrefix(answer.Bytes(), []byte("-NOAUTH"))
}
